"""8. The gradient of max pooling.

Filter f gives the response r[t, f] at step t; pooled[f] is the largest over the steps. Only that one was passed on,
so only it gets a gradient. If several are equal, the first gets it all.

Read: derivations.md, max pooling. In the project: kernels/conv.py, conv_max_forward (argmax) and conv_max_backward.
"""

import numpy as np


def max_pooling_backward(dpooled, r):
    """dr (n, F) from dpooled (F) and the responses r (n, F)."""
    raise NotImplementedError


def test_by_hand():
    r = np.array([[1.0, 5.0, 2.0], [4.0, 3.0, 2.0], [0.0, 5.0, 1.0]])  # columns 1 and 2 have two equal largest ones
    dr = max_pooling_backward(np.array([10.0, 20.0, 30.0]), r)
    np.testing.assert_array_equal(dr, [[0.0, 20.0, 30.0], [10.0, 0.0, 0.0], [0.0, 0.0, 0.0]])


def test_by_differences():
    rng = np.random.default_rng(8)
    r, dpooled, step = rng.normal(size=(6, 4)), rng.normal(size=4), 1e-6
    dr = max_pooling_backward(dpooled, r)
    for place in np.ndindex(r.shape):
        moved = r.copy()
        moved[place] += step
        assert abs(dpooled @ (moved.max(axis=0) - r.max(axis=0)) / step - dr[place]) < 1e-6
