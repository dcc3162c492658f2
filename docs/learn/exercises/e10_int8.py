"""10. A table in bytes.

A row of float32 numbers takes 4 bytes a number. Store integers from -127 to 127 instead, and for each row one
scale, so that integer * scale is near the number: the scale is the largest magnitude of the row divided by 127.
Round to the nearest. A row of zeros has the integers 0 (and any scale that is finite).

In the project: embdistill/export/matrices.py, quantise (which stores the scales in a byte, too).
"""

import numpy as np


def quantise(table):
    """(integers (V, d) int8, scales (V) float32) of a table (V, d) float32."""
    raise NotImplementedError


def test_the_error_is_at_most_half_a_step():
    rng = np.random.default_rng(10)
    table = (rng.normal(size=(20, 8)) * 10.0 ** rng.integers(-3, 3, (20, 1))).astype(np.float32)
    integers, scales = quantise(table)
    assert integers.dtype == np.int8 and scales.dtype == np.float32
    np.testing.assert_array_equal(np.abs(integers.astype(int)).max(axis=1), 127)
    assert (np.abs(integers * scales[:, None] - table).max(axis=1) <= 0.501 * scales).all()


def test_a_row_of_zeros():
    integers, scales = quantise(np.array([[0.0, 0.0], [1.0, -2.0]], np.float32))
    np.testing.assert_array_equal(integers, [[0, 0], [64, -127]])
    assert np.isfinite(scales).all()
