"""Matrix products in pieces, each a part of the rows of the result or, if it has more of them, of its columns."""

from embdistill.kernels.machine.pieces import in_pieces
from embdistill.kernels.machine.simd import multiply_piece


@in_pieces()
def matmul(out, a, b, piece, pieces):
    """A product of two matrices.

    Formula: out = a b.
    Shapes: out (m, n), a (m, k), b (k, n), C-contiguous float of one dtype; pieces: int, 1 or more.
    Writes: the rows, or the columns if these are more, of out that belong to the piece.
    """
    multiply_piece(out, a, b, piece, pieces)


@in_pieces()
def matmul_transposed(out, a, b, piece, pieces):
    """A product of a matrix and a transposed one, as of inputs and a weight.

    Formula: out = a b^T.
    Shapes: as in matmul, but b (n, k).
    Writes: as in matmul.
    """
    multiply_piece(out, a, b.T, piece, pieces)


@in_pieces()
def transposed_matmul(out, a, b, piece, pieces):
    """A product of a transposed matrix and another, as in the gradient of a weight.

    Formula: out = a^T b.
    Shapes: as in matmul, but a (k, m).
    Writes: as in matmul.
    """
    multiply_piece(out, a.T, b, piece, pieces)
