"""The page of the frontier shows its results, and the bytes of a pruned TF-IDF model are those of its parts."""

import json

import numpy as np
import pytest

from learn_helpers import ROOT, load

PROGRAMS = ROOT / "benchmarks" / "programs"


@pytest.fixture
def program(monkeypatch):
    """A program of the benchmarks by its name."""
    monkeypatch.syspath_prepend(PROGRAMS)
    return lambda name: load(PROGRAMS / f"{name}.py")


def test_the_tables_are_those_of_the_results(program):
    frontier = program("frontier")
    results = json.loads(frontier.RESULTS.read_text())
    page = (ROOT / frontier.PAGE).read_text()
    assert frontier.table(results) in page
    assert frontier.settings_table(results) in page


def test_each_corpus_has_a_panel_of_the_figure(program, monkeypatch, tmp_path):
    pytest.importorskip("matplotlib", reason="the figure needs Matplotlib")
    frontier = program("frontier")
    monkeypatch.setattr(frontier, "FIGURE", tmp_path / "frontier.svg")
    rows = [{"size": 16384, "test": [90.0, 91.0]}, {"size": 32768, "test": [91.5, 91.5]}]
    frontier.draw({"corpora": {corpus: dict.fromkeys(frontier.TITLES, rows) for corpus in frontier.CORPORA}})
    assert (tmp_path / "frontier.svg").read_text().count('id="axes_') == len(frontier.CORPORA) + 1  # and the legend's


def test_no_model_is_larger_than_its_size(program):
    for models in json.loads(program("frontier").RESULTS.read_text())["corpora"].values():
        for rows in models.values():
            assert all(max(row["bytes"]) <= row["size"] for row in rows)


def test_the_bytes_of_terms_and_of_weights(program):
    rivals = program("frontier_rivals")
    letters = np.array([3, 4, 5])  # with a separator
    importance = np.array([[9.0, 1.0, 5.0], [8.0, 2.0, 7.0]])  # of 2 classes and 3 terms
    order, costs = rivals.by_terms(importance, letters)
    assert order.tolist() == [0, 2, 1]
    assert costs.tolist() == [3 + 1 + 2, 5 + 1 + 2, 4 + 1 + 2]  # the idf and a weight for each class
    order, costs = rivals.by_weights(importance, letters)
    assert order.tolist() == [0, 3, 5, 2, 4, 1]  # as flat indices
    assert costs.tolist() == [3 + 2 + 2, 2, 5 + 2 + 2, 2, 4 + 2 + 2, 2]
