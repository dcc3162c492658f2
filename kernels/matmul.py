"""Matrix products in pieces, each one call of BLAS, which itself stays at one thread."""

import numpy as np

from embdistill.kernels.pieces import in_pieces


@in_pieces()
def matmul(out, a, b, piece, pieces):
    """Rows of a product of two matrices.

    Formula: out = a b.
    Shapes: out (m, n), a (m, k), b (k, n), C-contiguous float of one dtype; pieces: int, 1 or more, of the m rows. The
        result depends on pieces, in its last bits.
    Writes: the rows of out that belong to the piece.
    """
    first, end = a.shape[0] * piece // pieces, a.shape[0] * (piece + 1) // pieces
    np.dot(a[first:end], b, out[first:end])


@in_pieces()
def matmul_transposed(out, a, b, piece, pieces):
    """Rows of a product of a matrix and a transposed one, as of inputs and a weight.

    Formula: out = a b^T.
    Shapes: as in matmul, but b (n, k).
    Writes: the rows of out that belong to the piece.
    """
    first, end = a.shape[0] * piece // pieces, a.shape[0] * (piece + 1) // pieces
    np.dot(a[first:end], b.T, out[first:end])


@in_pieces()
def transposed_matmul(parts, a, b, piece, pieces):
    """A part of the product of a transposed matrix and another, as in the gradient of a weight.

    Formula: the sum of parts over the pieces is a^T b.
    Shapes: parts (pieces, m, n), a (k, m), b (k, n), C-contiguous; all float of one dtype; pieces: int, 1 or more, of
        the k rows.
    Writes: parts[piece].
    """
    first, end = a.shape[0] * piece // pieces, a.shape[0] * (piece + 1) // pieces
    np.dot(a[first:end].T, b[first:end], parts[piece])
