"""Columns and keys of labelled tables, the options that name them, and what is no table."""

import json

import pytest

from corpus_helpers import rows
from embdistill.data.corpora import Layout, read_corpus
from embdistill.errors import UserError
from table_helpers import BASE, FILES, TABLE, notes, pairs, refusal


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
