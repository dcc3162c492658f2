"""Who owns the threads: Numba does, and BLAS has one (embdistill.cli sees to that).

BLAS with several threads adds up in an order that depends on their number, and its idle threads keep a core busy. Here
work is cut by its shape alone (embdistill.kernels.pieces), so that the result is the same to the last byte whatever the
number of threads; so it may change while training.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numba
import numpy as np

from embdistill.errors import UserError
from embdistill.kernels import matmul as kernels
from embdistill.kernels import pieces as cut

ROWS = 96  # fewer rows to a piece are not worth handing over


def cores() -> int:
    """How many threads have something to do: the cores at hand, or as many as there are pieces."""
    return min(numba.config.NUMBA_NUM_THREADS, cut.MOST)


def use_threads(count: int) -> None:
    """Share large pieces of work among `count` threads from now on; UserError if the machine has fewer."""
    if not 1 <= count <= numba.config.NUMBA_NUM_THREADS:
        raise UserError(f"--threads {count}: must be from 1 to {numba.config.NUMBA_NUM_THREADS}, the cores at hand")
    cut.sharing = count > 1
    if count > 1:
        cut.started = True
        numba.set_num_threads(count)


class Pace:
    """Shares the work of steps among threads while that is faster than one thread.

    It is not where another program has the other cores: then one thread waits for pieces of which nobody is working.
    So now and then a few steps are done in both ways and timed. Nothing but the time depends on it.
    """

    PROBES, BLOCK = 3, 64  # steps in each way, of so many

    def __init__(self):
        self.steps = 0
        self.seconds = {True: 0.0, False: 0.0}  # the shortest step of each way, of the present block

    @contextmanager
    def step(self) -> Iterator[None]:
        """Within the block, one step of training is done in the way that is faster, or is to be timed."""
        if not cut.sharing:  # one thread was asked for
            yield
            return
        place = self.steps % self.BLOCK
        if place == 0:
            self.seconds = {True: float("inf"), False: float("inf")}
        probing = place < 2 * self.PROBES
        shared = place % 2 == 0 if probing else self.seconds[True] <= self.seconds[False]
        cut.sharing = shared
        begun = time.perf_counter()
        try:
            yield
        finally:
            cut.sharing = True
        self.steps += 1
        if probing:
            self.seconds[shared] = min(self.seconds[shared], time.perf_counter() - begun)


def matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out (m, n) = a (m, k) @ b (k, n), of one float dtype, out and a C-contiguous. Writes and returns out."""
    kernels.matmul(out, a, b, cut.pieces(len(a), ROWS))
    return out


def transposed_matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out (m, n) = a.T (m, k) @ b (k, n), of one float dtype, all C-contiguous. Writes and returns out."""
    kernels.transposed_matmul(out, a, b, cut.pieces(len(a), ROWS))
    return out
