"""Labelled texts that cannot be trained on: one line names them."""

import json
from itertools import chain

import pytest

from cli_helpers import SMALL, TRAIN


def test_the_files_that_the_mistakes_are_made_with_are_sound(works, here):
    """Without this, a mistake could pass for another."""
    works(*TRAIN, *SMALL, "--dev", "texts.txt", "--test", "texts.txt", "--vocab", "texts.txt", "--out", "new.h5")
    works(*TRAIN[:-1], "vectors.h5", *SMALL, "--out", "new.h5")
    works("evaluate", "new.h5", "--data", "texts.txt")
    works("vectors", "import", "vectors.txt", "--out", "imported.h5")


@pytest.mark.parametrize("option", ["data", "dev", "test"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.txt", b""),
        ("empty.csv", b""),
        ("blank.txt", b"\n\r\n \n"),
        ("header.csv", b"text,label\n"),
        ("mark.jsonl", b"\xef\xbb\xbf"),
    ],
)
def test_an_empty_corpus_is_named(fails, here, option, name, content):
    (here / name).write_bytes(content)
    given = {"--data": "texts.txt", "--vectors": "vectors.txt", f"--{option}": name}
    assert fails("train", *chain.from_iterable(given.items())).startswith(f"{name}: no examples in it")


@pytest.mark.parametrize("command", [["train", "--vectors", "vectors.txt"], ["evaluate", "run.h5"]], ids=" ".join)
def test_a_corpus_without_any_text_is_named(fails, here, command):
    (here / "empty.txt").write_bytes(b"")
    assert fails(*command, "--data", "empty.txt").startswith("empty.txt: no examples in it")


@pytest.mark.parametrize("part", ["dev", "test"])
def test_a_class_that_training_lacks_is_named_with_its_line(fails, here, part):
    (here / "part.txt").write_text("__label__light it is dark\n__label__music play\n\n__label__heating it is cold\n")
    problem = fails(*TRAIN, f"--{part}", "part.txt")
    assert problem.startswith("part.txt:4: class 'heating' is not in texts.txt")


def test_a_class_that_the_model_lacks_is_named_with_its_line(fails, here):
    (here / "part.txt").write_text("__label__light it is dark\n__label__heating it is cold\n")
    assert fails("evaluate", "run.h5", "--data", "part.txt").startswith("part.txt:2: class 'heating'")


def test_one_class_only_is_named(fails, here):
    (here / "one.txt").write_text("__label__light it is dark\n" * 20)
    assert fails("train", "--data", "one.txt", "--vectors", "vectors.txt").startswith(
        "one.txt: only one class, 'light'"
    )


def test_a_line_that_does_not_fit_the_format_is_named(fails, here):
    (here / "bad.txt").write_text("__label__light it is dark\n__label__music play\nit is cold\n")
    assert fails("train", "--data", "bad.txt", "--vectors", "vectors.txt").startswith("bad.txt:3: ")


def test_a_format_that_cannot_be_told_is_named(fails, here):
    (here / "plain.txt").write_text("it is cold\n")
    assert fails("train", "--data", "plain.txt", "--vectors", "vectors.txt").startswith("plain.txt:1: ")


@pytest.mark.parametrize("label", ["two\nlines", "tab\tbed"])
def test_a_label_that_would_not_fit_on_a_line_of_predict_is_named(fails, here, label):
    """predict prints `label TAB probability`, a text a line."""
    examples = [{"text": "it is dark", "label": "light"}, {"text": "play", "label": label}] * 10
    (here / "odd.jsonl").write_text("".join(json.dumps(example) + "\n" for example in examples))
    assert fails("train", "--data", "odd.jsonl", "--vectors", "vectors.txt", *SMALL).startswith("odd.jsonl:2: ")
