"""Benchmarks of kernels/losses.py."""

import numpy as np
import pytest

import naive.losses
from embdistill.kernels import losses
from timing_helpers import B, C, close, normal, timed


def test_softmax(benchmark, rng):
    logits, out = normal(rng, B, C), np.empty((B, C), np.float32)
    losses.softmax(out, logits)
    close(out, naive.losses.softmax(logits))
    timed(benchmark, losses.softmax, out, logits)


def test_cross_entropy(benchmark, rng):
    logits, dlogits, labels = normal(rng, B, C), np.empty((B, C), np.float32), rng.integers(0, C, B).astype(np.int32)
    weights = rng.random(B)
    loss = losses.cross_entropy(dlogits, logits, labels, weights)
    assert loss == pytest.approx(naive.losses.cross_entropy(logits, labels, weights)[0], rel=1e-5)
    timed(benchmark, losses.cross_entropy, dlogits, logits, labels, weights)


def test_softened_cross_entropy(benchmark, rng):
    logits, teacher, dlogits = normal(rng, B, C), normal(rng, B, C), np.empty((B, C), np.float32)
    loss = losses.softened_cross_entropy(dlogits, logits, teacher, 2.0)
    assert loss == pytest.approx(naive.losses.softened_cross_entropy(logits, teacher, 2.0)[0], rel=1e-5)
    timed(benchmark, losses.softened_cross_entropy, dlogits, logits, teacher, 2.0)


def test_squared_error(benchmark, rng):
    logits, teacher, dlogits = normal(rng, B, C), normal(rng, B, C), np.empty((B, C), np.float32)
    assert losses.squared_error(dlogits, logits, teacher) == pytest.approx(
        naive.losses.squared_error(logits, teacher)[0]
    )
    timed(benchmark, losses.squared_error, dlogits, logits, teacher)
