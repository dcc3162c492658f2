"""The losses and their gradients."""

import numpy as np
import pytest

import naive.losses
from embdistill.kernels.losses import cross_entropy, softened_cross_entropy, softmax, squared_error
from kernel_helpers import DTYPES, close, normal


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1, 1e4, -1e4])
def test_softmax_and_cross_entropy(rng, dtype, scale):
    logits = (scale * rng.normal(size=(6, 4))).astype(dtype)
    logits[0] = scale  # all equal
    labels = np.array([0, 3, 1, 2, 3, 0], np.int32)
    out = np.empty_like(logits)
    softmax(out, logits)
    close(out, naive.losses.softmax(logits))
    assert np.isfinite(out).all()

    dlogits = np.empty_like(logits)
    for weights in (np.ones(6), np.array([0.1, 3, 1, 0, 20, 1])):
        loss = cross_entropy(dlogits, logits, labels, weights)
        ref_loss, ref_dlogits = naive.losses.cross_entropy(logits, labels, weights)
        assert loss == pytest.approx(ref_loss, rel=1e-6)
        np.testing.assert_allclose(dlogits, ref_dlogits, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1, 1e4, -1e4])
@pytest.mark.parametrize("temperature", [0.1, 1.0, 20.0])
def test_softened_cross_entropy(rng, dtype, scale, temperature):
    logits, teacher = (scale * normal(rng, 5, 4, dtype=np.float64) for _ in range(2))
    logits[0], teacher[1], logits[2] = scale, scale, teacher[2]  # all equal; student and teacher alike
    logits, teacher = logits.astype(dtype), teacher.astype(dtype)
    dlogits = np.full_like(logits, np.nan)
    loss = softened_cross_entropy(dlogits, logits, teacher, temperature)
    ref_loss, ref_dlogits = naive.losses.softened_cross_entropy(logits, teacher, temperature)
    assert loss == pytest.approx(ref_loss, rel=1e-6)
    np.testing.assert_allclose(dlogits, ref_dlogits, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1, 1e4])
def test_squared_error(rng, dtype, scale):
    logits, teacher = ((scale * normal(rng, 5, 4, dtype=np.float64)).astype(dtype) for _ in range(2))
    dlogits = np.full_like(logits, np.nan)
    loss = squared_error(dlogits, logits, teacher)
    ref_loss, ref_dlogits = naive.losses.squared_error(logits, teacher)
    assert loss == pytest.approx(ref_loss, rel=1e-6)
    np.testing.assert_allclose(dlogits, ref_dlogits, rtol=1e-5, atol=1e-6)
    assert squared_error(dlogits, teacher, teacher) == 0 and not dlogits.any()
