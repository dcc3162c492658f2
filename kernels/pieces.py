"""Kernels that do one piece of their work a call, so that the pieces can be shared among Numba's threads.

The pieces follow from the shapes alone. So the result is the same, to the last byte, whatever the number of threads.
"""

from functools import update_wrapper
from types import FunctionType

from numba import njit, prange

MOST = 8

sharing = False  # whether the pieces go to several threads; embdistill.threads sets it
started = False  # whether that was ever so, and there are threads that a fork would not survive


class InPieces:
    """A kernel(..., piece, pieces) that is called as kernel(..., pieces) and does all of them.

    It is compiled once, and the loop around it, when first needed, for one thread or for several; the loop for one
    starts no threads. A kernel itself compiled with parallel=True would take four times as long to compile.
    """

    def __init__(self, kernel, **options):
        update_wrapper(self, kernel)
        self.piece = njit(cache=True, nogil=True, **options)(kernel)
        self.serial = njit(cache=True, nogil=True)(self._loop(_one_by_one))
        self.shared = njit(cache=True, nogil=True, parallel=True)(self._loop(_side_by_side))

    def _loop(self, form):
        """A loop over self.piece which Numba's cache takes for a function of the kernel's file, and so renews with it."""
        name = f"{self.__qualname__}{form.__name__}"
        code = form.__code__.replace(co_filename=self.__wrapped__.__code__.co_filename, co_name=name, co_qualname=name)
        loop = FunctionType(code, {"kernel": self.piece, "prange": prange}, name)
        loop.__module__ = self.__module__
        return loop

    def __call__(self, *arguments):
        *arrays, pieces = arguments
        return (self.shared if sharing and pieces > 1 else self.serial)(pieces, *arrays)


def _one_by_one(pieces, *arrays):
    for piece in range(pieces):
        kernel(*arrays, piece, pieces)  # noqa: F821


def _side_by_side(pieces, *arrays):
    for piece in prange(pieces):
        kernel(*arrays, piece, pieces)  # noqa: F821


def in_pieces(**options):
    """Decorator: make a kernel(..., piece, pieces) InPieces, with the options of njit."""
    return lambda kernel: InPieces(kernel, **options)


def pieces(rows: int, least: int) -> int:
    """How many pieces to cut `rows` rows into, each of at least `least`: a power of two, at most MOST."""
    count = 1
    while count < MOST and rows >= 2 * count * least:
        count *= 2
    return count
