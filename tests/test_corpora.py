import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from embdistill.data import corpora
from embdistill.data.corpora import FORMATS, SENTIMENTS, read_corpus, recognise
from embdistill.errors import UserError

BOM = b"\xef\xbb\xbf"
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
    "jsonl": (
        "t.jsonl",
        b'{"text": "a", "label": "x"}\n{"label": 7, "text": "b\\nc", "more": null}\n',
        [("x", "a", 1), ("7", "b\nc", 2)],
    ),
}
RECOGNISED = [format for format in SMALL if format not in ("sst2", "sst5-phrases", "sst2-phrases")]


@pytest.fixture
def write(tmp_path):
    """Writes bytes, or a str as UTF-8, to a new file, and gives its path."""

    def write(content: bytes | str, name: str = "t.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def rows(corpus):
    return [(example.label, example.text, example.line) for example in corpus.examples]


def complaint(path, format="auto", blamed=None) -> str:
    """What is said about `blamed` (by default the file itself): the one-line message without the path."""
    with pytest.raises(UserError) as caught:
        read_corpus(path, format)
    message = str(caught.value)
    assert type(caught.value) is UserError
    assert len(message.splitlines()) == 1, repr(message)
    assert message.startswith(f"{blamed or path}:"), message
    return message.removeprefix(f"{blamed or path}")


# ---- Every format on small files ----


def test_every_format_is_covered():
    assert {*SMALL, "polarity"} == set(FORMATS)


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


@pytest.mark.parametrize("format", [format for format in SMALL if format != "semeval"])  # its blank lines are meant
def test_blank_lines_are_left_out_and_counted(format, write):
    name, content, examples = SMALL[format]
    path = write(b"\n\r\n" + content.replace(b"\n", b"\n\n") + b"\n", name)
    first = 2 if format in ("csv", "tsv") else 1  # line of the first example in the file without blank lines
    corpus = read_corpus(path, format)
    spread = {line: 2 + 2 * line - 1 for line in range(first, 9)}
    assert rows(corpus) == [(label, text, spread[line]) for label, text, line in examples]
    assert corpus.counts["blank lines left out"] == 2 + content.count(b"\n") + 1
    assert f"{path}: {corpus.counts['blank lines left out']} blank lines left out" in corpus.notes


def test_lines_of_spaces_and_tabs_are_blank(write):
    corpus = read_corpus(write(" \t\n__label__x a\n\t\r\n__label__y b\n   "))
    assert rows(corpus) == [("x", "a", 2), ("y", "b", 4)]
    assert corpus.notes == [f"{corpus.path}: 3 blank lines left out"]


def test_nothing_to_note(write):
    corpus = read_corpus(write("__label__x a\n"))
    assert corpus.counts == {} and corpus.notes == []


def test_only_the_first_byte_order_mark_is_dropped(write):
    assert rows(read_corpus(write(BOM + b"__label__x " + BOM + b"a\n" + b"__label__x b" + BOM))) == [
        ("x", "\ufeffa", 1),
        ("x", "b\ufeff", 2),
    ]


SEPARATORS = ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\r"]


@pytest.mark.parametrize("separator", SEPARATORS, ids=ascii)
def test_lines_end_at_lf_and_crlf_alone(separator, write):
    text = f"a{separator}b"
    assert rows(read_corpus(write(f"__label__x {text}\n__label__y c\n"))) == [("x", text, 1), ("y", "c", 2)]
    assert rows(read_corpus(write(f"DESC:def {text}\nHUM:ind c\n"))) == [("DESC", text, 1), ("HUM", "c", 2)]
    assert rows(read_corpus(write(f'text,label\n"{text}",x\n', "t.csv"))) == [("x", text, 2)]
    if separator in "\x85\u2028\u2029":  # JSON allows these in a string as they are
        assert rows(read_corpus(write(f'{{"text":"{text}","label":"x"}}\n', "t.jsonl"))) == [("x", text, 1)]
    write(f"{text}\nc\n", "p.pos")
    assert rows(read_corpus(write("d\n", "p.neg"))) == [
        ("positive", text, 1),
        ("positive", "c", 2),
        ("negative", "d", 1),
    ]


def test_lines_that_are_not_utf8_are_latin1(write):
    """Line by line: a sound line beside a bad one stays UTF-8. All 128 bytes above ASCII are kept."""
    high = bytes(range(0x80, 0x100))
    corpus = read_corpus(write(b"__label__x caf\xe9\x85\n__label__x " + "café".encode() + b"\n__label__x " + high))
    assert rows(corpus) == [("x", "café\x85", 1), ("x", "café", 2), ("x", high.decode("latin-1"), 3)]
    assert corpus.notes == [f"{corpus.path}: 2 lines not all in UTF-8, the rest read as Latin-1"]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
def test_latin1_in_a_table(name, write):
    delimiter = b"," if name == "t.csv" else b"\t"
    corpus = read_corpus(write(b"text,label\ncaf\xe9,x\n\xc3\xa9,y\n".replace(b",", delimiter), name))
    assert rows(corpus) == [("x", "café", 2), ("y", "é", 3)]
    assert corpus.counts == {"lines not all in UTF-8, the rest read as Latin-1": 1}


# ---- One format at a time ----


def test_trec_lines(write):
    content = "ABBR:exp  two  spaces \nNUM:date\ttab\nENTY:cremat\nloc-X:y z:w __label__\n"
    assert rows(read_corpus(write(content), "trec")) == [
        ("ABBR", "two  spaces ", 1),
        ("NUM", "tab", 2),
        ("ENTY", "", 3),
        ("loc-X", "z:w __label__", 4),
    ]


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        ("(2 a)", "a"),
        ("(2(1 a)(3 b))", "a b"),
        (" ( 2 ( 1 a )\t( 3 b ) ) ", "a b"),
        ("(2 (2 -LRB-) (2 (2 a) (2 -RRB-)))", "( a )"),
        ("(2 (2 -LSB-) (2 (2 -RSB-) (2 (2 -LCB-) (2 -RCB-))))", "[ ] { }"),
        (r"(2 (2 1\/2) (2 \*))", "1/2 *"),
        ("(2 (2 3) (2 -lrb-))", "3 -lrb-"),
        ("(2 (2 naïve) (2 ``))", "naïve ``"),
    ],
)
def test_trees(tree, text, write):
    assert rows(read_corpus(write(tree), "sst5")) == [("neutral", text, 1)]


