import hashlib
from collections import Counter

import pytest

from corpus_helpers import complaint, lines_of
from embdistill.data.corpora import read_corpus, recognise


@pytest.mark.parametrize("name", ["p.pos", "p.neg", "p"])
@pytest.mark.parametrize("format", ["auto", "polarity"])
def test_polarity_pair(name, format, tmp_path, write):
    positive = write(b" good \n\nna\xefve\n", "p.pos")
    negative = write("bad", "p.neg")
    corpus = read_corpus(tmp_path / name, format)
    assert [tuple(example) for example in corpus.examples] == [
        ("positive", " good ", str(positive), 1),
        ("positive", "naïve", str(positive), 3),
        ("negative", "bad", str(negative), 1),
    ]
    assert corpus.format == "polarity" and corpus.path == str(tmp_path / name)
    assert corpus.counts == {"blank lines left out": 1, "lines not all in UTF-8, the rest read as Windows-1252": 1}
    assert corpus.digest == hashlib.sha256(positive.read_bytes() + negative.read_bytes()).hexdigest()


def test_recognise_polarity(tmp_path, write):
    write("a", "p.pos"), write("b", "p.neg")
    assert {recognise(tmp_path / name) for name in ("p", "p.pos", "p.neg")} == {"polarity"}


@pytest.mark.parametrize(("there", "missing"), [("pos", "neg"), ("neg", "pos")])
@pytest.mark.parametrize("format", ["auto", "polarity"])
def test_half_a_pair(there, missing, format, tmp_path, write):
    blamed = tmp_path / f"p.{missing}"
    said = ": no such file; format polarity is a pair of files, NAME.pos and NAME.neg"
    assert complaint(write("a\n", f"p.{there}"), format, blamed=blamed) == said
    assert complaint(blamed, format, blamed=blamed) == said


def test_no_pair_at_all(tmp_path):
    assert complaint(tmp_path / "p.pos").startswith(": no such file; format polarity is a pair")


def test_empty_pair(tmp_path, write):
    write("\n", "p.pos"), write("", "p.neg")
    assert complaint(tmp_path / "p").startswith(": no examples in it; give a file")


def test_polarity_of_one_file(write):
    path = write("good\n")
    assert complaint(path, "polarity", f"{path}.pos").startswith(": no such file; format polarity is a pair")


def test_mr(data):
    corpus = read_corpus(data / "mr/rt-polarity")
    assert corpus.format == "polarity"
    assert corpus == read_corpus(data / "mr/rt-polarity", "polarity")
    assert corpus.examples == read_corpus(data / "mr/rt-polarity.neg").examples
    assert Counter(example.label for example in corpus.examples) == {"positive": 5331, "negative": 5331}
    plain = [
        (label, line.decode("cp1252"), str(data / f"mr/rt-polarity.{ending}"), number)
        for label, ending in (("positive", "pos"), ("negative", "neg"))
        for number, line in enumerate(lines_of(data / f"mr/rt-polarity.{ending}"), 1)
    ]
    assert [tuple(example) for example in corpus.examples] == plain  # no line of these files is valid UTF-8 by chance
    assert corpus.counts == {
        "lines not all in UTF-8, the rest read as Windows-1252": sum(not text.isascii() for _, text, *_ in plain)
    }
    assert sum(example.text.count("…") for example in corpus.examples) == 23
