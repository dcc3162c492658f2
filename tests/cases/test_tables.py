"""Labelled tables as people have them: rows of the table of cases, and more of the same kinds."""

import bz2
import gzip
import json
import lzma
import zipfile
from pathlib import Path

import pytest

from corpus_helpers import rows
from embdistill.cli import main
from embdistill.data.corpora import Layout, read_corpus
from embdistill.errors import UserError

FILES = Path(__file__).parent / "files"
BASE = [row[:2] for row in rows(read_corpus(FILES / "base.csv"))]
TABLE = "text,label\nturn it on,lights\nplay, please,music\n"


def read(name, **layout):
    return read_corpus(FILES / name, layout=Layout(**layout))


def pairs(corpus):
    return [row[:2] for row in rows(corpus)]


def notes(corpus):
    return [note.split(": ", 1)[1] for note in corpus.notes]


def refusal(path, **layout):
    with pytest.raises(UserError) as caught:
        read_corpus(path, layout=Layout(**layout))
    assert str(caught.value).startswith(f"{path}:") and len(str(caught.value).splitlines()) == 1
    return str(caught.value).removeprefix(f"{path}:")


# ---- the files of the table ----


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("base.csv", []),
        ("a01_utf16le.csv", ["read as UTF-16, as its byte order mark says"]),
        ("a02_semicolon.csv", ["its fields are separated by semicolons"]),
        ("a02_sep_line.csv", ["its fields are separated by commas, as its first line says"]),
        ("a05_upper.csv", []),
        ("a10.csv.gz", []),
        ("a11_array.json", []),
        ("a11_doccano.jsonl", []),
        ("a11_labelspace.jsonl", []),
        ("b16_cr.csv", ["its lines end at CR alone"]),
    ],
)
def test_files_that_hold_the_texts_of_base(name, said):
    corpus = read(name)
    assert pairs(corpus) == BASE and notes(corpus) == said


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("a04_spam.csv", {"text_column": "v2", "label_column": "v1"}),
        ("a04_spam.csv", {"text_column": "2", "label_column": "1"}),
        ("a05_review.csv", {"text_column": " REVIEW", "label_column": "sentiment"}),
        ("a05_review.csv", {"text_column": "review", "label_column": "2"}),
        ("a05_upper.csv", {"text_column": "TEXT", "label_column": "label"}),
    ],
)
def test_columns_by_name_and_position(name, layout):
    assert pairs(read(name, **layout)) == BASE


def test_a_table_without_a_header():
    corpus = read("a07_noheader.csv", header="false", text_column="2", label_column="1")
    assert [text for _, text in pairs(corpus)] == [text for _, text in BASE]
    assert {label for label, _ in pairs(corpus)} == {"1", "2", "3"}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a04_spam.csv", "give --text-column v2 --label-column v1"),
        ("a05_review.csv", "give --text-column review --label-column sentiment"),
        ("a07_noheader.csv", "give --header false --text-column 2 --label-column 1"),
    ],
)
def test_the_error_shows_the_options_to_give(name, options):
    assert refusal(FILES / name).endswith(options)


@pytest.mark.parametrize("name", ["a08_quoted_start.tsv", "a08_swallow.tsv"])
def test_quotation_marks_of_a_tsv_are_text(name):
    header, *lines = (FILES / name).read_text().splitlines()
    expected = [line.split("\t") if header == "label\ttext" else line.split("\t")[::-1] for line in lines]
    corpus = read(name)
    assert [list(pair) for pair in pairs(corpus)] == expected and len(expected) == 20
    assert notes(corpus) == ["its quotation marks are read as they stand, and every line as a row"]


def test_truth_values_as_labels():
    assert [text for _, text in pairs(read("a11_bool.jsonl"))] == [text for _, text in BASE]
    assert {label for label, _ in pairs(read("a11_bool.jsonl"))} == {"false", "true"}


def test_classes_that_differ_in_case_stay_apart():
    assert {label for label, _ in pairs(read("b10_case.csv"))} == {
        "lights",
        "Lights",
        "music",
        "Music",
        "weather",
        "Weather",
    }