def test_the_labels_of_trees(write):
    trees = "".join(f"({label} a)\n" for label in range(5))
    five = ["very negative", "negative", "neutral", "positive", "very positive"]
    assert list(SENTIMENTS) == five
    assert [example.label for example in read_corpus(write(trees), "sst5").examples] == five
    corpus = read_corpus(write(trees), "sst2")
    assert rows(corpus) == [("negative", "a", 1), ("negative", "a", 2), ("positive", "a", 4), ("positive", "a", 5)]
    assert corpus.notes == [f"{corpus.path}: 1 neutral examples left out"]


def test_phrases_are_all_nodes_children_first(write):
    path = write("(4 (1 (2 not) (0 bad)) (3 (2 at) (2 all)))\n\n(2 ok)\n")
    assert rows(read_corpus(path, "sst5-phrases")) == [
        ("neutral", "not", 1),
        ("very negative", "bad", 1),
        ("negative", "not bad", 1),
        ("neutral", "at", 1),
        ("neutral", "all", 1),
        ("positive", "at all", 1),
        ("very positive", "not bad at all", 1),
        ("neutral", "ok", 3),
    ]
    corpus = read_corpus(path, "sst2-phrases")
    assert rows(corpus) == [
        ("negative", "bad", 1),
        ("negative", "not bad", 1),
        ("positive", "at all", 1),
        ("positive", "not bad at all", 1),
    ]
    assert corpus.counts == {"neutral examples left out": 4, "blank lines left out": 1}


