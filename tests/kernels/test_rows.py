"""Rows of a table."""

import numpy as np
import pytest

import naive.rows
from embdistill.kernels.rows import gather_rows
from kernel_helpers import DTYPES, ROWS, normal


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [[0], [6, 0, 3], []], ids=str)
def test_gather_rows(rng, dtype, rows):
    table, rows = normal(rng, ROWS, 3, dtype=dtype), np.array(rows, np.int32)
    out = np.full((len(rows), 3), np.nan, dtype)
    gather_rows(out, table, rows)
    np.testing.assert_array_equal(out, naive.rows.gather_rows(table, rows).reshape(out.shape))
