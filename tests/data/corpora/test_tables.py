import re

import pytest

from corpus_helpers import complaint, rows
from embdistill.data.corpora import read_corpus


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
    assert corpus.counts == {"blank lines left out": 1, "rows that go over several lines, in quotation marks": 2}


def test_line_of_a_row_with_quoted_line_ends_is_its_first(write):
    assert rows(read_corpus(write('text,label\n"a\nb\nc",x\nd,y\n', "t.csv"))) == [("x", "a\nb\nc", 2), ("y", "d", 5)]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
def test_latin1_in_a_table(name, write):
    delimiter = b"," if name == "t.csv" else b"\t"
    corpus = read_corpus(write(b"text,label\ncaf\xe9,x\n\xc3\xa9,y\n".replace(b",", delimiter), name))
    assert rows(corpus) == [("x", "café", 2), ("y", "é", 3)]
    assert corpus.counts == {"lines not all in UTF-8, the rest read as Windows-1252": 1}


@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
def test_header_alone(name, write):
    path = write("text,label\n\n".replace(",", "," if name == "t.csv" else "\t"), name)
    assert complaint(path) == ": no examples in it; give a file with at least one labelled text"


@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("sentence,label", ":1: no column `text` among sentence, label; give --text-column sentence"),
        ("text,class", ":1: no column `label` among text, class; give --label-column class"),
        (
            "text",
            ":1: no column `label` among text; if its columns are separated by another character, name that with ",
        ),
        ("label", ":1: no column `text` among label; if its columns are separated by another character, name that "),
        ("a good film here,x", ":1: no column `text` and no column `label` among a good film here, x; if this is no "),
        (
            "b,x",
            ":1: no column `text` and no column `label` among b, x; if this is no header but the first text, give ",
        ),
        ("text,label,text", ":1: columns 1 and 3 are all named text; give the number of one, as in --text-column 1"),
        ("text,Label,LABEL", ":1: columns 2 and 3 are all named label; give the number of one, as in --label-column 2"),
        ("\n\nsentence,label", ":3: no column `text` among sentence, label; give --text-column sentence"),
    ],
)
def test_bad_headers(header, said, name, write):
    content = f"{header}\na long text,x\n".replace(",", "," if name == "t.csv" else "\t")
    assert complaint(write(content, name)).startswith(said)


@pytest.mark.parametrize(
    ("format", "content", "problem"),
    [
        ("csv", "text,label\na,x\nb\n", r":3: 1 fields under a header of 2; quote the text"),
        ("csv", "text,label\na, b,x\n", r":2: 3 fields under a header of 2; quote the text"),
        ("csv", "text,label\na,x\nb,\n", r":3: the label is empty; fill it in or remove the line"),
        ("csv", "text,label\na, \n", r":2: the label is empty; .*"),
        ("csv", 'text,label\n"a" b,x\nc,y\n', r":2: not a row of the table \(.+\); check the quotes"),
        ("csv", 'text,label\na,x\n"b,y\n', r":3: not a row of the table \(.+\); check the quotes"),
        ("tsv", "text\tlabel\n\na\tb\tx\n", r":3: 3 fields under a header of 2; remove tabs and line ends from .*"),
        ("tsv", "label\ttext\n\ta\n", r":2: the label is empty; .*"),
    ],
)
def test_bad_lines_of_tables(format, content, problem, write):
    assert re.fullmatch(problem, complaint(write(content), format))


def test_quotes_that_are_not_closed_are_blamed_on_their_row(write):
    """Not on the end of the file, where the reader notices."""
    content = "text,label\n" + "a,x\n" * 10 + '"b,y\n' + "c,x\n" * 100
    assert re.fullmatch(r":12: not a row of the table \(.+\); check the quotes", complaint(write(content, "t.csv")))
