"""The curve: what no smaller candidate beats."""

from embdistill.export.budget import Candidate
from embdistill.searching.curve import figure, frontier
from embdistill.searching.search import Found


def candidate(flash, dev, typos=None):
    return Candidate("cnn", 10, 4, "int8", flash - 100, flash, 50, True, dev, 0.5, dev_typos=typos)


def test_candidates_that_no_smaller_one_beats():
    small, worse, large, equal = candidate(200, 80), candidate(300, 79), candidate(400, 85), candidate(500, 85)
    assert frontier([equal, worse, large, small], large) == [small, large]
    assert frontier([equal, worse, large, small], equal) == [small, large, equal]


def test_the_figure():
    considered = [candidate(200, 80.0, 70.0), candidate(400, 85.0, 75.0)]
    drawn = figure(Found(considered[1], None, b"", b"", 1000, considered), 450).decode()
    assert drawn.startswith("<?xml") and all(words in drawn for words in ("with typing errors", "--flash", "chosen"))
    closed = [candidate(200, 80.0), candidate(400, 85.0)]
    assert "typing" not in figure(Found(closed[1], None, b"", b"", 1000, closed), 450).decode()
