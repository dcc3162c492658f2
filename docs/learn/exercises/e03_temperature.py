"""3. The gradient of the softened loss, and its factor T^2.

For one sentence, the teacher's part of the loss is L = T^2 CE(softmax(t / T), softmax(z / T)), where CE(p, q) is
the sum of -p log q. Write its gradient by z. Mind the powers of T: one T comes from z / T, and T^2 stands in front.

Read: derivations.md, softmax with temperature. In the project: kernels/losses.py, softened_cross_entropy (without
the factor), and embdistill/model/losses.py, soft_cross_entropy (with it).
"""

import numpy as np

from embdistill.kernels.losses import softened_cross_entropy


def soft_gradient(z, t, T):
    """dz (C) from the logits z (C) of the student and t (C) of the teacher, and the temperature T."""
    raise NotImplementedError


def test_as_the_kernel():
    rng = np.random.default_rng(3)
    for T in (0.5, 1.0, 4.0):
        z, t = rng.normal(size=(2, 5))
        expected = np.empty((1, 5))
        softened_cross_entropy(expected, z[None], t[None], T)
        np.testing.assert_allclose(soft_gradient(z, t, T), T**2 * expected[0])


def test_it_does_not_vanish_when_it_is_hot():
    """For large T it is (z - t) / C, if both have mean 0: the factor keeps its size at any temperature."""
    z, t = np.array([1.0, -2.0, 1.0]), np.array([0.0, 3.0, -3.0])
    np.testing.assert_allclose(soft_gradient(z, t, 1e4), (z - t) / 3, atol=1e-3)
