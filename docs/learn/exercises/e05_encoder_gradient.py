"""5. The gradient of the encoder.

e = tanh(W phi + b), for the U distinct words of a batch. Given de, the gradient of the small vectors, write dW and
db. First go back through tanh: its derivative can be had from e alone. Then W: which numbers did W[i, j] multiply?

Read: walkthrough.md, step 10. In the project: kernels/encode.py, encode_backward.
"""

import numpy as np

from embdistill.kernels.activations import TANH
from embdistill.kernels.encode import encode_backward


def encoder_gradient(de, e, phi):
    """(dW (d, D), db (d)) from de and e (U, d) and the large vectors phi (U, D)."""
    raise NotImplementedError


def test_by_hand():
    dW, db = encoder_gradient(np.array([[1.0], [2.0]]), np.array([[0.0], [0.5]]), np.array([[1.0, 3.0], [2.0, 0.0]]))
    np.testing.assert_allclose(dW, [[4.0, 3.0]])
    np.testing.assert_allclose(db, [2.5])


def test_as_the_kernel():
    rng = np.random.default_rng(5)
    de, e, phi = rng.normal(size=(6, 2)), np.tanh(rng.normal(size=(6, 2))), rng.normal(size=(6, 4))
    expected = np.empty((2, 4)), np.empty(2)
    encode_backward(*expected, de, e, phi, TANH, 1)
    for found, of_kernel in zip(encoder_gradient(de, e, phi), expected, strict=True):
        np.testing.assert_allclose(found, of_kernel)
