"""4. The gradient of the mean, on packed sentences.

Sentences stand one after the other in ids: sentence b is ids[offsets[b]:offsets[b + 1]]. Its mean is the sum of
e[i] over its ids i, divided by its length; the mean of an empty sentence is 0. Given dm, write de: each token
passes on its share to the row of its word, and a word that occurs twice gets two shares. (In NumPy, de[ids] +=
share does not do that. Try.)

Read: walkthrough.md, step 9. In the project: kernels/mean.py, mean_backward.
"""

import numpy as np

from embdistill.kernels import mean


def mean_backward(dm, ids, offsets, words):
    """de (words, d) from dm (B, d), ids (N) and offsets (B + 1)."""
    raise NotImplementedError


def test_by_hand():
    de = mean_backward(np.array([[3.0]]), np.array([0, 0, 2]), np.array([0, 3]), 3)
    np.testing.assert_allclose(de, [[2.0], [0.0], [1.0]])


def test_as_the_kernel():
    ids, offsets = np.array([1, 1, 3, 0, 3, 3, 3], np.int32), np.array([0, 3, 3, 7])  # the second sentence is empty
    dm, expected = np.random.default_rng(4).normal(size=(3, 2)), np.empty((5, 2))
    mean.mean_backward(expected, dm, ids, offsets)
    np.testing.assert_allclose(mean_backward(dm, ids, offsets, 5), expected)
