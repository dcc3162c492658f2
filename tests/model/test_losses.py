"""The weights of the sentences in the loss."""

import numpy as np
import pytest

from embdistill.model.losses import sentence_weights


def test_no_weights():
    assert sentence_weights(np.array([0, 3, 3], np.int32), "none").tolist() == [1, 1, 1]


def test_balanced_weights():
    """n / (k n_c), of the classes that occur: here 2 of 4."""
    labels = np.array([3, 1, 3, 3], np.int32)
    assert sentence_weights(labels, "balanced").tolist() == [4 / 6, 4 / 2, 4 / 6, 4 / 6]


@pytest.mark.parametrize("classes", [1, 2, 50])
def test_balanced_classes_weigh_the_same(rng, classes):
    labels = (classes * rng.random(300) ** 3).astype(np.int32)
    weights = sentence_weights(labels, "balanced")
    sums = np.bincount(labels, weights)[np.unique(labels)]
    np.testing.assert_allclose(sums, 300 / len(sums))
    assert weights.mean() == pytest.approx(1)
