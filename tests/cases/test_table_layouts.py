"""Encodings, delimiters, quotation marks, line ends and packing of labelled tables."""

import bz2
import gzip
import lzma
import zipfile

import pytest

from corpus_helpers import rows
from embdistill.data.corpora import Layout, read_corpus
from table_helpers import notes, pairs, refusal


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "utf-8-sig"])
def test_encodings_by_their_mark(encoding, tmp_path):
    path = tmp_path / "t.csv"
    mark = {"utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    path.write_bytes(mark + "text,label\r\n“über” \U0001f600,x\r\n".encode(encoding))
    assert pairs(read_corpus(path)) == [("x", "“über” \U0001f600")]


@pytest.mark.parametrize(
    ("encoding", "name"), [("utf-16-le", "UTF-16LE"), ("utf-16-be", "UTF-16BE"), ("utf-32-le", "UTF-32LE")]
)
@pytest.mark.parametrize("text", ["turn it on", "把灯打开，把灯打开，把灯打开"], ids=["Latin", "Chinese"])
def test_utf16_without_its_mark_is_refused(encoding, name, text, tmp_path):
    (tmp_path / "t.csv").write_bytes(f"text,label\n{text},x\n{text},y\n".encode(encoding))
    assert f"has NUL bytes as {name} without a byte order mark" in refusal(tmp_path / "t.csv")


def test_utf16_that_is_cut_off_is_refused_with_its_line(write):
    assert refusal(write("text,label\na,x\n".encode("utf-16")[:-1], "t.csv")).startswith("2: not UTF-16")


@pytest.mark.parametrize("name", ["excel_text.txt", "t.tsv"])
def test_the_unicode_text_of_excel(name, write):
    """Tabs, UTF-16, quotes where a comma or quotation mark stands."""
    path = write('Label\tText\r\nx\t"he said ""on"", ok"\r\ny\tit is off\r\n'.encode("utf-16"), name)
    corpus = read_corpus(path)
    assert pairs(corpus) == [("x", 'he said "on", ok'), ("y", "it is off")] and corpus.format == "tsv"


@pytest.mark.parametrize(("delimiter", "name"), [("\t", "tabs"), (";", "semicolons"), ("|", "bars")])
def test_delimiters_of_a_csv(delimiter, name, write):
    corpus = read_corpus(write(f"id{delimiter}label{delimiter}text\n1{delimiter}x{delimiter}a, b, c\n", "t.csv"))
    assert pairs(corpus) == [("x", "a, b, c")] and notes(corpus) == [f"its fields are separated by {name}"]


def test_sep_line_goes_before_what_the_header_tells(write):
    assert pairs(read_corpus(write('"sep=|"\r\ntext|label\r\na;b,c|x\r\n', "t.csv"))) == [("x", "a;b,c")]


@pytest.mark.parametrize("delimiter", ["^", "tab", "\\t", "\t", "space", " "])
def test_a_delimiter_that_is_given(delimiter, write):
    character = {"tab": "\t", "\\t": "\t", "space": " "}.get(delimiter, delimiter)
    path = write(f"label{character}text\nx{character}on;off\n", "t.csv")
    assert pairs(read_corpus(path, layout=Layout(delimiter=delimiter))) == [("x", "on;off")]


@pytest.mark.parametrize("header", ["review;stars", "Review Text;Stars", "stars;'tweet'"])
def test_options_that_an_error_shows_work(header, write):
    import shlex

    texts = ["5;such a nice film", "1;bad", "5;good and long", "2;no"]
    texts = texts if header.startswith("stars") else [";".join(text.split(";")[::-1]) for text in texts]
    path = write("\n".join([header, *texts]), "t.csv")
    words = shlex.split(refusal(path).split("; give ")[1])
    given = {
        name.removeprefix("--").replace("-", "_"): value for name, value in zip(words[::2], words[1::2], strict=True)
    }
    assert pairs(read_corpus(path, layout=Layout(**given)))[0] == ("5", "such a nice film")


def test_no_header_with_any_delimiter_and_any_name(write):
    path = write("x\ta, b; c\ny\td, e\n", "data.dat")
    corpus = read_corpus(path, layout=Layout(header="false", text_column="2", label_column="1"))
    assert pairs(corpus) == [("x", "a, b; c"), ("y", "d, e")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param('"a\tb"\tx\nc\ty\n', [("x", "a\tb"), ("y", "c")], id="a tab in quotes"),
        pytest.param('"a\nb"\tx\nc\ty\n', [("x", "a\nb"), ("y", "c")], id="a line end in quotes"),
        pytest.param('"a ""b"""\tx\nc\ty\n', [("x", 'a "b"'), ("y", "c")], id="doubled quotes"),
        pytest.param('"a"\tx\n"c"\ty\n', [("x", "a"), ("y", "c")], id="a quoted column"),
        pytest.param('"a"\tx\nc\ty\n', [("x", '"a"'), ("y", "c")], id="one text in quotes"),
        pytest.param('"a" b\tx\n"c"\ty\n', [("x", '"a" b'), ("y", '"c"')], id="a quoted word"),
        pytest.param('"a\tx\nb\ty\nc"\tx\n', [("x", '"a'), ("y", "b"), ("x", 'c"')], id="quotes over rows"),
        pytest.param('"a\tx\n"b\ty\n', [("x", '"a'), ("y", '"b')], id="quotes never closed"),
        pytest.param('""\tx\nb\ty\n', [("x", '""'), ("y", "b")], id="empty quotes"),
    ],
)
def test_quotation_marks_in_tsv(content, expected, write):
    assert pairs(read_corpus(write("text\tlabel\n" + content, "t.tsv"))) == expected


