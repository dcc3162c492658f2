import re

import pytest

from corpus_helpers import complaint, rows
from embdistill.data.corpora import read_corpus


@pytest.mark.parametrize(
    ("label", "read"), [('"x"', "x"), ("0", "0"), ("-3", "-3"), ('" a b "', " a b "), ('"\\u00e9"', "é")]
)
def test_json_labels(label, read, write):
    assert rows(read_corpus(write(f'{{"text": "", "label": {label}}}', "t.jsonl"))) == [(read, "", 1)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"text": "a", "label": "x"}\nb\n', r":2: not JSON \(.+\); write one object a line"),
        ('{"text": "a", "label": "x"', r":1: not JSON \(.+\); .*"),
        ('{"text": "a",\n"label": "x"}\n', r":1: not JSON \(.+\); .*"),
        ('{"text": "a", "label": "x"} {}\n', r":1: not JSON \(.+\); .*"),
        ('{"label": "x"}\n', r':1: no "text" string in the object; write \{"text": \.\.\., "label": \.\.\.\}'),
        ('{"text": null, "label": "x"}\n', r':1: no "text" string in the object; .*'),
        ('{"text": ["a"], "label": "x"}\n', r':1: no "text" string in the object; .*'),
        ('\n["a", "x"]\n', r':2: no "text" string in the object; .*'),
        ('"a"\n', r':1: no "text" string in the object; .*'),
        ('{"text": "a", "label": true}\n', r':1: no "label" string or whole number in the object; add it'),
        ('{"text": "a", "label": 1.0}\n', r':1: no "label" string or whole number in the object; add it'),
        ('{"text": "a", "label": null}\n', r':1: no "label" string or whole number in the object; add it'),
        ('{"text": "a", "label": ["x"]}\n', r':1: no "label" string or whole number in the object; add it'),
        ('{"text": "a", "label": ""}\n', r":1: the label is empty; fill it in or remove the line"),
        ('{"text": "a"}\n', r':1: no "label" string or whole number in the object; add it'),
    ],
)
def test_bad_lines_of_jsonl(content, problem, write):
    assert re.fullmatch(problem, complaint(write(content), "jsonl"))


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("[" * 100_000, id="deep"),
        pytest.param('{"text": "a", "label": ' + "1" * 5000 + "}", id="long number"),
    ],
)
def test_json_that_python_does_not_read(line, write):
    said = complaint(write(f'{{"text": "a", "label": "x"}}\n{line}\n', "t.jsonl"))
    assert re.fullmatch(":2: .+; .+", said)
