"""Tables to predict, as people have them: an answer a row, and the table again with the answers."""

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest

from cli_helpers import process
from conftest import files_in
from embdistill.cli import main
from embdistill.export.edm import edm_bytes
from model_helpers import NETWORKS, random_model

FILES = Path(__file__).parent / "files"


@pytest.fixture
def answers(works):
    """The lines that `predict` prints, a list of fields each."""
    return lambda *words: [line.split("\t") for line in works("predict", "run.h5", *words).splitlines()]


@pytest.fixture
def notes(here, capsys):
    """The lines that `predict` says on standard error."""

    def notes(*words):
        capsys.readouterr()
        assert main(["predict", "run.h5", *map(str, words)]) == 0
        return capsys.readouterr().err.splitlines()

    return notes


def rows_of(path, delimiter=","):
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def objects_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


# ---- the files of the table ----


@pytest.mark.parametrize("first", ["id,text", "text\tlabel", '\ufeff"Text";"Label"', "id|text"])
def test_a_table_that_is_named_as_none_is_told(first, here, notes):
    (here / "t.txt").write_text(f"{first}\n1,turn it on\n")
    said = "t.txt:1: looks like the header of a table; --text-column text reads its rows"
    assert notes("--input", "t.txt")[0] == said
    (here / "t.txt").write_text("text me, please\n" + first + "\n")
    assert said not in notes("--input", "t.txt")


def test_a_row_with_a_line_end_inside_gets_one_answer(answers, here):
    found = answers("--input", FILES / "h_unlabelled.csv")
    assert len(found) == 3
    assert answers("--input", FILES / "h_unlabelled.csv", "--out", "answers.csv") == []
    content = (FILES / "h_unlabelled.csv").read_bytes()
    expected = content.replace(b"id,text", b"id,text,label,probability")
    for label, probability in found:
        expected = expected.replace(b'please"\r\n', f'please",{label},{probability}\n'.encode(), 1)
    assert (here / "answers.csv").read_bytes().replace(b"\r\n", b"\n") == expected.replace(b"\r\n", b"\n")
    assert (here / "answers.csv").read_bytes().count(b"\r\n") == content.count(b"\r\n") == 4


BASE = {
    "base.csv": "",
    "a01_utf16le.csv": "read as UTF-16, as its byte order mark says",
    "a02_semicolon.csv": "its fields are separated by semicolons",
    "a02_sep_line.csv": "its fields are separated by commas, as its first line says",
    "a05_upper.csv": "",
    "a10.csv.gz": "",
    "a11_array.json": "",
    "a11_doccano.jsonl": "",
    "b16_cr.csv": "its lines end at CR alone",
}


@pytest.mark.parametrize("name", BASE)
def test_every_kind_of_table_gets_the_answers_of_its_texts(answers, notes, here, name):
    texts = [text for text, _ in rows_of(FILES / "base.csv")[1:]]
    (here / "lines").write_text("\n".join(texts))
    assert answers("--input", FILES / name) == answers("--input", "lines")
    of_lines, of_table = notes("--input", "lines"), notes("--input", FILES / name)
    assert of_table == [f"{FILES / name}: {said}" for said in BASE[name].splitlines()] + of_lines


DELIMITED = {"a02_semicolon.csv": ";", "a02_sep_line.csv": ",", "a04_spam.csv": ",", "a08_swallow.tsv": "\t"}
DELIMITED |= {"a08_quoted_start.tsv": "\t", "b11_empty.csv": ",", "b16_cr.csv": ",", "b20_cp1252.csv": ","}
OPTIONS = {"a04_spam.csv": ("--text-column", "v2")}


@pytest.mark.parametrize("name", DELIMITED)
def test_a_table_is_written_as_it_was_with_fields_behind_each_row(answers, notes, here, name):
    source, out = FILES / name, here / f"answers{name[-4:]}"
    words, delimiter = ("--input", source, *OPTIONS.get(name, ())), DELIMITED[name]
    found = answers(*words)
    said = f"{source}: has the column label already; the answers are in predicted_label, predicted_probability"
    assert (said in notes(*words, "--out", out)) == (name != "a04_spam.csv")
    content = source.read_bytes()
    text = content.decode() if name != "b20_cp1252.csv" else content.decode("cp1252")
    end = "\r" if name == "b16_cr.csv" else "\n"
    before, after = text.split(end), out.read_bytes().decode().split(end)
    assert len(before) == len(after)
    added = []
    for old, new in zip(before, after, strict=True):
        if old == new:  # blank, or not of the table
            continue
        fields = new.removesuffix("\r").split(delimiter)
        added.append(fields[-2:])
        kept = delimiter.join(fields[:-2])
        assert kept == old.removesuffix("\r") or old.removesuffix("\r").rstrip(delimiter) == kept.rstrip(delimiter)
        assert new.endswith("\r") == old.endswith("\r")
    assert added[1:] == found and added[0][0].endswith("label")


