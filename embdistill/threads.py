"""Who owns the threads: Numba does, and BLAS has one (embdistill.cli sees to that).

BLAS with several threads adds up in an order that depends on their number, and its idle threads keep a core busy. Here
work is cut by its shape alone (embdistill.kernels.pieces), so that the result is the same to the last byte whatever the
number of threads.
"""

import numba
import numpy as np

from embdistill.errors import UserError
from embdistill.kernels import matmul as kernels
from embdistill.kernels import pieces as cut

ROWS = 96  # fewer rows to a piece are not worth handing over


def use_threads(count: int) -> None:
    """Share large pieces of work among `count` threads from now on; UserError if the machine has fewer."""
    if not 1 <= count <= numba.config.NUMBA_NUM_THREADS:
        raise UserError(f"--threads {count}: must be from 1 to {numba.config.NUMBA_NUM_THREADS}, the cores at hand")
    cut.sharing = count > 1
    if count > 1:
        numba.set_num_threads(count)


def matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out (m, n) = a (m, k) @ b (k, n), of one float dtype, out and a C-contiguous. Writes and returns out."""
    kernels.matmul(out, a, b, cut.pieces(len(a), ROWS))
    return out


def transposed_matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out (m, n) = a.T (m, k) @ b (k, n), of one float dtype, all C-contiguous. Writes and returns out."""
    kernels.transposed_matmul(out, a, b, cut.pieces(len(a), ROWS))
    return out