def test_deep_trees(write):
    depth = 20_000
    path = write("(3 " * depth + "a" + ")" * depth)
    assert rows(read_corpus(path, "sst5")) == [("positive", "a", 1)]
    corpus = read_corpus(path, "sst5-phrases")
    assert rows(corpus) == [("positive", "a", 1)]
    assert corpus.counts == {"repeated phrases left out": depth - 1}


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
    assert corpus.counts == {"blank lines left out": 1, "lines not all in UTF-8, the rest read as Latin-1": 1}
    assert corpus.digest == hashlib.sha256(positive.read_bytes() + negative.read_bytes()).hexdigest()


def test_fasttext_lines(write):
    content = "  __label__a-b/c text\t with  spaces \n__label__é\n__label__1 label__ _label_ x\n"
    assert [(label, text.strip()) for label, text, _ in rows(read_corpus(write(content), "fasttext"))] == [
        ("a-b/c", "text\t with  spaces"),
        ("é", ""),
        ("1", "label__ _label_ x"),
    ]


def test_fasttext_label_may_end_at_a_tab(write):
    assert rows(read_corpus(write("__label__x\tgood film\n"))) == [("x", "good film", 1)]


def test_columns_of_a_table(write):
    content = ' id , Label,score,TEXT \n1, x ,0.5,"a ""b"", c"\n2,y,,\n'
    assert rows(read_corpus(write(content, "t.csv"))) == [("x", 'a "b", c', 2), ("y", "", 3)]


