"""Every format on small files; recognition; files that are missing, empty or of no known format."""

import hashlib
import json
import re

import pytest

from corpus_helpers import BOM, complaint, rows
from embdistill.data.corpora import FORMATS, read_corpus, recognise
from embdistill.errors import UserError

SMALL = {  # format: file name, content, its examples as (label, text, line)
    "trec": ("t.txt", b"DESC:def What is it ?\nHUM:ind Who ?\n", [("DESC", "What is it ?", 1), ("HUM", "Who ?", 2)]),
    "sst5": ("t.txt", b"(3 (2 a) (4 b))\n(0 c)\n", [("positive", "a b", 1), ("very negative", "c", 2)]),
    "sst2": (
        "t.txt",
        b"(3 (2 a) (4 b))\n(2 d)\n(0 c)\n",
        [("positive", "a b", 1), ("negative", "c", 3)],
    ),
    "sst5-phrases": (
        "t.txt",
        b"(3 (2 a) (4 b))\n(0 c)\n",
        [("neutral", "a", 1), ("very positive", "b", 1), ("positive", "a b", 1), ("very negative", "c", 2)],
    ),
    "sst2-phrases": (
        "t.txt",
        b"(3 (2 a) (4 b))\n(0 c)\n",
        [("positive", "b", 1), ("positive", "a b", 1), ("negative", "c", 2)],
    ),
    "semeval": (
        "t.txt",
        b'7\t"a <e1>b</e1> "c" <e2>d</e2>."\nPart-Whole(e2,e1)\nComment: no "e"\n\n'
        b'9\t"<e2>f</e2> <e1>g h</e1>"\nOther\nComment:\n\n',
        [("Part-Whole(e2,e1)", 'a <e1>b</e1> "c" <e2>d</e2>.', 1), ("Other", "<e2>f</e2> <e1>g h</e1>", 5)],
    ),
    "fasttext": ("t.txt", b"__label__x a film\n__label__y b\n", [("x", "a film", 1), ("y", "b", 2)]),
    "csv": ("t.csv", b'text,label\n"a, b",x\nc,y\n', [("x", "a, b", 2), ("y", "c", 3)]),
    "tsv": ("t.tsv", b"label\ttext\nx\ta, b\ny\tc\n", [("x", "a, b", 2), ("y", "c", 3)]),
    "json": (
        "t.json",
        b'[{"text": "a", "label": "x"},\n{"label": 7, "text": "b\\nc", "more": null}]\n',
        [("x", "a", 1), ("7", "b\nc", 2)],
    ),
    "jsonl": (
        "t.jsonl",
        b'{"text": "a", "label": "x"}\n{"label": 7, "text": "b\\nc", "more": null}\n',
        [("x", "a", 1), ("7", "b\nc", 2)],
    ),
}


def test_every_format_is_covered():
    assert {*SMALL, "polarity", "folder", "excel", "parquet"} == set(FORMATS)  # see test_polarity, test_folder, ...


@pytest.mark.parametrize("format", SMALL)
def test_small_file(format, write):
    name, content, examples = SMALL[format]
    path = write(content, name)
    corpus = read_corpus(path, format)
    assert rows(corpus) == examples
    assert corpus.format == format
    assert corpus.path == str(path) and {example.path for example in corpus.examples} == {str(path)}
    assert corpus.digest == hashlib.sha256(content).hexdigest()
    assert read_corpus(str(path), format) == corpus


@pytest.mark.parametrize("change", ["CRLF", "BOM", "BOM and CRLF", "no final line end", "CRLF, no final one"])
@pytest.mark.parametrize("format", SMALL)
def test_line_ends_and_byte_order_marks(format, change, write):
    name, content, examples = SMALL[format]
    if "no final" in change:
        content = content[:-1]
    if "CRLF" in change:
        content = content.replace(b"\n", b"\r\n")
    if "BOM" in change:
        content = BOM + content
    corpus = read_corpus(write(content, name), format)
    assert rows(corpus) == examples
    assert not {what for what in corpus.counts if what != "neutral examples left out"}
    assert corpus.digest == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("format", sorted(SMALL.keys() - {"semeval", "json"}))  # their blank lines are meant
def test_blank_lines_are_left_out_and_counted(format, write):
    name, content, examples = SMALL[format]
    path = write(b"\n\r\n" + content.replace(b"\n", b"\n\n") + b"\n", name)
    first = 2 if format in ("csv", "tsv") else 1  # line of the first example in the file without blank lines
    corpus = read_corpus(path, format)
    spread = {line: 2 + 2 * line - 1 for line in range(first, 9)}
    assert rows(corpus) == [(label, text, spread[line]) for label, text, line in examples]
    assert corpus.counts["blank lines left out"] == 2 + content.count(b"\n") + 1
    assert f"{path}: blank lines left out: {corpus.counts['blank lines left out']}" in corpus.notes


