"""Benchmarks of kernels/adam.py."""

import numpy as np
import pytest

import naive.adam
from embdistill.kernels import adam
from timing_helpers import ADAM, U, V, close, d, normal, timed


@pytest.mark.parametrize("size", [1000, 100_000], ids="{} weights".format)
def test_adam(benchmark, rng, size):
    values, first, gradient = (normal(rng, size) for _ in range(3))
    second = first**2
    ref = naive.adam.adam(values, first, second, gradient, *ADAM)
    adam.adam(values, first, second, gradient, ADAM)
    close(values, ref[0])
    timed(benchmark, adam.adam, values, first, second, gradient, ADAM)


def test_adam_rows(benchmark, rng):
    table, gradient = normal(rng, V, d), normal(rng, U, d)
    first, second, chosen = np.zeros_like(table), np.zeros_like(table), rng.permutation(V)[:U].astype(np.int32)
    ref = naive.adam.adam(table[chosen[0]], first[chosen[0]], second[chosen[0]], gradient[0], *ADAM)
    adam.adam_rows(table, first, second, gradient, chosen, ADAM)
    close(table[chosen[0]], ref[0])
    idle = 3 * (table.nbytes - gradient.nbytes)
    timed(benchmark, adam.adam_rows, table, first, second, gradient, chosen, ADAM, idle=idle)