def test_quotes_inside_a_field_are_plain(write):
    assert rows(read_corpus(write('text\tlabel\nhe said "a" b\tx\n', "t.tsv"))) == [("x", 'he said "a" b', 2)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_quoted_line_ends(end, write):
    """An example stands where its row begins; blank lines inside quotes belong to the text."""
    content = 'text,label\n"a\n\nb",x\nc,y\n"d\n",x\n\ne,y\n'.replace("\n", end)
    corpus = read_corpus(write(content, "t.csv"))
    assert [(label, text) for label, text, _ in rows(corpus)] == [("x", "a\n\nb"), ("y", "c"), ("x", "d\n"), ("y", "e")]
    assert [example.line for example in corpus.examples if example.label == "y"] == [5, 9]
    assert corpus.counts == {"blank lines left out": 1}


def test_line_of_a_row_with_quoted_line_ends_is_its_first(write):
    assert rows(read_corpus(write('text,label\n"a\nb\nc",x\nd,y\n', "t.csv"))) == [("x", "a\nb\nc", 2), ("y", "d", 5)]


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


@pytest.mark.parametrize(
    ("label", "read"), [('"x"', "x"), ("0", "0"), ("-3", "-3"), ('" a b "', " a b "), ('"\\u00e9"', "é")]
)
def test_json_labels(label, read, write):
    assert rows(read_corpus(write(f'{{"text": "", "label": {label}}}', "t.jsonl"))) == [(read, "", 1)]


# ---- Recognition ----


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


def test_recognise_polarity(tmp_path, write):
    write("a", "p.pos"), write("b", "p.neg")
    assert {recognise(tmp_path / name) for name in ("p", "p.pos", "p.neg")} == {"polarity"}


@pytest.mark.parametrize(
    "line", ["hello there", "(good) film", "__label__", "desc:def x", "http://x y", "12\ttext", '1 "a"']
)
def test_format_that_cannot_be_told(line, write):
    choices = "trec|sst5|sst2|sst5-phrases|sst2-phrases|polarity|semeval|fasttext|csv|tsv|jsonl"
    said = f":1: the format is not plain from this line; name it with --format {choices}"
    assert complaint(write(f"{line}\n__label__x a\n")) == said


def test_format_that_cannot_be_told_names_the_line_it_saw(write):
    assert complaint(write("\n \nhello there\n")).startswith(":3: the format is not plain from this line")


# ---- Errors ----


@pytest.mark.parametrize("format", ["auto", *SMALL])
def test_missing_file(format, tmp_path):
    assert re.fullmatch(
        r": cannot be read \(No such file or directory\); check the name .*", complaint(tmp_path / "no", format)
    )


@pytest.mark.parametrize("format", ["auto", *SMALL])
@pytest.mark.parametrize("name", ["folder", "folder.csv"])
def test_folder_instead_of_a_file(name, format, tmp_path):
    (tmp_path / name).mkdir()
    assert re.fullmatch(r": cannot be read \(Is a directory\); check .*", complaint(tmp_path / name, format))


@pytest.mark.parametrize("format", ["auto", *SMALL])
@pytest.mark.parametrize("content", [b"", BOM, b"\n\r\n"])
def test_empty_file(format, content, write):
    said = ": no examples in it; give a file with at least one labelled text"
    assert complaint(write(content), format) == said


@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
def test_header_alone(name, write):
    path = write("text,label\n\n".replace(",", "," if name == "t.csv" else "\t"), name)
    assert complaint(path) == ": no examples in it; give a file with at least one labelled text"


def test_neutral_trees_alone(write):
    assert complaint(write("(2 a)\n"), "sst2").startswith(": no examples in it; give a file")


@pytest.mark.parametrize(("there", "missing"), [("pos", "neg"), ("neg", "pos")])
@pytest.mark.parametrize("format", ["auto", "polarity"])
def test_half_a_pair(there, missing, format, tmp_path, write):
    blamed = tmp_path / f"p.{missing}"
    said = ": no such file; a .pos and a .neg file come as a pair"
    assert complaint(write("a\n", f"p.{there}"), format, blamed=blamed) == said
    assert complaint(blamed, format, blamed=blamed) == said


def test_no_pair_at_all(tmp_path):
    assert complaint(tmp_path / "p.pos").startswith(": no such file; a .pos and a .neg file")


def test_empty_pair(tmp_path, write):
    write("\n", "p.pos"), write("", "p.neg")
    assert complaint(tmp_path / "p").startswith(": no examples in it; give a file")


def test_polarity_of_one_file(write):
    said = ": format polarity needs a pair of files; name NAME.pos, beside which NAME.neg stands"
    assert complaint(write("good\n"), "polarity") == said


@pytest.mark.parametrize("format", ["xml", "", "TREC", "sst"])
def test_unknown_format(format, write):
    known = "trec, sst5, sst2, sst5-phrases, sst2-phrases, polarity, semeval, fasttext, csv, tsv, jsonl"
    with pytest.raises(UserError, match=f"^--format: unknown format {format!r}; use auto or one of {known}$"):
        read_corpus(write("__label__x a\n"), format)


TREE_FORMATS = ["sst5", "sst2", "sst5-phrases", "sst2-phrases"]


@pytest.mark.parametrize("format", TREE_FORMATS)
@pytest.mark.parametrize(
    ("tree", "problem"),
    [
        ("(3 (2 a) (4 b)", r"a bracket of the tree is not closed; the line may be cut off"),
        ("(3", r"a bracket of the tree is not closed; .*"),
        ("(", r"a bracket of the tree is not closed; .*"),
        ("(3 a) b", r"text after the closing bracket of the tree; put one tree on a line"),
        ("(3 a) (2 b)", r"text after the closing bracket of the tree; .*"),
        ("(3 a))", r"text after the closing bracket of the tree; .*"),
        ("(5 a)", r"label '5' is not one of 0 to 4; mend it"),
        ("(-1 a)", r"label '-1' is not one of 0 to 4; mend it"),
        ("(3 (x a) (2 b))", r"label 'x' is not one of 0 to 4; mend it"),
        ("(03 a)", r"label '03' is not one of 0 to 4; mend it"),
        ("(３ a)", r"label '３' is not one of 0 to 4; mend it"),
        ("()", r"a node of the tree has no label or no word; write \(label word\)"),
        ("(3 )", r"a node of the tree has no label or no word; .*"),
        ("(3 (2 a) ())", r"a node of the tree has no label or no word; .*"),
        ("(3 (2 a) (2 ))", r"a node of the tree has no label or no word; .*"),
        ("((2 a) (2 b))", r"a node of the tree has no label or no word; .*"),
        ("a (3 b)", r"not a tree; begin the line with \("),
        (")", r"not a tree; begin the line with \("),
        ("plain text", r"not a tree; begin the line with \("),
    ],
)
def test_bad_trees(tree, problem, format, write):
    assert re.fullmatch(f":3: {problem}", complaint(write(f"(2 a)\n\n{tree}\n(2 a)\n"), format))


@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("sentence,label", 1),
        ("text", 1),
        ("label", 1),
        ("a good film,x", 1),
        ("text,label,text", 1),
        ("text,Label,label", 1),
        ("text;label", 1),
        ("\n\nsentence,label", 3),
    ],
)
def test_bad_headers(header, line, name, write):
    content = f"{header}\na,x\n".replace(",", "," if name == "t.csv" else "\t")
    shown = header.strip().lower().replace(",", ", ") if name == "t.csv" or "," in header else header
    said = f":{line}: no column `text` or no column `label` in {shown}; name each once"
    assert complaint(write(content, name)) == said


