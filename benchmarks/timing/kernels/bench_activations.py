"""Benchmark of kernels/activations.py."""

import pytest

import naive.activations
from embdistill.kernels.activations import tanh
from timing_helpers import H, close, normal, timed


@pytest.mark.parametrize("size", [H, 4 * H], ids="{} values".format)
def test_tanh(benchmark, rng, size):
    values = normal(rng, size)
    ref = naive.activations.tanh(values)
    tanh(values)
    close(values, ref)
    timed(benchmark, tanh, values)
