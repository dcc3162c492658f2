"""Rows of a table by number, alone or with their product."""

from numba import njit

from embdistill.kernels.machine.pieces import in_pieces
from embdistill.kernels.machine.simd import multiply


@njit(cache=True, nogil=True)
def gather_rows(out, table, rows):
    """Copy the rows of a table that belong to the words of a batch.

    Formula: out[u] = table[rows[u]].
    Shapes: out (U, d) float; table (V, d) float; rows (U,) int32 in 0..V-1.
    Writes: out.
    """
    for u in range(rows.shape[0]):
        source, sink = table[rows[u]], out[u]
        for j in range(sink.shape[0]):
            sink[j] = source[j]


@in_pieces()
def gather_matmul(product, out, table, rows, weight, piece, pieces):
    """Copy rows as gather_rows does, and multiply them by a weight while they are in the cache.

    Formula: out[u] = table[rows[u]]; product = out weight^T.
    Shapes: product (U, m), out (U, d), table (V, d), weight (m, d), C-contiguous float of one dtype; rows (U,) int32 in
        0..V-1; pieces: int, 1 or more, of the U rows.
    Writes: the rows of product and of out that belong to the piece.
    """
    first, end = rows.shape[0] * piece // pieces, rows.shape[0] * (piece + 1) // pieces
    gather_rows(out[first:end], table, rows[first:end])
    multiply(product[first:end], out[first:end], weight.T)
