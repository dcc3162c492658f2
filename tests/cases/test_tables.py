"""Labelled tables as people have them: rows of the table of cases."""

import pytest

from table_helpers import BASE, FILES, notes, pairs, read, refusal


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
