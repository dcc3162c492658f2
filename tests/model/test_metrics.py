import numpy as np
import pytest

import naive.metrics
from conftest import RELATIONS
from embdistill.model.metrics import Counts, confusion, confusions, count, macro_f1, per_class, relation_f1

NAMES = sorted([f"{relation}({order})" for relation in RELATIONS for order in ("e1,e2", "e2,e1")] + ["Other"])


def test_confusion():
    found = confusion(np.array([0, 2, 2, 1, 2], np.int32), np.array([0, 2, 1, 1, 1]), 4)
    assert found.dtype == np.int64
    assert found.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 2, 1, 0], [0, 0, 0, 0]]
    empty = np.zeros(0, np.int32)
    assert confusion(empty, empty, 2).tolist() == [[0, 0], [0, 0]]


def counts_of(matrix):
    """The counts that a confusion matrix has at its diagonal and edges."""
    matrix = np.asarray(matrix)
    return Counts(matrix.diagonal(), matrix.sum(axis=0), matrix.sum(axis=1))


@pytest.mark.parametrize("classes", [1, 2, 7])
def test_counts_and_confusions_are_those_of_the_matrix(rng, classes):
    labels, predicted = rng.integers(0, classes, (2, 200)).astype(np.int32)
    matrix = confusion(labels, predicted, classes + 1)  # the last class does not occur
    for found, expected in zip(count(labels, predicted, classes + 1), counts_of(matrix), strict=True):
        np.testing.assert_array_equal(found, expected)
    pairs = confusions(labels, predicted, classes + 1)
    assert [n for *_, n in pairs] == sorted((n for *_, n in pairs), reverse=True)
    np.fill_diagonal(matrix, 0)
    assert {(g, p): n for g, p, n in pairs} == {(g, p): matrix[g, p] for g, p in zip(*matrix.nonzero(), strict=True)}


def test_confusions_of_more_classes_than_a_matrix_could_have():
    labels, predicted = np.array([99_999, 5, 99_999, 7], np.int32), np.array([3, 5, 3, 99_998])
    assert confusions(labels, predicted, 100_000) == [(99_999, 3, 2), (7, 99_998, 1)]
    assert count(labels, predicted, 100_000).support[99_999] == 2


def test_per_class():
    """Class 1 is never predicted, class 2 has no gold example, class 3 neither."""
    found = per_class(counts_of([[3, 0, 1, 0], [2, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]))
    zero = {"precision": 0, "recall": 0, "f1": 0}
    assert found == [
        {"precision": pytest.approx(60), "recall": pytest.approx(75), "f1": pytest.approx(200 / 3), "support": 4},
        {**zero, "support": 2},
        {**zero, "support": 0},
        {**zero, "support": 0},
    ]
    assert {type(value) for scores in found for value in scores.values()} == {int, float}


def test_scores_agree(rng):
    """Over all classes, recall weighted by support is accuracy, and the mean F1 macro_f1."""
    labels, predicted = rng.integers(0, 5, (2, 300))
    scores = per_class(count(labels, predicted, 5))
    right = sum(score["recall"] * score["support"] for score in scores)
    assert right / 300 == pytest.approx(100 * np.mean(labels == predicted))
    assert np.mean([score["f1"] for score in scores]) == pytest.approx(macro_f1(labels, predicted))


# ---- the official score of SemEval-2010 task 8 ----


def _named(names, rows):
    """names: of the classes of a printed matrix; as a confusion matrix of all NAMES."""
    found = np.zeros((len(NAMES), len(NAMES)), np.int64)
    places = [NAMES.index(name) for name in names]
    found[np.ix_(places, places)] = rows
    return found


def test_relation_f1_of_the_scorers_first_sample():
    """result_scores1.txt beside SemEval's scorer 1.2: 64.09, and 54.49 were a direction a relation of its own.

    The matrix of all directions as printed there; the last column has the skipped examples too, which count as Other.
    """
    names = "C-E1 C-E2 C-W1 C-W2 C-C1 E-D1 E-O1 I-A2 M-C1 M-C2 M-T1 M-T2 P-P1 P-P2".split()
    full = {f"{relation[0]}-{relation.split('-')[1][0]}": relation for relation in RELATIONS}
    names = [f"{full[name[:3]]}({'e1,e2' if name[3] == '1' else 'e2,e1'})" for name in names] + ["Other"]
    rows = [
        [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 + 1],
        [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 + 1],
        [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 + 1],
        [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 + 1],
        [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0 + 1],
        [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 + 1],
        [0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1 + 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 + 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 + 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 4 + 1],
    ]
    assert round(relation_f1(names, counts_of(rows)), 2) == 64.09
    assert round(relation_f1(NAMES, counts_of(_named(names, rows))), 2) == 64.09  # with four classes that do not occur
    assert np.mean([score["f1"] for score in per_class(counts_of(rows))[:-1]]) == pytest.approx(54.49, abs=0.005)


def test_relation_f1_of_the_scorers_other_samples():
    """result_scores3.txt and result_scores5.txt beside SemEval's scorer 1.2, with their skipped examples as Other.

    In the first, Message-Topic has no gold example; there are six relations to average over, not seven. In the second
    Other has none.
    """
    names = ["Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)", "Component-Whole(e2,e1)", "Content-Container(e1,e2)"]
    names += ["Entity-Destination(e1,e2)", "Instrument-Agency(e2,e1)", "Member-Collection(e1,e2)"]
    names += ["Message-Topic(e1,e2)", "Other"]
    rows = [
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 1, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 1, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0, 0, 1, 1],
    ]
    assert round(relation_f1(names, counts_of(rows)), 2) == 11.11
    rows = [[1, 1, 1], [0, 1, 2], [0, 0, 0]]
    assert round(relation_f1([*names[:2], "Other"], counts_of(rows)), 2) == 44.44


