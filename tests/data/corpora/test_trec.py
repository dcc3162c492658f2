import re
from collections import Counter
from pathlib import Path

import pytest

from corpus_helpers import complaint, lines_of, rows
from embdistill.data.corpora import read_corpus


def test_trec_lines(write):
    content = "ABBR:exp  two  spaces \nNUM:date\ttab\nENTY:cremat\nloc-X:y z:w __label__\n"
    assert rows(read_corpus(write(content), "trec")) == [
        ("ABBR", "two  spaces ", 1),
        ("NUM", "tab", 2),
        ("ENTY", "", 3),
        ("loc-X", "z:w __label__", 4),
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("DESC:def a\nno class\n", r":2: not a TREC line; write it as COARSE:fine text"),
        ("DESC:def a\n\nDESC what\n", r":3: not a TREC line; .*"),
        (":def a\n", r":1: not a TREC line; .*"),
        ("DESC: a\n", r":1: not a TREC line; .*"),
        (" DESC:def a\n", r":1: not a TREC line; .*"),
        ("A:b:c a\n", r":1: not a TREC line; .*"),
    ],
)
def test_bad_lines_of_trec(content, problem, write):
    assert re.fullmatch(problem, complaint(write(content), "trec"))


def test_trec(data):
    train = read_corpus(data / "trec/train.label")
    test = read_corpus(data / "trec/test.label")
    assert train.format == test.format == "trec"
    assert len(train.examples) == 5452 and len(test.examples) == 500
    assert Counter(example.label for example in train.examples) == {
        "ENTY": 1250, "HUM": 1223, "DESC": 1162, "NUM": 896, "LOC": 835, "ABBR": 86,
    }  # fmt: skip
    assert {example.label for example in test.examples} == {"ENTY", "HUM", "DESC", "NUM", "LOC", "ABBR"}
    assert train.counts == {"lines not all in UTF-8, the rest read as Windows-1252": 1} and test.counts == {}
    for corpus in (train, test):
        lines = lines_of(Path(corpus.path))
        assert [example.line for example in corpus.examples] == list(range(1, len(lines) + 1))
        for example, line in zip(corpus.examples, lines, strict=True):
            label, _, text = line.partition(b" ")
            assert example.text.encode("latin-1") == text
            assert example.label.encode() == label.partition(b":")[0]


def test_the_latin1_byte_of_trec(data):
    (example,) = [x for x in read_corpus(data / "trec/train.label").examples if not x.text.isascii()]
    assert "ð" in example.text
    assert lines_of(data / "trec/train.label")[example.line - 1].endswith(example.text.encode("latin-1"))