def test_the_columns_are_named_by_options_and_their_absence_is_told(answers, fails):
    assert fails("predict", "run.h5", "--input", FILES / "a04_spam.csv", "--out", "answers.csv") == (
        f"{FILES / 'a04_spam.csv'}:1: no column `text` among v1, v2; give --text-column v2"
    )
    assert len(answers("--input", FILES / "a04_spam.csv", "--text-column", "2")) == 18


def test_without_a_header_no_row_is_taken_for_one(answers, here):
    words = ("--input", FILES / "a07_noheader.csv", "--header", "false", "--text-column", "2")
    found = answers(*words)
    answers(*words, "--out", "answers.csv")
    written, source = rows_of(here / "answers.csv"), rows_of(FILES / "a07_noheader.csv")
    assert written == [row + answer for row, answer in zip(source, found, strict=True)]


def test_marked_texts_of_a_model_that_is_not_of_relations_are_told_once(notes, here):
    said = [line for line in notes("--input", FILES / "e06_csv.csv", "--out", "answers.csv") if "<e1>" in line]
    problem = "<e1> marks an entity, but the model does not classify relations; it is read as any text"
    assert said == [f"{FILES / 'e06_csv.csv'}:2: {problem}"]
    (here / "lines").write_text("play\n<e1>a</e1> <e2>b</e2>\n<e1>c</e1>\n")
    assert [line for line in notes("--input", "lines") if "<e1>" in line] == [f"lines:2: {problem}"]


def test_marked_texts_in_a_table_get_the_answers_of_a_model_of_relations(works, fails, here, capsys):
    (here / "relations.edm").write_bytes(edm_bytes(random_model(NETWORKS["relations cnn"])))
    source = FILES / "e06_csv.csv"
    (here / "lines").write_text("\n".join(row[0] for row in rows_of(source)[1:]))
    printed = works("predict", "relations.edm", "--input", source)
    assert printed == works("predict", "relations.edm", "--input", "lines") != ""
    (here / "in.csv").write_text('n,text\n1,<e1>a</e1> <e2>b</e2>\n\n2,"two\nlines"\n')
    message = fails("predict", "relations.edm", "--input", "in.csv", "--out", "answers.csv", late=True)
    assert message == "in.csv:4: no <e1>; mark two entities, as <e1>...</e1> and <e2>...</e2>, once each"


# ---- more of the same kinds ----

TABLE = 'id,text\n1,"turn the ""lamp"" on"\n2,play a song\n'


def test_the_columns_of_top(answers, here):
    (here / "in.csv").write_text(TABLE)
    found = answers("--input", "in.csv", "--top", "2")
    assert all(float(first) >= float(second) and a != b for a, first, b, second in found)
    answers("--input", "in.csv", "--top", "2", "--out", "answers.csv")
    header, *rows = rows_of(here / "answers.csv")
    assert header == ["id", "text", "label", "probability", "label_2", "probability_2"]
    assert [row[2:] for row in rows] == found
    answers("--input", "in.csv", "--top", "9", "--out", "answers.jsonl")  # the model has two labels
    (first, _) = objects_of(here / "answers.jsonl")
    assert list(first) == header and first["text"] == 'turn the "lamp" on'
    assert [str(first["label"]), f"{first['probability_2']:.6f}"] == [found[0][0], found[0][3]]


def test_a_label_is_quoted_where_the_table_needs_it(few_texts, few_vectors, here, works):
    texts = few_texts.read_text().replace("__label__light ", "__label__a,b ")
    (here / "labelled.txt").write_text(texts)
    words = ("--vectors", "vectors.txt", "--out", "new.h5", "--dim", "4", "--filters", "5", "--epochs", "4")
    works("train", "--data", "labelled.txt", *words)
    (here / "in.csv").write_text("text\nturn the lamp on\n")
    works("predict", "new.h5", "--input", "in.csv", "--top", "2", "--out", "answers.csv")
    header, row = rows_of(here / "answers.csv")
    assert {row[1], row[3]} == {"a,b", "music"} and len(row) == len(header) == 5


def test_names_that_are_there_are_kept(notes, fails, here):
    (here / "in.csv").write_text("Text, PROBABILITY \nplay,sure\n")
    said = "in.csv: has the column PROBABILITY already; the answers are in predicted_label, predicted_probability"
    assert said in notes("--input", "in.csv", "--out", "answers.csv")
    assert rows_of(here / "answers.csv")[0] == ["Text", " PROBABILITY ", "predicted_label", "predicted_probability"]
    (here / "answers.csv").rename(here / "again.csv")
    late = fails("predict", "run.h5", "--input", "again.csv", "--out", "answers.csv")
    assert late == "again.csv: has the column predicted_label already; rename or remove it"


