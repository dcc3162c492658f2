"""Who owns the threads: Numba does, and BLAS has one (embdistill.cli sees to that).

BLAS with several threads adds up in an order that depends on their number, and its idle threads keep a core busy. Here
a product is cut by its shape alone, so that the result is the same to the last byte whatever the number of threads.
"""

import numba
import numpy as np

from embdistill.errors import UserError
from embdistill.kernels import matmul as kernels

PIECE_ROWS = 96  # fewer rows to a piece are not worth handing over
MOST_PIECES = 8

_kernel = kernels.matmul  # one thread, and no pool of threads that a fork could not survive, unless more are asked for


def use_threads(count: int) -> None:
    """Share large products among `count` threads from now on; UserError if the machine has fewer."""
    if not 1 <= count <= numba.config.NUMBA_NUM_THREADS:
        raise UserError(f"--threads {count}: must be from 1 to {numba.config.NUMBA_NUM_THREADS}, the cores at hand")
    global _kernel
    _kernel = kernels.matmul
    if count > 1:
        numba.set_num_threads(count)
        _kernel = kernels.shared_matmul


def matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out (m, n) = a (m, k) @ b (k, n), of one float dtype, out and a C-contiguous. Writes and returns out."""
    _kernel(out, a, b, max(1, min(MOST_PIECES, len(a) // PIECE_ROWS)))
    return out
