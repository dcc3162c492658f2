"""Adam, dense and by row."""

import numpy as np
import pytest

import naive.adam
from embdistill.kernels.adam import AdamStep, adam, adam_rows
from kernel_helpers import DTYPES, ROWS, close, normal


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("step", [1, 1000])
def test_adam(rng, dtype, step):
    values, mean, gradient = (normal(rng, 9, dtype=dtype) for _ in range(3))
    square = mean**2
    settings = (step, 0.01, 0.9, 0.999, 1e-8)
    ref = naive.adam.adam(values, mean, square, gradient, *settings)
    adam(values, mean, square, gradient, AdamStep(*settings))
    for comp, expected in zip((values, mean, square), ref, strict=True):
        close(comp, expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_adam_rows_moves_only_its_rows(rng, dtype):
    table, mean, square = normal(rng, ROWS, 3, dtype=dtype), np.zeros((ROWS, 3), dtype), np.zeros((ROWS, 3), dtype)
    before, rows, gradient = table.copy(), np.array([6, 0], np.int32), normal(rng, 2, 3, dtype=dtype)
    settings = (2, 0.01, 0.9, 0.999, 1e-8)
    adam_rows(table, mean, square, gradient, rows, AdamStep(*settings))
    for r in range(ROWS):
        if r in rows:
            ref = naive.adam.adam(before[r], np.zeros(3), np.zeros(3), gradient[list(rows).index(r)], *settings)
            close(table[r], ref[0].astype(dtype))
        else:
            np.testing.assert_array_equal(table[r], before[r])
            assert not mean[r].any() and not square[r].any()