def test_relation_f1_of_a_published_run():
    """README of github.com/unik00/textCNN-pytorch: the scorer's output for predictions of the test file, 79.05.

    Rows: gold relation; columns: predicted relation, or Other, or (last) the right relation in the wrong direction. To
    which of the two directions a mistake belongs is not printed, and does not count.
    """
    rows = [
        [296, 0, 0, 0, 9, 1, 0, 1, 2, 15, 4],
        [2, 209, 5, 3, 1, 9, 13, 5, 2, 32, 31],
        [0, 4, 160, 10, 2, 0, 0, 1, 0, 11, 4],
        [0, 2, 10, 260, 0, 0, 0, 2, 1, 16, 1],
        [2, 1, 0, 12, 221, 1, 0, 1, 3, 16, 1],
        [0, 4, 1, 2, 2, 101, 1, 3, 9, 31, 2],
        [0, 6, 0, 0, 2, 3, 195, 4, 2, 20, 1],
        [1, 2, 0, 2, 0, 0, 3, 228, 3, 19, 3],
        [4, 4, 2, 1, 9, 10, 0, 5, 167, 24, 5],
        [20, 25, 25, 25, 32, 20, 39, 39, 26, 203, 0],
    ]
    rng = np.random.default_rng(0)
    found = np.zeros((19, 19), np.int64)
    for r, row in enumerate(rows):
        for c, times in enumerate(row):
            for _ in range(times):
                gold = p = 18 if r == 9 else 2 * r + int(rng.integers(2))
                if c == 10:
                    p = gold ^ 1
                elif c != r:
                    p = 18 if c == 9 else 2 * c + int(rng.integers(2))
                found[gold, p] += 1
    names = [f"{relation}({order})" for relation in RELATIONS for order in ("e1,e2", "e2,e1")] + ["Other"]
    assert found.sum() == 2717 and found.trace() == 2040
    assert round(relation_f1(names, counts_of(found)), 2) == 79.05


@pytest.mark.parametrize("seed", range(20))
def test_relation_f1(seed):
    rng = np.random.default_rng(seed)
    names = [str(name) for name in rng.permutation(NAMES)[: rng.integers(1, 20)]]
    counts = rng.integers(0, 4, (len(names), len(names))) * (rng.random((len(names), len(names))) < 0.5)
    counts[rng.random(len(names)) < 0.3] = 0  # classes without gold examples
    assert relation_f1(names, counts_of(counts)) == pytest.approx(naive.metrics.relation_f1(names, counts))


def test_relation_f1_at_its_ends():
    names = ["A-B(e1,e2)", "A-B(e2,e1)", "Other"]
    assert relation_f1(names, counts_of(np.diag([3, 2, 4]))) == 100
    assert relation_f1(names, counts_of(np.diag([3, 2, 4])[[1, 0, 2]])) == 0  # all directions wrong
    assert relation_f1(names, counts_of(np.array([[0, 0, 3], [0, 0, 2], [0, 0, 4]]))) == 0
    assert (
        relation_f1(names, counts_of(np.array([[0, 0, 0], [0, 0, 0], [1, 0, 4]]))) == 0
    )  # no relation among the gold labels
