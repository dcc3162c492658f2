"""6. Check a gradient by differences.

However a gradient was derived, it can be checked: move one number x a little, and see how the loss changes. The
central difference (loss(x + s) - loss(x - s)) / 2s is off by a multiple of s^2; the one-sided one by a multiple of
s, which is too coarse here. Leave the values as you found them.

Read: derivations.md, how to check a derivation. In the project: tests/gradient_check.py, check.
"""

import numpy as np


def differences(loss, values, step=1e-4):
    """The gradient of loss() by each number of values (any shape), which loss reads; values are put back."""
    raise NotImplementedError


def test_of_a_cube():
    values = np.array([[1.0, -2.0], [0.5, 3.0]])
    before = values.copy()
    found = differences(lambda: (values**3).sum(), values)
    np.testing.assert_allclose(found, 3 * before**2, atol=1e-6)
    np.testing.assert_array_equal(values, before)


def test_it_finds_a_wrong_gradient():
    values = np.random.default_rng(6).normal(size=5)
    found = differences(lambda: np.tanh(values).sum(), values)
    assert np.abs(found - (1 - np.tanh(values) ** 2)).max() < 1e-6
    assert np.abs(found - (1 - values**2)).max() > 1e-2
