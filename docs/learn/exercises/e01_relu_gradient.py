"""1. The gradient of ReLU.

The hidden layer computes h = max(0, c), number by number. Given dh, the gradient of the loss by h, write dc, that
by c. You have h, but no longer c: it is enough. Where h is 0, the gradient is 0.

Read: walkthrough.md, step 8. In the project: kernels/activations.py, activate_backward.
"""

import numpy as np

from embdistill.kernels.activations import RELU, activate_backward


def relu_gradient(dh, h):
    """dc (B, H) from dh and h (B, H); dh stays as it is."""
    raise NotImplementedError


def test_by_hand():
    dh, h = np.array([[5.0, -2.0, 3.0]]), np.array([[0.0, 4.0, 0.1]])
    np.testing.assert_array_equal(relu_gradient(dh, h), [[0.0, -2.0, 3.0]])


def test_as_the_kernel():
    rng = np.random.default_rng(1)
    dh, h = rng.normal(size=(4, 6)), np.maximum(0, rng.normal(size=(4, 6)))
    expected = dh.copy()
    activate_backward(expected, h, RELU)
    np.testing.assert_allclose(relu_gradient(dh, h), expected)