def test_labels_glued_to_the_text_are_read_as_fasttext_reads_them():
    assert pairs(read("b01_glued.txt"))[0] == ("lights,turn", "on the lamp in the kitchen")


def test_empty_texts_are_kept():
    corpus = read("b11_empty.csv")
    assert len(corpus.examples) == 18 and notes(corpus) == []
    assert sum(not text.strip() for _, text in pairs(corpus)) == 4


def test_windows_1252():
    corpus = read("b20_cp1252.csv")
    assert pairs(corpus) == [(label, f"{text} café ’tis €5") for label, text in BASE]
    assert notes(corpus) == ["lines not all in UTF-8, the rest read as Windows-1252: 18"]


@pytest.mark.parametrize("name", ["q_rev", "q_rev.pos", "q_rev.neg"])
def test_a_polarity_pair_in_utf16(name):
    corpus = read(name)
    assert len(corpus.examples) == 6 and pairs(corpus)[0] == ("positive", "a bright kitchen")
    assert notes(corpus) == ["read as UTF-16, as its byte order mark says (2 of 2 files)"]


def test_relations_in_a_table():
    corpus = read("e06_csv.csv")
    assert corpus.relations and notes(corpus) == ["its texts mark two entities, whose relation is the class"]


# ---- more of the same kinds ----


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


@pytest.mark.parametrize("ending", ["json", "jsonl", "txt"])
def test_json_arrays(ending, write):
    objects = [{"Text": "a\nb", "label": 1, "more": [1]}, {"Text": "c", "label": 2}]
    for indent in (None, 2):
        assert pairs(read_corpus(write(json.dumps(objects, indent=indent), f"t.{ending}"))) == [
            ("1", "a\nb"),
            ("2", "c"),
        ]


def test_keys_by_the_same_options(write):
    path = write(
        '{"utterance": "turn it on", "intent": "lights"}\n{"utterance": "play", "intent": "lights"}', "t.jsonl"
    )
    assert refusal(path).endswith("give --text-column utterance --label-column intent")
    assert pairs(read_corpus(path, layout=Layout("utterance", "Intent")))[1] == ("lights", "play")


@pytest.mark.parametrize("name", ["t.tsv", "t.jsonl", "t.json"])
def test_relations_in_other_tables(name, write):
    text, label = "the <e1>rain</e1> of the <e2>city</e2>", "Cause-Effect(e1,e2)"
    if name == "t.tsv":
        content = f"text\tlabel\n{text}\t{label}\n"
    else:
        content = json.dumps([{"text": text, "label": label}] if name == "t.json" else {"text": text, "label": label})
    corpus = read_corpus(write(content, name))
    assert corpus.relations and pairs(corpus) == [(label, text)]


def test_marks_in_a_few_texts_are_text(write):
    corpus = read_corpus(write("text,label\n<e1>a</e1> <e2>b</e2>,x\nc,y\nd,y\n", "t.csv"))
    assert not corpus.relations
    assert notes(corpus) == ["texts that mark two entities, among others that do not, read as plain text: 1"]


@pytest.mark.parametrize(
    ("layout", "problem"),
    [
        ({"header": "no"}, "--header no: must be true or false"),
        ({"delimiter": "::"}, "--delimiter '::': must be one character, or the word tab"),
        ({"delimiter": '"'}, "--delimiter '\"': must be one character, or the word tab"),
        ({"text_column": " "}, "--text-column is empty; give a name, or a position from 1"),
    ],
)
def test_options_that_cannot_be_meant(layout, problem):
    with pytest.raises(UserError) as caught:
        Layout(**layout)
    assert str(caught.value) == problem


