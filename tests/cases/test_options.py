"""Settings that are not used, and options that cannot be meant."""

import pytest

from cli_helpers import COMPARE, SMALL, TRAIN, process


def test_settings_that_the_method_does_not_use_are_said(here, capsys):
    from embdistill.cli import main

    (here / "settings.toml").write_text("units = 7\n")
    words = ["--hidden", "3", "--temperature", "3", "--activation", "relu", "--config", "settings.toml"]
    assert main([*TRAIN, *SMALL, *words, "--out", "new.h5"]) == 0
    assert "not used by encode with cnn: --hidden, --temperature, --units\n" in capsys.readouterr().err
    assert main([*TRAIN, *SMALL, "--spellings", "3", "--correct", "false", "--out", "new.h5"]) == 0
    assert "not used by encode with cnn: --spellings\n" in capsys.readouterr().err
    assert main([*TRAIN, *SMALL, "--out", "new.h5"]) == 0
    assert "not used" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--methods", "encode,mystery"], "--methods mystery: 'mystery' is none of"),
        (["--methods", "pretrain"], "--methods pretrain: pretrain needs an encoder"),
        (["--dims", "4,3000000000"], "--dims 3000000000: must be at least 1"),
    ],
)
def test_compare_names_the_options_that_it_has(fails, words, said):
    assert fails(*COMPARE, *words).startswith(said)


@pytest.mark.parametrize("vectors", ["broken.txt", "vectors.txt"])
def test_a_hold_out_that_cannot_be_is_said_before_vectors_are_read(fails, here, vectors):
    (here / "broken.txt").write_text("lamp 1 2 3\nsong 1 2\n")
    (here / "two.txt").write_text("__label__a on\n__label__b off\n")
    (here / "single.txt").write_text("__label__a on\n" * 9 + "__label__b off\n")
    for words, said in {
        ("two.txt",): "too few training examples to hold out a dev part",
        ("two.txt", "--folds", "3"): "--folds 3: more than the 2 examples; give fewer folds",
        ("single.txt", "--folds", "3"): "--folds: all examples of class 'b' are in one fold; give more of them",
    }.items():
        found = fails("train", "--vectors", vectors, "--data", *words, late=True)  # behind a warning of them
        assert found.startswith(said)


def test_h_is_help(here):
    finished = process(here, "train", "-h")
    assert finished.returncode == 0 and b"--hidden" in finished.stderr + finished.stdout
    assert b"-h, --h" not in finished.stderr + finished.stdout
