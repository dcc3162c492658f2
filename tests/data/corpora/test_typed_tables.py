"""Parquet files and Excel workbooks."""

import datetime
import sys

import pytest

from corpus_helpers import complaint, rows
from embdistill.data.corpora import Layout, read_corpus, recognise


@pytest.fixture
def excel(tmp_path):
    """Writes sheets, a list of rows each, to a workbook, and returns its path."""
    openpyxl = pytest.importorskip("openpyxl", reason="needs the extra tables")

    def write(*sheets, name="t.xlsx"):
        book = openpyxl.Workbook()
        for number, sheet in enumerate(sheets):
            page = book.active if number == 0 else book.create_sheet()
            for row in sheet:
                page.append(row)
        book.save(tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def parquet(tmp_path):
    """Writes columns by name to a Parquet file, and returns its path."""
    pyarrow = pytest.importorskip("pyarrow", reason="needs the extra tables")
    from pyarrow.parquet import write_table

    def write(**columns):
        write_table(pyarrow.table(columns), tmp_path / "t.parquet")
        return tmp_path / "t.parquet"

    return write


@pytest.mark.parametrize("name", ["t.xlsx", "t.csv", "t"])
def test_a_workbook(excel, name):
    path = excel(
        [["id", "Text", " LABEL "], [1, "turn it on, please", "lights"], [2, "say\nno", 7], [3, 2012, True]], name=name
    )
    corpus = read_corpus(path)
    assert rows(corpus) == [("lights", "turn it on, please", 2), ("7", "say\nno", 3), ("true", "2012", 4)]
    assert corpus.format == recognise(path) == "excel" and corpus.notes == []


def test_rows_and_columns_of_a_workbook_that_are_empty(excel):
    path = excel(
        [[None, None], ["label", None, "text"], ["x", None, "a"], [], ["y"], ["z", None, datetime.date(2020, 1, 2)]]
    )
    corpus = read_corpus(path)
    assert rows(corpus) == [("x", "a", 3), ("y", "", 5), ("z", "2020-01-02 00:00:00", 6)]
    assert corpus.counts == {"blank lines left out": 2}


def test_only_the_first_sheet_is_read_and_that_is_said(excel):
    corpus = read_corpus(excel([["text", "label"], ["a", "x"]], [["b", "y"]]))
    assert rows(corpus) == [("x", "a", 2)]
    assert corpus.notes == [f"{corpus.path}: only the first of its sheets is read, 'Sheet', and not 'Sheet1'"]


def test_columns_of_a_workbook(excel):
    path = excel([["v1", "v2"], ["x", "a long text"], ["x", "b"], ["y", "c"]])
    assert complaint(path).endswith("; give --text-column v2 --label-column v1")
    assert rows(read_corpus(path, layout=Layout("2", "v1")))[0] == ("x", "a long text", 2)
    assert rows(read_corpus(path, layout=Layout("2", "1", header="false")))[0] == ("v1", "v2", 1)


def test_workbooks_that_are_refused(excel, write):
    assert complaint(excel([["text", "label"], ["a", None]])) == ":2: the label is empty; fill it in or remove the line"
    assert complaint(excel([[]])) == ": no examples in it; give a file with at least one labelled text"
    assert complaint(excel([["text", "label"], ["a", "x"]]), "csv") == ": of the format excel, not csv; omit --format"
    assert complaint(write(b"\xd0\xcf\x11\xe0\xa1\xb1", "t.xls")).startswith(
        ": an old Excel or Word file, not labelled texts; save it as .xlsx"
    )


def test_a_parquet_file(parquet):
    corpus = read_corpus(parquet(label=["x", "y"], TEXT=["a", None], other=[1.5, 2]))
    assert rows(corpus) == [("x", "a", 1), ("y", "", 2)]
    assert corpus.format == "parquet" and not corpus.counts


@pytest.mark.parametrize(
    ("values", "labels"), [([0, 1], ["0", "1"]), ([True, False], ["true", "false"]), ([["x"], ["y"]], ["x", "y"])]
)
def test_labels_of_parquet(parquet, values, labels):
    assert [label for label, *_ in rows(read_corpus(parquet(text=["a", "b"], label=values)))] == labels


def test_parquet_files_that_are_refused(parquet, write):
    path = parquet(sentence=["a long one", "b", "c"], stars=[1, 2, 1])
    assert complaint(path).endswith("among sentence, stars; give --text-column sentence --label-column stars")
    assert rows(read_corpus(path, layout=Layout("sentence", "2")))[1] == ("2", "b", 2)
    assert complaint(parquet(text=["a"], label=[["x", "y"]])).startswith(
        ":1: several labels (x, y); a text has one class"
    )
    assert (
        complaint(parquet(text=[["a", "b"]], label=[1]))
        == ":1: the text is not a string but a list; write it as one string"
    )
    cut = path.read_bytes()[:-20]
    for content in (b"PAR1 and nothing more", cut):
        assert complaint(write(content, "cut.parquet")).startswith(": not a sound Parquet file (")


@pytest.mark.parametrize(
    ("name", "package", "kind"),
    [("t.xlsx", "openpyxl", "an Excel workbook"), ("t.parquet", "pyarrow", "a Parquet file")],
)
def test_the_extra_is_named_where_it_is_missing(name, package, kind, excel, write, monkeypatch):
    path = excel([["text", "label"], ["a", "x"]]) if name == "t.xlsx" else write(b"PAR1", name)
    monkeypatch.setitem(sys.modules, package, None)
    fix = f"pip install {package}, or save the table as CSV"
    assert complaint(path) == f": {kind} is read with {package}, which is not installed; {fix}"
