"""Sizes that no machine has."""

import gzip
import time

import pytest

from cli_helpers import COMPARE, TRAIN
from embdistill.data.corpora import lines

MANY = "1000000000"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*TRAIN, "--method", "encode+ensemble", "--teachers", MANY], f"--teachers {MANY}: must be at most 1000"),
        ([*TRAIN, "--threads", MANY], f"--threads {MANY}: must be from 1 to "),
        ([*TRAIN, "--folds", MANY], f"--folds {MANY}: more than the 40 examples; give fewer folds"),
        (
            [*TRAIN, "--folds", "9" * 6000],
            f"--folds {'9' * 36}: must be a whole number, at least 1, of at most 18 digits",
        ),
        ([*TRAIN, "--epochs", "9" * 6000], "--epochs 999"),
        ([*COMPARE, "--seeds", MANY], "6000000000 runs are asked for, and 100000 are the most"),
        ([*COMPARE, "--workers", MANY], f"--workers {MANY}: must be from 1 to "),
        ([*COMPARE, "--dims", MANY + "0"], f"--dims {MANY}0: must be at least 1, and below 2^31"),
        (["compare", *TRAIN[1:], "--out", "results", "--folds", MANY], "30000000000 runs are asked for"),
    ],
    ids=lambda value: value[-2] if isinstance(value, list) else "",
)
def test_absurd_sizes_are_a_line_each(fails, words, said):
    begun = time.process_time()
    assert fails(*words).startswith(said)
    assert time.process_time() - begun < 30  # before any work


def test_a_gzip_bomb_of_line_ends_as_vectors(fails, here):
    with gzip.open("bomb.gz", "wb", 9) as stream:
        stream.write((here / "vectors.txt").read_bytes())
        for _ in range(64):
            stream.write(b"\n" * (1 << 24))  # a gibibyte; a line at a time would take minutes
        stream.write(b"end\n")
    assert "bomb.gz:" in fails("vectors", "import", "bomb.gz", "--out", "new.h5")


def test_a_gzip_bomb_as_texts(fails, here, monkeypatch):
    monkeypatch.setattr(lines, "LARGEST", 1 << 26)
    with gzip.open("bomb.csv.gz", "wb", 9) as stream:
        stream.write(b"text,label\n")
        for _ in range(8):
            stream.write(b"\n" * (1 << 24))
    said = fails("train", "--data", "bomb.csv.gz", *TRAIN[3:])
    assert said == "bomb.csv.gz: holds more than 64 MiB of text; give fewer texts"
