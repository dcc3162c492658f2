"""Tables put together at random, written with answers: all that was there is there, and the answers are behind it."""

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from embdistill.data.answered import added_names, with_answers, written
from embdistill.data.corpora.layout import Layout
from embdistill.data.corpora.lines import Lines
from embdistill.data.corpora.unlabelled import read_unlabelled

NAMES = ["id", "text", "more"]
cells = st.text(st.sampled_from("ab é'\",;|\n\r"), max_size=8)
tables = st.lists(st.tuples(cells, cells, cells).map(list), max_size=6)
labels = st.sampled_from(["a", "b c", 'say "x"', "a,b", "a;b|"])


def labelled(rows, kind, **layout):
    """The texts that are read from a table in bytes, and the table with answers."""
    source = read_unlabelled(Lines(f"in.{kind}", rows, ""), Layout(**layout))
    texts = [text for _, text in source.texts()]
    added, _ = added_names("in", source.table.names or [], 1)
    answers = [[(f"{i}, \"'", i / 7)] for i in range(len(texts))]
    return texts, answers, lambda kind: "".join(with_answers(source, added, answers, kind))


@given(
    tables,
    st.sampled_from([",", ";", "|"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.booleans(),
)
def test_csv_is_copied(rows, delimiter, quoting, end, codec, header):
    buffer = io.StringIO()
    if "\r" in "".join(cell for row in rows for cell in row):  # csv.writer does not see that it needs quotation marks
        quoting = csv.QUOTE_ALL
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerows([NAMES, *rows])
    content = buffer.getvalue()
    if content.replace("\r\n", "\n").count("\r") > content.count("\n"):
        return  # read as a file whose lines end at CR
    layout = {} if header else {"header": "false", "text_column": "2", "delimiter": delimiter}
    texts, answers, write = labelled(content.encode(codec), "csv", **layout)
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    read = [row[1].replace("\r\n", "\n") for row in filled]
    assert texts == (read if header else ["text", *read])
    result = write("csv")
    assert result.startswith("\ufeff") == (codec != "utf-8")
    found = list(csv.reader(io.StringIO(result.lstrip("\ufeff"), newline=""), delimiter=delimiter))
    cells_of = iter([[label, f"{probability:.6f}"] for [(label, probability)] in answers])
    expected = [NAMES + (["label", "probability"] if header else next(cells_of))]
    expected += [row + (next(cells_of) if row in filled else []) for row in rows]
    assert found == expected


@given(tables)
def test_csv_becomes_json_and_tsv(rows):
    rows = [[cell.replace("\r", "") + "." for cell in row] for row in rows]  # CR: see above; no blank rows
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([NAMES, *rows])
    _, answers, write = labelled(buffer.getvalue().encode(), "csv")
    expected = [
        dict(zip(NAMES, row, strict=True)) | {"label": label, "probability": round(probability, 6)}
        for row, [(label, probability)] in zip(rows, answers, strict=True)
    ]
    assert [json.loads(line) for line in write("jsonl").splitlines()] == json.loads(write("json")) == expected
    found = list(csv.reader(io.StringIO(write("tsv"), newline=""), delimiter="\t"))
    assert found[0] == [*NAMES, "label", "probability"]
    assert [row[:3] for row in found[1:]] == rows


def test_empty_fields_behind_the_last_column_are_taken_off():
    content = b'text,id\nplay,1,\n"turn, it",2,"",\r\nlamp,3\n'
    texts, _, write = labelled(content, "csv")
    assert texts == ["play", "turn, it", "lamp"]
    answers = ['"0, ""\'",0.000000', '"1, ""\'",0.142857', '"2, ""\'",0.285714']
    assert write("csv") == (
        f'text,id,label,probability\nplay,1,{answers[0]}\n"turn, it",2,{answers[1]}\r\nlamp,3,{answers[2]}\n'
    )


def test_a_last_line_without_an_end_and_one_that_ends_at_cr():
    for end in (b"", b"\r", b"\r\n"):
        texts, _, write = labelled(b"text\r\nplay\r\nlamp" + end, "csv")
        assert texts == ["play", "lamp"]
        assert write("csv").endswith(f",0.142857{end.decode()}")


def test_a_file_of_cr_keeps_its_line_feeds():
    texts, _, write = labelled(b'text,n\r"turn\nit",1\rplay,2\rlamp,3\r', "csv")
    assert texts == ["turn\nit", "play", "lamp"]
    assert write("csv").startswith('text,n,label,probability\r"turn\nit",1,"0, ""\'",0.000000\rplay,2,')


def test_lines_as_json():
    found = "".join(written(["text"], ["label", "probability"], [(['a"b'], [("x", 0.25)])], "jsonl", "in"))
    assert json.loads(found) == {"text": 'a"b', "label": "x", "probability": 0.25}
