"""Rows of a table by number."""

from numba import prange

from embdistill.kernels.pieces import in_pieces


@in_pieces()
def gather_rows(out, table, rows, pieces):
    """Copy the rows of a table that belong to the words of a batch.

    Formula: out[u] = table[rows[u]].
    Shapes: out (U, d) float; table (V, d) float; rows (U,) int32 in 0..V-1; pieces: int, 1 or more, of the U rows.
    Writes: out.
    """
    count = rows.shape[0]
    for p in prange(pieces):
        for u in range(count * p // pieces, count * (p + 1) // pieces):
            source = table[rows[u]]
            for j in range(out.shape[1]):
                out[u, j] = source[j]
