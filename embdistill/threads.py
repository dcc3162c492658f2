"""Matrix products on threads of our own.

BLAS stays at one thread (embdistill.cli sees to it): with several it adds up in an order that depends on their number,
and its idle threads spin. A large product is cut into a fixed number of pieces instead, whatever the number of threads,
so the result is the same to the last byte.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

PIECES = 4
LARGE = 1 << 22  # multiply-adds from which on a product is cut

_pool: ThreadPoolExecutor | None = None


def use_threads(count: int) -> None:
    """Share large products among `count` threads from now on; 1 needs no pool."""
    global _pool
    _pool = ThreadPoolExecutor(count) if count > 1 else None


def matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out (m, n) = a (m, k) @ b (k, n). Writes and returns out. NumPy releases the GIL meanwhile."""
    rows = len(a)
    if rows < PIECES or a.size * b.shape[1] < LARGE:
        return np.matmul(a, b, out=out)
    cuts = [rows * i // PIECES for i in range(PIECES + 1)]

    def piece(i):
        np.matmul(a[cuts[i] : cuts[i + 1]], b, out=out[cuts[i] : cuts[i + 1]])

    for _ in (_pool.map if _pool else map)(piece, range(PIECES)):
        pass
    return out
