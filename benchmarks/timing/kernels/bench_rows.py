"""Benchmark of kernels/rows.py."""

import numpy as np

from embdistill.kernels import rows
from timing_helpers import D, U, V, normal, timed


def test_gather_rows(benchmark, rng):
    table, chosen, out = normal(rng, V, D), rng.integers(0, V, U).astype(np.int32), np.empty((U, D), np.float32)
    rows.gather_rows(out, table, chosen)
    np.testing.assert_array_equal(out, table[chosen])
    timed(benchmark, rows.gather_rows, out, table, chosen, idle=table.nbytes - out.nbytes)
