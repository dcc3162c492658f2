"""Labelled tables from the command line."""

import pytest

from embdistill.cli import main
from table_helpers import FILES


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
