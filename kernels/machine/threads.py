"""Who owns the threads: Numba does. NumPy's BLAS, of which little use is made, has one (embdistill.cli sees to that).

BLAS with several threads adds up in an order that depends on their number, and its idle threads keep a core busy. Here
work is cut by its shape alone (embdistill.kernels.machine.pieces), so that the result is the same to the last byte whatever the
number of threads.
"""

import math
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import numba
import numpy as np

from embdistill.errors import UserError
from embdistill.kernels import gather
from embdistill.kernels import matmul as kernels
from embdistill.kernels.machine import pieces as cut

ROWS = 96  # fewer rows to a piece are not worth handing over

_given = 1  # threads that the user gave us


def cores() -> int:
    """How many threads have something to do: the cores at hand, or as many as there are pieces."""
    return min(numba.config.NUMBA_NUM_THREADS, cut.MOST)


def use_threads(count: int) -> None:
    """Share large pieces of work among `count` threads from now on; UserError if the machine has fewer."""
    if not 1 <= count <= numba.config.NUMBA_NUM_THREADS:
        raise UserError(f"--threads {count}: must be from 1 to {numba.config.NUMBA_NUM_THREADS}, the cores at hand")
    global _given
    _given = count
    share()
    if count > 1:
        cut.started = True
        numba.set_num_threads(count)


def share() -> None:
    """Share work from now on, if there is more than one thread."""
    cut.sharing = _given > 1


class Pace:
    """Shares the work of steps among threads, as long as that is faster than one thread.

    It is not, where another program keeps the cores busy: then a step waits for pieces of which nobody is working, and
    may take many times as long. So the first steps are done by one thread; sharing that is slower than they were is
    left for a while, which doubles each time unless sharing has lasted meanwhile. Nothing but the time depends on it.
    """

    TRIALS, SHORTEST, LONGEST = 3, 32, 1024  # steps: those that tell how fast a way is, and a while

    def __init__(self):
        self.shared, self.steps, self.rest = False, 0, self.TRIALS
        self.recent = deque(maxlen=self.TRIALS)  # seconds a token of the last steps done in the present way
        self.alone = math.inf  # the shortest of them for one thread, when it was last tried

    @contextmanager
    def step(self, tokens: int) -> Iterator[None]:
        """Around one step of training over so many tokens."""
        if _given == 1:
            yield
            return
        cut.sharing = self.shared
        begun = time.perf_counter()
        yield
        self.recent.append((time.perf_counter() - begun) / max(tokens, 1))
        self.steps += 1
        if self.shared and self.steps >= self.TRIALS and min(self.recent) > self.alone:
            lasted = self.steps > 2 * self.SHORTEST
            self.rest = self.SHORTEST if lasted else min(max(2 * self.rest, self.SHORTEST), self.LONGEST)
            self._change()
        elif not self.shared and self.steps >= self.rest:
            self.alone = min(self.recent)
            self._change()

    def _change(self):
        self.shared, self.steps = not self.shared, 0
        self.recent.clear()


def matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out (m, n) = a (m, k) @ b (k, n), of one float dtype, all C-contiguous. Writes and returns out."""
    kernels.matmul(out, a, b, cut.pieces(max(out.shape), ROWS))
    return out


def matmul_transposed(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out (m, n) = a (m, k) @ b.T (k, n), of one float dtype, all C-contiguous. Writes and returns out."""
    kernels.matmul_transposed(out, a, b, cut.pieces(max(out.shape), ROWS))
    return out


def transposed_matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out (m, n) = a.T (m, k) @ b (k, n), of one float dtype, all C-contiguous. Writes and returns out."""
    kernels.transposed_matmul(out, a, b, cut.pieces(max(out.shape), ROWS))
    return out


def gather_matmul(table: np.ndarray, rows: np.ndarray, weight: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out (U, d) = table[rows], and the product (U, m) out @ weight.T; rows (U,) int32 of the table (V, d).

    Writes out, and returns the product. All of one float dtype and C-contiguous.
    """
    product = np.empty((len(rows), len(weight)), table.dtype)
    gather.gather_matmul(product, out, table, rows, weight, cut.pieces(len(rows), ROWS))
    return product