def test_a_tsv_that_fits_neither_reading_is_refused(write):
    """A tab too many in one row may not make rows between two quotation marks vanish."""
    path = write('text\tlabel\n"a\tx\nb\ty\nc"\tx\nd\te\ty\n', "t.tsv")
    assert refusal(path) == "5: 3 fields under a header of 2; remove tabs and line ends from the text"


def test_rows_inside_a_quoted_text_of_a_csv_are_refused(write):
    path = write('text,label\na,x\n"b,x\nc,y\nd",x\ne,y\n', "t.csv")
    assert refusal(path).startswith("3: a quotation mark opens a text here that ends in line 5, with whole rows in it;")


def test_quoted_line_ends_of_a_csv_are_counted(write):
    corpus = read_corpus(write('text,label\n"a, b\n\nc, d",x\ne,y\n', "t.csv"))
    assert pairs(corpus) == [("x", "a, b\n\nc, d"), ("y", "e")]
    assert notes(corpus) == ["rows that go over several lines, in quotation marks: 1"]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_line_ends(end, write):
    corpus = read_corpus(write(end.join(["text,label", '"a', 'b",x', "c,y", ""]), "t.csv"))
    assert rows(corpus) == [("x", "a\nb", 2), ("y", "c", 4)]


def test_rows_of_empty_fields_are_left_out_and_counted(write):
    corpus = read_corpus(write(";;\ntext;label;\n;;\na;x;\nb;y;;\n;;\n", "t.csv"))
    assert rows(corpus) == [("x", "a", 4), ("y", "b", 5)] and "blank lines left out: 3" in notes(corpus)


def _zipped(content, path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("folder/texts.csv", content)


@pytest.mark.parametrize(
    ("ending", "pack"),
    [
        (".csv.gz", lambda content, path: path.write_bytes(gzip.compress(content))),
        (".csv.bz2", lambda content, path: path.write_bytes(bz2.compress(content))),
        (".csv.xz", lambda content, path: path.write_bytes(lzma.compress(content))),
        (".csv.zip", _zipped),
        (".zip", _zipped),
    ],
)
def test_packed_tables(ending, pack, tmp_path):
    pack(b"review,stars\na nice film,5\nbad,1\n", tmp_path / f"t{ending}")
    corpus = read_corpus(tmp_path / f"t{ending}", layout=Layout("review", "stars"))
    assert pairs(corpus) == [("5", "a nice film"), ("1", "bad")] and corpus.format == "csv"