@pytest.mark.parametrize(
    ("format", "content", "problem"),
    [
        ("trec", "DESC:def a\nno class\n", r":2: not a TREC line; write it as COARSE:fine text"),
        ("trec", "DESC:def a\n\nDESC what\n", r":3: not a TREC line; .*"),
        ("trec", ":def a\n", r":1: not a TREC line; .*"),
        ("trec", "DESC: a\n", r":1: not a TREC line; .*"),
        ("trec", " DESC:def a\n", r":1: not a TREC line; .*"),
        ("trec", "A:b:c a\n", r":1: not a TREC line; .*"),
        ("fasttext", "__label__x a\nb\n", r":2: no label; begin the line with __label__ and the name of the class"),
        ("fasttext", "__label__x a\n__label__ b\n", r":2: no label; .*"),
        ("fasttext", "__label__x a\n__label__\n", r":2: no label; .*"),
        ("fasttext", "__label__x a\n\nb __label__x\n", r":3: no label; .*"),
        ("fasttext", "__LABEL__x a\n", r":1: no label; .*"),
        ("fasttext", "__label__x a\n__label__x __label__y b\n", r":2: more than one label; leave one"),
        ("fasttext", "__label__x  __label__y\n", r":1: more than one label; leave one"),
        ("fasttext", "__label__x\t__label__y a\n", r":1: more than one label; leave one"),
        ("fasttext", "__label__x a __label__y b\n", r":1: more than one label; leave one"),
        ("csv", "text,label\na,x\nb\n", r":3: 1 fields under a header of 2; quote the text"),
        ("csv", "text,label\na, b,x\n", r":2: 3 fields under a header of 2; quote the text"),
        ("tsv", "text\tlabel\n\na\tb\tx\n", r":3: 3 fields under a header of 2; quote the text"),
        ("csv", "text,label\na,x\nb,\n", r":3: the label is empty; fill it in or remove the line"),
        ("csv", "text,label\na, \n", r":2: the label is empty; .*"),
        ("tsv", "label\ttext\n\ta\n", r":2: the label is empty; .*"),
        ("csv", 'text,label\n"a" b,x\nc,y\n', r":2: not a row of the table \(.+\); check the quotes"),
        ("tsv", 'text\tlabel\na\tx\n"b" c\tx\n', r":3: not a row of the table \(.+\); check the quotes"),
        ("csv", 'text,label\na,x\n"b,y\n', r":3: not a row of the table \(.+\); check the quotes"),
        ("jsonl", '{"text": "a", "label": "x"}\nb\n', r":2: not JSON \(.+\); write one object a line"),
        ("jsonl", '{"text": "a", "label": "x"', r":1: not JSON \(.+\); .*"),
        ("jsonl", '{"text": "a",\n"label": "x"}\n', r":1: not JSON \(.+\); .*"),
        ("jsonl", '{"text": "a", "label": "x"} {}\n', r":1: not JSON \(.+\); .*"),
        ("jsonl", '{"label": "x"}\n', r':1: no "text" string in the object; write \{"text": \.\.\., "label": \.\.\.\}'),
        ("jsonl", '{"text": null, "label": "x"}\n', r':1: no "text" string in the object; .*'),
        ("jsonl", '{"text": ["a"], "label": "x"}\n', r':1: no "text" string in the object; .*'),
        ("jsonl", '\n["a", "x"]\n', r':2: no "text" string in the object; .*'),
        ("jsonl", '"a"\n', r':1: no "text" string in the object; .*'),
        (
            "jsonl",
            '{"text": "a", "label": true}\n',
            r':1: no "label" string or whole number in the object; add it',
        ),
        (
            "jsonl",
            '{"text": "a", "label": 1.0}\n',
            r':1: no "label" string or whole number in the object; add it',
        ),
        (
            "jsonl",
            '{"text": "a", "label": null}\n',
            r':1: no "label" string or whole number in the object; add it',
        ),
        (
            "jsonl",
            '{"text": "a", "label": ["x"]}\n',
            r':1: no "label" string or whole number in the object; add it',
        ),
        (
            "jsonl",
            '{"text": "a", "label": ""}\n',
            r":1: the label is empty; fill it in or remove the line",
        ),
        (
            "jsonl",
            '{"text": "a"}\n',
            r':1: no "label" string or whole number in the object; add it',
        ),
    ],
)
def test_bad_lines(format, content, problem, write):
    assert re.fullmatch(problem, complaint(write(content), format))