@pytest.mark.parametrize(("kind", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_json_becomes_a_table(answers, here, kind, delimiter):
    records = [{"text": "turn,\rit on", "n": 1, "tags": ["a", "b"]}, {"text": "play", "ok": True, "none": None}]
    (here / "in.jsonl").write_text("\n".join(map(json.dumps, records)))
    found = answers("--input", "in.jsonl")
    answers("--input", "in.jsonl", "--out", f"answers.{kind}")
    assert rows_of(here / f"answers.{kind}", delimiter) == [
        ["text", "n", "tags", "ok", "none", "label", "probability"],
        ["turn,\rit on", "1", '["a", "b"]', "", "", *found[0]],
        ["play", "", "", "true", "", *found[1]],
    ]


def test_json_stays_as_it_was(answers, here):
    records = [{"text": "turn \ud800 on", "n": 1e3}, {"text": "play ☕", "ok": None}]
    (here / "in.json").write_text(json.dumps(records))
    answers("--input", "in.json", "--out", "answers.json")
    answers("--input", "in.json", "--out", "answers.jsonl")
    found = json.loads((here / "answers.json").read_text())
    assert found == objects_of(here / "answers.jsonl")
    assert [{key: record[key] for key in given} for record, given in zip(found, records, strict=True)] == records
    assert "☕" in (here / "answers.json").read_text()


def test_what_only_json_can_hold_is_refused_elsewhere(fails, here):
    (here / "in.jsonl").write_text('{"text": "play"}\n{"text": "\\ud800"}\n')
    message = fails("predict", "run.h5", "--input", "in.jsonl", "--out", "answers.csv", late=True)
    assert message.startswith("answers.csv: a lone surrogate, which only JSON can hold, is in what is to be written")


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_excel_and_parquet(answers, fails, here, kind):
    if kind == "xlsx":
        book = pytest.importorskip("openpyxl", reason="needs the extra tables").Workbook()
        for row in (["id", "text", "ok"], [7, "turn\nit on", True], [8, "play", None]):
            book.active.append(row)
        book.save(here / "in.xlsx")
    else:
        pyarrow = pytest.importorskip("pyarrow", reason="needs the extra tables")
        from pyarrow import parquet

        columns = {"id": [7, 8], "text": ["turn\nit on", "play"], "ok": [True, None]}
        parquet.write_table(pyarrow.table(columns), here / "in.parquet")
    found = answers("--input", f"in.{kind}")
    answers("--input", f"in.{kind}", "--out", "answers.csv")
    assert rows_of(here / "answers.csv") == [
        ["id", "text", "ok", "label", "probability"],
        ["7", "turn\nit on", "true", *found[0]],
        ["8", "play", "", *found[1]],
    ]
    refused = fails("predict", "run.h5", "--input", f"in.{kind}", "--out", f"answers.{kind}")
    assert refused == f"answers.{kind}: no file of this kind is written; name it .csv, .tsv or .jsonl"


def test_lines_become_a_table_or_what_would_be_printed(answers, here):
    lines = b"turn it on\r\n\nplay, \xe9 \x80\n\0"
    (here / "lines").write_bytes(lines)
    found = answers("--input", "lines")
    assert answers("--input", "lines", "--out", "answers.csv") == answers("--input", "lines", "--out", "out") == []
    texts = ["turn it on", "", "play, é €", "\0"]
    assert rows_of(here / "answers.csv")[1:] == [[t, *a] for t, a in zip(texts, found, strict=True)]
    assert [line.split("\t") for line in (here / "out").read_text().splitlines()] == found


def test_json_beside_out_tells_the_counts(works, here):
    (here / "in.csv").write_text("text\nplay\nzzz\n")
    said = json.loads(works("predict", "run.h5", "--input", "in.csv", "--out", "answers.csv", "--json"))
    assert said == {"out": "answers.csv", "texts": 2, "without_known_word": 1}


def test_an_earlier_file_stays_where_a_row_is_not_sound(fails, here):
    (here / "in.jsonl").write_text('{"text": "play"}\n' * 3 + '{"text": ["play"]}\n')
    (here / "answers.jsonl").write_text("earlier")
    message = fails("predict", "run.h5", "--input", "in.jsonl", "--out", "answers.jsonl")
    assert message == "in.jsonl:4: the text is not a string but a list; write it as one string"


@pytest.mark.parametrize("name", ["in.csv", "run.h5"])
def test_what_is_read_is_not_overwritten(fails, here, name):
    (here / "in.csv").write_text(TABLE)
    message = fails("predict", "run.h5", "--input", "in.csv", "--out", name)
    assert message == f"{name}: is read and would be overwritten; choose another name for --out"


def test_options_make_a_table_of_any_name_and_of_standard_input(here):
    content = b"review|stars\nplay\xc3\xa9|3\nturn it on|4\n"
    (here / "reviews").write_bytes(content)
    words = ("predict", "run.h5", "--text-column", "review")
    of_file, of_stream = process(here, *words, "--input", "reviews"), process(here, *words, input=content)
    assert of_file.stdout == of_stream.stdout and of_file.stdout.count(b"\n") == 2
    assert of_stream.stderr.startswith(b"standard input: its fields are separated by bars\n")


@pytest.mark.parametrize("content", [b"", b"text\n", b"text"])
def test_a_table_without_rows(answers, here, content):
    (here / "in.csv").write_bytes(content)
    assert answers("--input", "in.csv") == answers("--input", "in.csv", "--out", "answers.csv") == []
    assert (here / "answers.csv").read_bytes() == content.replace(b"text", b"text,label,probability")


@pytest.mark.parametrize(
    ("codec", "mark"), [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"), ("utf-32", b""), ("utf-8-sig", b"")]
)
def test_texts_in_other_encodings(answers, notes, here, codec, mark):
    text = "turn it on\nplay é☕\n\nlamp"
    (here / "plain").write_text(text)
    (here / "other").write_bytes(mark + text.encode(codec))
    (here / "packed.txt.gz").write_bytes(gzip.compress((here / "other").read_bytes()))
    assert answers("--input", "other") == answers("--input", "packed.txt.gz") == answers("--input", "plain")
    assert notes("--input", "other")[0].startswith("other: read as UTF-") == (codec != "utf-8-sig")


def test_utf_16_without_its_mark_and_packed_standard_input_are_named(fails, here):
    (here / "other").write_bytes("turn it on\nplay\n".encode("utf-16-le"))
    assert "other: has NUL bytes as UTF-16LE without a byte order mark has them" in fails(
        "predict", "run.h5", "--input", "other"
    )
    found = process(here, "predict", "run.h5", input=gzip.compress(b"play\n"))
    assert (found.returncode, found.stdout) == (2, b"")
    assert found.stderr.startswith(b"embdistill: standard input: packed; unpack it on the way")


def test_half_a_character_of_utf_16_is_named_with_its_line(fails, here):
    (here / "other").write_bytes(b"\xff\xfe" + "turn it on\nplay".encode("utf-16-le")[:-1])
    before = files_in(here)
    message = fails("predict", "run.h5", "--input", "other", "--out", "answers.csv", late=True)
    assert message == "other:2: not UTF-16, though it begins so (truncated data); save it as UTF-8"
    assert files_in(here) == before


def test_a_zip_is_named_by_what_is_in_it(answers, here):
    (here / "in.csv").write_text(TABLE)
    with zipfile.ZipFile(here / "in.zip", "w") as packed:
        packed.write("in.csv")
    assert answers("--input", "in.zip") == answers("--input", "in.csv")
    assert answers("--input", "in.zip", "--out", "of_zip.csv") == answers("--input", "in.csv", "--out", "of_csv.csv")
    assert (here / "of_zip.csv").read_text() == (here / "of_csv.csv").read_text()


@pytest.mark.parametrize(
    ("name", "content", "words", "said"),
    [
        ("in.json", "play\n", [], "in.json:1: not JSON (Expecting value); write an object for each text"),
        ("in.parquet", "play\n", [], "in.parquet:1: no column `text` among play"),
        ("in.xls", "\u00d0\u00cf\u0011\u00e0", [], "in.xls: an old Excel or Word file"),
        ("in.jsonl", '{"text": "a"}\n', ["--delimiter", ";"], "--delimiter does not go with the format jsonl; omit it"),
        ("in.txt", '{"text": "a"}\n{"txt": "a"}\n', ["--text-column", "text"], 'in.txt:2: no "text" in the object'),
        ("in.csv", "text,n\na,1\nb\n", [], "in.csv:3: 1 fields under a header of 2"),
        ("in.csv", 'text,n\n"a,1\n', [], "in.csv:2: not a row of the table (a quotation mark opens a field and none"),
    ],
)
def test_what_is_no_table_is_named(fails, here, name, content, words, said):
    (here / name).write_bytes(content.encode("latin-1"))
    assert said in fails("predict", "run.h5", "--input", name, *words, "--out", "answers.csv")
