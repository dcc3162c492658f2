"""Kernels that do one piece of their work a call, so that the pieces can be shared among Numba's threads.

The pieces follow from the shapes alone. So the result is the same, to the last byte, whatever the number of threads.
"""

from functools import update_wrapper
from types import FunctionType

import numpy as np
from numba import njit, prange

MOST = 8

sharing = False  # whether the pieces go to several threads; embdistill.threads sets it
started = False  # whether that was ever so, and there are threads that a fork would not survive


class InPieces:
    """A kernel(..., piece, pieces) that is called as kernel(..., pieces) and does all of them.

    The loop that shares the pieces among threads is compiled when first needed. It starts threads; the other does not.
    A kernel compiled with parallel=True itself would take several times as long to compile.
    """

    def __init__(self, kernel, **options):
        update_wrapper(self, kernel)
        self.piece = njit(cache=True, nogil=True, **options)(kernel)
        # The name and the file are for Numba's cache: what it keeps of this loop goes when the kernel's file changes.
        name = f"{kernel.__qualname__}_shared"
        code = _share.__code__.replace(co_filename=kernel.__code__.co_filename, co_name=name, co_qualname=name)
        share = FunctionType(code, {"kernel": self.piece, "prange": prange, "np": np}, name)
        share.__module__ = kernel.__module__
        self.share = njit(cache=True, nogil=True, parallel=True)(share)

    def __call__(self, *arguments):
        *arrays, pieces = arguments
        if sharing:
            self.share(pieces, *arrays)
        else:
            for piece in range(pieces):
                self.piece(*arrays, piece, pieces)


def _share(pieces, *arrays):
    for piece in prange(pieces):
        kernel(*arrays, np.int64(piece), pieces)  # noqa: F821  (prange counts without a sign: another signature)


def in_pieces(**options):
    """Decorator: make a kernel(..., piece, pieces) InPieces, with the options of njit."""
    return lambda kernel: InPieces(kernel, **options)


def pieces(rows: int, least: int) -> int:
    """How many pieces to cut `rows` rows into, each of at least `least`: a power of two, at most MOST."""
    count = 1
    while count < MOST and rows >= 2 * count * least:
        count *= 2
    return count