@pytest.mark.parametrize("bom_and_crlf", [False, True])
def test_line_of_an_error_does_not_depend_on_line_ends(bom_and_crlf, write):
    content = b"__label__x a\n\n__label__x \xe9\nbad\n"
    if bom_and_crlf:
        content = BOM + content.replace(b"\n", b"\r\n")
    assert complaint(write(content)).startswith(":4: no label; ")


def test_quotes_that_are_not_closed_are_blamed_on_their_row(write):
    """Not on the end of the file, where the reader notices."""
    content = "text,label\n" + "a,x\n" * 10 + '"b,y\n' + "c,x\n" * 100
    assert re.fullmatch(r":12: not a row of the table \(.+\); check the quotes", complaint(write(content, "t.csv")))


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
    assert re.fullmatch(
        rf":{line}: the label 'x\\[nt]y' has a tab, a line end or a lone surrogate in it; take it out", said
    )


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


# ---- The real files ----


def lines_of(path: Path) -> list[bytes]:
    """The lines of a file that ends with a line end, by bytes alone."""
    lines = path.read_bytes().split(b"\n")
    assert lines.pop() == b""
    return lines


def test_trec(data):
    train = read_corpus(data / "trec/train.label")
    test = read_corpus(data / "trec/test.label")
    assert train.format == test.format == "trec"
    assert len(train.examples) == 5452 and len(test.examples) == 500
    assert Counter(example.label for example in train.examples) == {
        "ENTY": 1250, "HUM": 1223, "DESC": 1162, "NUM": 896, "LOC": 835, "ABBR": 86,
    }  # fmt: skip
    assert {example.label for example in test.examples} == {"ENTY", "HUM", "DESC", "NUM", "LOC", "ABBR"}
    assert train.counts == {"lines not all in UTF-8, the rest read as Latin-1": 1} and test.counts == {}
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


