"""The verb vectors plot."""

import json
import os
import sys

import pytest

from embdistill import load


def test_large_and_small_vectors_of_a_run(works, here):
    os.symlink(here / "vectors.txt", here / "other.txt")
    record = json.loads(works("vectors", "plot", "other.txt,run.h5", "--out", "figure.svg", "--json"))
    run = load("run.h5")
    assert record["classes"] == sorted(set(run.predict(run.vocabulary.words[1:])))
    assert record["words"] == len(run.vocabulary) - 1
    figure = (here / "figure.svg").read_text()
    assert ">other.txt: vectors, d = 8<" in figure and ">run.h5: small vectors, d = 4<" in figure
    assert (">speaks for<" in figure) == (len(record["classes"]) > 1)
    # The run names its vector file, which is where it was.
    assert "small vectors, d = 4" in works("vectors", "plot", "run.h5", "--out", "figure.png", "--count", "10")
    assert (here / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_vectors_without_a_run_have_no_classes(works, here):
    assert "7 words" in works("vectors", "plot", "vectors.txt,vectors.h5", "--out", "figure.svg", "--count", "7")
    assert "speaks for" not in (here / "figure.svg").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run.h5"], "--out is missing: must be a file named .svg, .png, .pdf"),
        (["run.h5", "--out", "figure.jpg"], "--out figure.jpg: must be a file named"),
        (["nothing.h5", "--out", "figure.svg"], "nothing.h5: cannot be read"),
        (["few.txt,run.h5", "--out", "figure.svg"], "few.txt, run.h5: have 1 words in common"),
        (["run.h5,vectors.txt", "--out", "vectors.svg/x.svg"], "vectors.svg/x.svg: "),
    ],
)
def test_mistakes(fails, here, words, message):
    (here / "few.txt").write_text("lamp 1 2\nxx 1 3\n")
    assert fails("vectors", "plot", *words).startswith(message)


def test_without_matplotlib(fails, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    message = fails("vectors", "plot", "vectors.txt,run.h5", "--out", "figure.svg")
    assert message == "vectors plot needs Matplotlib; pip install 'embdistill[plot]'"
