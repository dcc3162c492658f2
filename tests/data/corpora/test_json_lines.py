import re

import pytest

from corpus_helpers import complaint, rows
from embdistill.data.corpora import read_corpus


@pytest.mark.parametrize(
    ("label", "read"),
    [
        ('"x"', "x"),
        ("0", "0"),
        ("-3", "-3"),
        ('" a b "', "a b"),
        ("true", "true"),
        ("1.5", "1.5"),
        ('["x"]', "x"),
        ("[false]", "false"),
        ('"\\u00e9"', "é"),
    ],
)
def test_json_labels(label, read, write):
    assert rows(read_corpus(write(f'{{"text": "", "label": {label}}}', "t.jsonl"))) == [(read, "", 1)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"text": "a", "label": "x"}\nb\n', r":2: not JSON \(.+\); write one object a line"),
        ('{"text": "a", "label": "x"', r":1: not JSON \(.+\); .*"),
        ('{"label": "x"}\n', r":1: no column `text` among label; .*"),
        ('{"text": "a", "label": "x"}\n{"text": "a"}', r':2: no "label" in the object; add it'),
        ('{"text": "a", "label": "x"}\n{"label": "x"}', r':2: no "text" in the object; add it'),
        ('{"text": ["a"], "label": "x"}\n', r":1: the text is not a string but a list; write it as one string"),
        ('{"text": {"0": "a"}, "label": {"0": "b"}}\n', r":1: the text is not a string but an object; .*"),
        ('\n["a", "x"]\n', r":2: not an object; .*"),
        ('"a"\n', r":1: not an object; .*"),
        ('{"text": "a", "label": null}\n', r":1: the label is empty; fill it in or remove the line"),
        ('{"text": "a", "label": NaN}\n', r":1: the label is empty; fill it in or remove the line"),
        ('{"text": "a", "label": []}\n', r":1: the label is empty; fill it in or remove the line"),
        ('{"text": "a", "label": ["x", "y"]}\n', r":1: several labels \(x, y\); .*"),
        ('{"text": "a", "label": {"x": 1}}\n', r":1: the label is an object; .*"),
        ('[{"text": "a", "label": "x"},\n{"text": "b"}]', r':2: no "label" in the object; add it'),
        ('[{"text": "a", "label": "x"},\n7]', r":2: not an object; .*"),
        ('[{"text": "a", "label": "x"}\n', r":2: not a JSON array \(.*\); the file may be cut off"),
        ('[{"text": "a", "label": "x"},\n', r":2: not JSON \(.*\); .*"),
        ('[{"text": "a", "label": "x"}]\n[]', r":2: there is more behind the JSON array; .*"),
        ('{"text": "a", "label": ""}\n', r":1: the label is empty; fill it in or remove the line"),
        ('{"text": "a"}\n', r":1: no column `label` among text; .*"),
    ],
)
def test_bad_lines_of_jsonl(content, problem, write):
    assert re.fullmatch(problem, complaint(write(content), "jsonl"))


@pytest.mark.parametrize(
    ("content", "examples"),
    [
        pytest.param(
            '{"text": "a",\n"label": "x"}\n\n{"text": "b",\n"label": "y"}', [("x", "a", 1), ("y", "b", 4)], id="jq"
        ),
        pytest.param(
            '{"text": "a", "label": "x"} {"text": "b", "label": "y"}', [("x", "a", 1), ("y", "b", 1)], id="line"
        ),
        pytest.param(
            '[\n{"text": "a", "label": "x"}\n,\n{"text": "b", "label": "y"}]',
            [("x", "a", 2), ("y", "b", 4)],
            id="array",
        ),
        pytest.param('{"TEXT": "a", " Label": "x"}', [("x", "a", 1)], id="names"),
        pytest.param('{"text": null, "label": 1}', [("1", "", 1)], id="null"),
        pytest.param('{"text": 2012, "label": 1}', [("1", "2012", 1)], id="number"),
    ],
)
def test_json_is_read_in_any_layout(content, examples, write):
    assert rows(read_corpus(write(content, "t.json"))) == examples


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