@pytest.mark.parametrize(
    ("content", "name", "layout", "problem"),
    [
        (
            "__label__x a\n",
            "t.ft",
            {"format": "fasttext", "text_column": "a"},
            " --text-column does not go with the format fasttext",
        ),
        ('{"text": "a", "label": "x"}', "t.jsonl", {"header": "false"}, " --header does not go with the format jsonl"),
        (
            TABLE,
            "t.csv",
            {"text_column": "label"},
            "1: --text-column and --label-column name the same column; name two",
        ),
        (TABLE, "t.csv", {"text_column": "3"}, "1: no column `3` among text, label; give --text-column text"),
        (TABLE, "t.csv", {"text_column": "0"}, "1: no column `0` among text, label; give --text-column text"),
        (
            TABLE,
            "t.csv",
            {"delimiter": ";"},
            "1: no column `text` and no column `label` among text,label; if its columns",
        ),
    ],
)
def test_options_that_do_not_fit_the_file(content, name, layout, problem, write):
    format = layout.pop("format", "auto")
    path = write(content, name)
    with pytest.raises(UserError) as caught:
        read_corpus(path, format, Layout(**layout))
    assert str(caught.value).startswith(f"{path}:{problem}")


def test_headers_of_files_put_together_are_left_out_and_counted(write):
    corpus = read_corpus(write("\ufefftext,label\na,x\n\ufefftext,label\nb,y\nText, LABEL\nc,y\n", "t.csv"))
    assert rows(corpus) == [("x", "a", 2), ("y", "b", 4), ("y", "c", 6)]
    assert notes(corpus) == ["repeated headers left out: 2"]


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (
            'text, label\n"a, b", x\nlights, "turn it on, please"\n',
            "t.csv",
            "3: 3 fields under a header of 2; remove the space before the quotation mark",
        ),
        (
            '{"version": 1, "data": [{"text": "a", "label": "x"}]}',
            "t.json",
            '1: one object, with others in "data"; give that array alone',
        ),
        ("<!DOCTYPE html>\n<html>", "t.csv", " a web page, not labelled texts; download the file itself"),
        (
            "version https://git-lfs.github.com/spec/v1\noid",
            "t.csv",
            " a pointer of git-lfs, not labelled texts; fetch the file itself with `git lfs pull`",
        ),
        (b"\x80\x04\x95abc", "t.pkl", " a pickle, not labelled texts; write the texts as CSV"),
        (b"7z\xbc\xaf\x27\x1c", "t.7z", " packed with 7z, which is not read; unpack it first, with `7z x`"),
    ],
)
def test_what_else_people_bring_is_named(content, name, problem, write):
    assert refusal(write(content, name)) == problem


def test_a_pipe_is_read_once(tmp_path):
    import os
    import threading

    os.mkfifo(tmp_path / "pipe")
    feeder = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=((FILES / "base.csv").read_bytes(),))
    feeder.start()
    corpus = read_corpus(tmp_path / "pipe")
    feeder.join()
    assert pairs(corpus) == BASE and corpus.digest == read_corpus(FILES / "base.csv").digest


# ---- from the command line ----


@pytest.fixture
def said_by(works, capsys):
    """The lines that a command says on standard error."""

    def said_by(*words):
        capsys.readouterr()
        assert main(list(map(str, words))) == 0
        return capsys.readouterr().err.splitlines()

    return said_by


VECTORS = ["--vectors", FILES / "d00_glove.txt", "--dim", "4", "--filters", "5", "--epochs", "1"]


@pytest.mark.parametrize(
    "words",
    [
        ["--data", FILES / "a04_spam.csv", "--text-column", "v2", "--label-column", "1"],
        ["--data", FILES / "a07_noheader.csv", "--header", "false", "--text-column", "2", "--label-column", "1"],
        ["--data", FILES / "e06_csv.csv"],
        ["--data", FILES / "a02_semicolon.csv", "--config", FILES / "e_config_bom.toml", "--delimiter", "semicolon"],
        ["--data", FILES / "q_rev", "--vocab", FILES / "a01_utf16le.csv"],
    ],
    ids=lambda words: words[1].name,
)
def test_train_then_evaluate(words, works):
    works("train", *words, *VECTORS)
    of_tables = [word for word in zip(words[::2], words[1::2], strict=True) if word[0] not in ("--config", "--vocab")]
    assert "accuracy" in works("evaluate", "run.h5", *sum(map(list, of_tables), []))


