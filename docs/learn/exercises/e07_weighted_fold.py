"""7. Fold a weight for each word.

Frequent words say little. Arora et al. (2017) weigh each word of a mean by a / (a + p), where p is its share of all
tokens in training. On a device this would cost a second table. But whatever depends on the word alone can be computed
before, and multiplied into its row. Write that table. A word that never occurred has the weight 1.

Read: walkthrough.md, step 12. In the project: Encoder.fold in embdistill/model/encoder.py (without weights).
"""

import numpy as np


def weighted_fold(W, b, phi, counts, a):
    """The table (V, d): a / (a + p) tanh(W phi + b); counts (V) int: how often each word occurs in training."""
    raise NotImplementedError


def test_the_weights():
    b = np.array([0.5])
    table = weighted_fold(np.zeros((1, 2)), b, np.ones((3, 2)), np.array([0, 1, 3]), a=0.25)
    np.testing.assert_allclose(table, np.tanh(0.5) * np.array([[1.0], [0.5], [0.25]]))


def test_a_plain_mean_of_the_table_is_the_weighted_mean():
    rng = np.random.default_rng(7)
    W, b, phi = rng.normal(size=(2, 4)), rng.normal(size=2), rng.normal(size=(5, 4))
    counts, ids = np.array([4, 0, 1, 7, 2]), [3, 3, 0]
    weights = [0.1 / (0.1 + counts[i] / counts.sum()) for i in ids]
    expected = sum(w * np.tanh(W @ phi[i] + b) for w, i in zip(weights, ids, strict=True)) / len(ids)
    np.testing.assert_allclose(weighted_fold(W, b, phi, counts, 0.1)[ids].mean(axis=0), expected)
