"""Matrix products in pieces, each one call of BLAS, which itself stays at one thread."""

import numpy as np
from numba import prange

from embdistill.kernels.pieces import in_pieces


@in_pieces()
def matmul(out, a, b, pieces):
    """Product of two matrices.

    Formula: out = a b.
    Shapes: out (m, n), a (m, k), C-contiguous; b (k, n), C- or Fortran-contiguous; all float of one dtype; pieces: int,
        1 or more, of the m rows. The result depends on pieces, in its last bits.
    Writes: out.
    """
    rows = a.shape[0]
    for p in prange(pieces):
        first, end = rows * p // pieces, rows * (p + 1) // pieces
        np.dot(a[first:end], b, out[first:end])


@in_pieces()
def transposed_matmul(out, a, b, pieces):
    """Product of a transposed matrix and another, as in the gradient of a weight.

    Formula: out = a^T b.
    Shapes: out (m, n), a (k, m), b (k, n), C-contiguous; all float of one dtype; pieces: int, 1 or more, of the k rows.
        The result depends on pieces, in its last bits.
    Writes: out.
    """
    rows = a.shape[0]
    parts = np.empty((pieces, *out.shape), out.dtype)
    for p in prange(pieces):
        first, end = rows * p // pieces, rows * (p + 1) // pieces
        np.dot(a[first:end].T, b[first:end], parts[p])
    out[:] = parts[0]
    for p in range(1, pieces):
        out += parts[p]