def test_the_columns_of_training_are_those_of_evaluate_and_predict(here, works, said_by):
    """As a user expects who gave them once; options override them, and a file of another format takes what it can."""
    texts = [("turn it on", "lights"), ("play some music", "music")] * 20
    (here / "t.csv").write_text("id;what;kind\n" + "".join(f"1;{text};{kind}\n" for text, kind in texts))
    (here / "t.jsonl").write_text("".join(f'{{"what": "{text}", "kind": "{kind}"}}\n' for text, kind in texts))
    (here / "u.csv").write_text("text,label\nturn it on,lights\n")
    options = ["--text-column", "what", "--label-column", "3"]
    works("train", "--data", "t.csv", *options, "--delimiter", ";", *VECTORS)
    said = "read with --text-column what --label-column 3 --delimiter ';', as the training texts were"
    assert f"t.csv: {said}" in said_by("evaluate", "run.h5", "--data", "t.csv")
    assert any("read with --text-column what" in note for note in said_by("predict", "run.h5", "--input", "t.csv"))
    works("evaluate", "run.h5", "--data", "t.jsonl", "--label-column", "kind", "--text-column", "what")
    (here / "t.txt").write_bytes(
        (here / "t.csv").read_bytes()
    )  # whose name and first line do not tell that it is a table
    assert f"t.txt: {said}" in said_by("evaluate", "run.h5", "--data", "t.txt")
    works("evaluate", "run.h5", "--data", "u.csv", "--text-column", "text", "--label-column", "label")


def test_a_run_that_is_there_is_said_to_be_replaced(works, said_by):
    words = ["train", "--data", FILES / "e06_csv.csv", *VECTORS]
    works(*words)
    assert "run.h5: is there already, and is replaced when the training is done" in said_by(*words)


def test_a_model_of_relations_in_a_table(works):
    works("train", "--data", FILES / "e06_csv.csv", *VECTORS)
    assert "official F1" in works("evaluate", "run.h5", "--data", FILES / "e06_csv.csv")


def test_options_of_tables_need_data(fails):
    assert fails("train", "--text-column", "2") == "--text-column needs --data; without --data the built-in demo runs"


def test_compare_takes_the_options_of_tables(works):
    data = ["--data", FILES / "a05_review.csv", "--text-column", "review", "--label-column", "2"]
    words = [
        "--methods",
        "encode",
        "--dims",
        "4",
        "--seeds",
        "1",
        "--folds",
        "2",
        "--workers",
        "1",
        "--out",
        "compared",
    ]
    assert "encode" in works("compare", *data, *VECTORS[:2], *VECTORS[4:], *words)


# ---- Advice that a newcomer followed, and was led astray by ----


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        (
            "Kunde,Anfrage,Kategorie",
            "{a},how do I get my card {i} back,{b}",
            "give --text-column Anfrage --label-column Kategorie",
        ),
        (
            "Land,Kommentar,Urteil",
            "{a},how do I get my card {i} back,{b}",
            "give --text-column Kommentar --label-column Land or Urteil",
        ),
        (
            "when,comment,what",
            "2024,how do I get my card {i} back,{b}",
            "give --text-column comment --label-column what",
        ),
        (
            "Stamp,What did you think of the film?,Overall",
            "{i},how do I get my card {i} back,{b}",
            "give --text-column 2 --label-column 3; and --header false if this is no header but the first text",
        ),
        (
            "Survey of 2024,,",
            "{i},how do I get my card {i} back,{b}",
            "its header seems to be in line 2: remove the lines above it",
        ),
    ],
)
def test_the_columns_of_labels_are_offered_and_not_guessed(tmp_path, header, row, said):
    rows = [row.format(i=i, a="xy"[i % 2], b="pqr"[i % 3]) for i in range(30)]
    (tmp_path / "t.csv").write_text("\n".join([header, *rows]) + "\n")
    assert refusal(tmp_path / "t.csv").endswith(said)


def test_a_web_address_is_named():
    assert refusal("https://example.org/texts.csv").endswith("a web address; download the file, and give its name")


def test_text_in_columns_without_a_name_is_counted(tmp_path):
    (tmp_path / "spam.csv").write_text("label,text,,\nham,see you,,\nspam,win, or not,\nham,so it is,,now\n")
    corpus = read_corpus(tmp_path / "spam.csv")
    assert corpus.counts == {"rows with something in columns without a name, which is not read": 2}
