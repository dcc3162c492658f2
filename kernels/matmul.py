"""Matrix product in a fixed number of pieces, shared among Numba's threads."""

import numpy as np
from numba import njit, prange


@njit(cache=True, nogil=True)
def matmul(out, a, b, pieces):
    """What shared_matmul computes, to the last bit, on one thread, and without starting any other.

    Formula, shapes, writes: as there.
    """
    rows = a.shape[0]
    for p in range(pieces):
        first, end = rows * p // pieces, rows * (p + 1) // pieces
        np.dot(a[first:end], b, out[first:end])


@njit(cache=True, nogil=True, parallel=True)
def shared_matmul(out, a, b, pieces):
    """Product of two matrices; each piece of rows is one call of BLAS, which itself stays at one thread.

    Formula: out = a b.
    Shapes: out (m, n), a (m, k), C-contiguous; b (k, n), C- or Fortran-contiguous; all float of one dtype; pieces: int,
        1 or more. The result depends on pieces, in its last bits, but not on the number of threads.
    Writes: out.
    """
    rows = a.shape[0]
    for p in prange(pieces):
        first, end = rows * p // pieces, rows * (p + 1) // pieces
        np.dot(a[first:end], b, out[first:end])
