"""Kernels whose work is cut into pieces, done one after the other or shared among Numba's threads.

The pieces follow from the shapes alone. So the result is the same, to the last byte, whatever the number of threads.
"""

from functools import update_wrapper
from types import FunctionType

from numba import njit

MOST = 8

sharing = False  # whether the pieces go to several threads; embdistill.threads sets it
started = False  # whether that was ever so, and there are threads that a fork would not survive


class InPieces:
    """A kernel with a loop over prange, compiled twice when first needed: for one thread, and for several.

    The first form starts no threads.
    """

    def __init__(self, kernel, **options):
        update_wrapper(self, kernel)
        self.serial = njit(cache=True, nogil=True, **options)(kernel)
        shared = FunctionType(kernel.__code__, kernel.__globals__, kernel.__name__)
        shared.__qualname__ = f"{kernel.__qualname__}_shared"  # the cache tells the two forms apart by it
        shared.__module__, shared.__doc__ = kernel.__module__, kernel.__doc__
        self.shared = njit(cache=True, nogil=True, parallel=True, **options)(shared)

    def __call__(self, *arguments):
        return (self.shared if sharing else self.serial)(*arguments)


def in_pieces(**options):
    """Decorator: compile a kernel as InPieces, with the options of njit."""
    return lambda kernel: InPieces(kernel, **options)


def pieces(rows: int, least: int) -> int:
    """How many pieces to cut `rows` rows into, each of at least `least`: a power of two, at most MOST."""
    count = 1
    while count < MOST and rows >= 2 * count * least:
        count *= 2
    return count