def test_nothing_to_note(write):
    corpus = read_corpus(write("__label__x a\n"))
    assert corpus.counts == {} and corpus.notes == []


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl", "t.txt"])
def test_long_texts(name, write):
    text = "word " * 40_000 + "end"
    content = {
        "t.csv": f"text,label\n{text},x\n",
        "t.tsv": f"label\ttext\nx\t{text}\n",
        "t.jsonl": json.dumps({"text": text, "label": "x"}),
        "t.txt": f"__label__x {text}",
    }
    line = 2 if name in ("t.csv", "t.tsv") else 1
    assert rows(read_corpus(write(content[name], name))) == [("x", text, line)]


# ---- recognition ----


RECOGNISED = [format for format in SMALL if format not in ("sst2", "sst5-phrases", "sst2-phrases")]


@pytest.mark.parametrize("format", RECOGNISED)
def test_auto(format, write):
    name, content, examples = SMALL[format]
    for changed in (content, BOM + content, b"\n\r\n" + content, content.replace(b"\n", b"\r\n")):
        path = write(changed, name)
        assert recognise(path) == recognise(str(path)) == format
        corpus = read_corpus(path)
        assert corpus.format == format
        assert [row[:2] for row in rows(corpus)] == [row[:2] for row in examples]


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("t.CSV", "x", "csv"),
        ("t.csv", "__label__x a", "csv"),
        ("t.ndjson", "", "jsonl"),
        ("t.json", ' {"text": "a", "label": "b"}', "jsonl"),
        ("t", "(2(3 a) (2 b))", "sst5"),
        ("t", " (4 a)", "sst5"),
        ("t.label", "ABBR:exp x", "trec"),
        ("t", "HUM:gr", "trec"),
        ("t", b"DESC:def caf\xe9", "trec"),
        ("t.v1.txt", "__label__1", "fasttext"),
        ("t", '8001\t"a', "semeval"),
    ],
)
def test_recognise(name, content, format, write):
    assert recognise(write(content, name)) == format


@pytest.mark.parametrize(
    "line", ["hello there", "(good) film", "__label__", "desc:def x", "http://x y", "12\ttext", '1 "a"']
)
def test_format_that_cannot_be_told(line, write):
    choices = "|".join(FORMATS)
    fix = "for a table, name its columns with --text-column and --label-column; else the format with --format "
    said = f":1: cannot tell the format from this line; {fix}{choices}"
    assert complaint(write(f"{line}\n__label__x a\n")) == said


def test_format_that_cannot_be_told_names_the_line_it_saw(write):
    assert complaint(write("\n \nhello there\n")).startswith(":3: cannot tell the format from this line")


# ---- errors ----


@pytest.mark.parametrize("format", ["auto", *SMALL])
def test_missing_file(format, tmp_path):
    assert re.fullmatch(
        r": cannot be read \(No such file or directory\); check the name .*", complaint(tmp_path / "no", format)
    )


@pytest.mark.parametrize("format", SMALL)
@pytest.mark.parametrize("name", ["folder", "folder.csv"])
def test_folder_instead_of_a_file(name, format, tmp_path):
    (tmp_path / name).mkdir()
    assert re.fullmatch(r": cannot be read \(Is a directory\); check .*", complaint(tmp_path / name, format))


@pytest.mark.parametrize("format", ["auto", *SMALL])
@pytest.mark.parametrize("content", [b"", BOM, b"\n\r\n"])
def test_empty_file(format, content, write):
    said = ": no examples in it; give a file with at least one labelled text"
    assert complaint(write(content), format) == said


@pytest.mark.parametrize("format", ["xml", "", "TREC", "sst"])
def test_unknown_format(format, write):
    known = ", ".join(FORMATS)
    with pytest.raises(UserError, match=f"^--format: unknown format {format!r}; use auto or one of {known}$"):
        read_corpus(write("__label__x a\n"), format)


@pytest.mark.parametrize(
    ("format", "content", "line"),
    [
        pytest.param("csv", 'text,label\n"a","x\ty"\n', 2, id="tab, csv"),
        pytest.param("csv", 'text,label\n"a","x\ny"\n', 2, id="line end, csv"),
        pytest.param("jsonl", '{"text": "a", "label": "x"}\n{"text": "a", "label": "x\\ty"}\n', 2, id="tab, jsonl"),
        pytest.param("jsonl", '{"text": "a", "label": "x\\ny"}\n', 1, id="line end, jsonl"),
    ],
)
def test_labels_of_several_columns_or_lines(format, content, line, write):
    said = complaint(write(content), format)
    assert re.fullmatch(rf":{line}: the label 'x\\[nt]y' has a tab, a line end or a lone surrogate in it; .*", said)


@pytest.mark.parametrize("name", ["sst/dev.txt", "trec/test.label"])
def test_digest_of_a_real_file(name, data):
    assert read_corpus(data / name).digest == hashlib.sha256((data / name).read_bytes()).hexdigest()
