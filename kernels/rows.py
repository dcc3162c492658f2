"""Rows of a table: the vectors of the words of a batch."""

from embdistill.kernels.machine.compiling import kernel


@kernel
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