def test_mr(data):
    corpus = read_corpus(data / "mr/rt-polarity")
    assert corpus.format == "polarity"
    assert corpus == read_corpus(data / "mr/rt-polarity", "polarity")
    assert corpus.examples == read_corpus(data / "mr/rt-polarity.neg").examples
    assert Counter(example.label for example in corpus.examples) == {"positive": 5331, "negative": 5331}
    plain = [
        (label, line.decode("latin-1"), str(data / f"mr/rt-polarity.{ending}"), number)
        for label, ending in (("positive", "pos"), ("negative", "neg"))
        for number, line in enumerate(lines_of(data / f"mr/rt-polarity.{ending}"), 1)
    ]
    assert [tuple(example) for example in corpus.examples] == plain  # no line of these files is valid UTF-8 by chance
    assert corpus.counts == {
        "lines not all in UTF-8, the rest read as Latin-1": sum(not text.isascii() for _, text, *_ in plain)
    }
    assert sum(example.text.count("\x85") for example in corpus.examples) == 23
    assert sum(len(example.text.splitlines()) > 1 for example in corpus.examples) > 0  # what a naive reader would split


@pytest.mark.parametrize(("part", "five", "two"), [("train", 8544, 6920), ("dev", 1101, 872), ("test", 2210, 1821)])
def test_sst(part, five, two, data):
    path = data / f"sst/{part}.txt"
    corpus = read_corpus(path)
    assert corpus.format == "sst5" and len(corpus.examples) == five and corpus.counts == {}
    assert {example.label for example in corpus.examples} == set(SENTIMENTS)
    lines = lines_of(path)
    assert [example.line for example in corpus.examples] == list(range(1, five + 1))
    for example, line in zip(corpus.examples, lines, strict=True):
        leaves = " ".join(re.findall(r" ([^ ()]+)\)", line.decode()))
        for escaped, plain in (("-LRB-", "("), ("-RRB-", ")"), (r"\/", "/"), (r"\*", "*")):
            leaves = leaves.replace(escaped, plain)
        assert example.text.split() == leaves.split()
        assert example.label == SENTIMENTS[int(line[1:2])]

    corpus2 = read_corpus(path, "sst2")
    assert len(corpus2.examples) == two and corpus2.counts == {"neutral examples left out": five - two}
    assert corpus2.examples == [
        example._replace(label=example.label.removeprefix("very "))
        for example in corpus.examples
        if example.label != "neutral"
    ]


@pytest.mark.parametrize(("part", "five", "once"), [("train", 318582, 159274), ("dev", 41447, 24772)])
def test_sst_phrases(part, five, once, data):
    path = data / f"sst/{part}.txt"
    corpus = read_corpus(path, "sst5-phrases")
    assert path.read_bytes().count(b"(") == five
    assert len(corpus.examples) == once and corpus.counts == {"repeated phrases left out": five - once}
    phrases = [(example.label, example.text) for example in corpus.examples]
    assert len(set(phrases)) == once
    assert {(example.label, example.text) for example in read_corpus(path, "sst5").examples} <= set(phrases)
    lines = [example.line for example in corpus.examples]
    assert lines == sorted(lines)

    corpus2 = read_corpus(path, "sst2-phrases")
    polar = [(label.removeprefix("very "), text) for label, text in phrases if label != "neutral"]
    assert [(example.label, example.text) for example in corpus2.examples] == list(dict.fromkeys(polar))
    assert sum(corpus2.counts.values()) == five - len(corpus2.examples)


@pytest.mark.parametrize("name", ["sst/dev.txt", "trec/test.label"])
def test_digest_of_a_real_file(name, data):
    assert read_corpus(data / name).digest == hashlib.sha256((data / name).read_bytes()).hexdigest()


@pytest.mark.parametrize("part", ["train", "dev", "test"])
def test_whole_trees_are_what_their_nodes_say(data, part):
    for line in (data / "sst" / f"{part}.txt").read_text().splitlines():
        nodes, leaves = corpora._tree_nodes(None, 0, line)
        assert corpora._whole_tree(line) == (nodes[-1][0], leaves)


@pytest.mark.parametrize(
    "line", ["\0", "(2 \0)", "(2 (2 a) \0)", "(2 a b)", "(5 a)", "(2 (2 a)", "(2 a) b", "", "(2)", "a"]
)
def test_other_lines_are_no_whole_trees(line):
    assert corpora._whole_tree(line) is None
