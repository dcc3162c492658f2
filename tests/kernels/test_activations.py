"""The activations, forward and backward."""

import numpy as np
import pytest

import naive.activations
from embdistill.kernels.activations import activate, activate_backward, tanh
from kernel_helpers import ACTIVATIONS, DTYPES, close, normal


@pytest.mark.parametrize("dtype", DTYPES)
def test_tanh(dtype):
    edges = [0, 1e-30, -1e-3, 0.3, -0.7, 1, 9, -20, 21, -1e4, np.inf, -np.inf, np.nan]
    values = np.concatenate([edges, np.linspace(-21, 21, 20_001)]).astype(dtype)
    comp = values.copy()
    tanh(comp)
    np.testing.assert_allclose(comp, naive.activations.tanh(values), rtol=6 * np.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1, 1e4])
@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("rows", [5, 0])
def test_activations(rng, dtype, scale, name, rows):
    values = (scale * normal(rng, rows, 3, dtype=np.float64)).astype(dtype)
    comp = values.copy()
    activate(comp, ACTIVATIONS[name])
    close(comp, naive.activations.activate(values, name))

    dvalues = normal(rng, rows, 3, dtype=dtype)
    ref = naive.activations.activate_backward(dvalues, comp, name)
    activate_backward(dvalues, comp, ACTIVATIONS[name])
    close(dvalues, ref)
