"""Kernels that do one piece of their work a call, so that the pieces can be shared among Numba's threads.

The pieces follow from the shapes alone. So the result is the same, to the last byte, whatever the number of threads.
"""

import zlib
from functools import update_wrapper

import numpy as np
from numba import config, njit, prange, typeof, types
from numba.core import cgutils
from numba.extending import intrinsic

MOST = 8
OTHER_TYPES = -1  # what share returns then

sharing = False  # whether the pieces go to several threads; embdistill.threads sets it
started = False  # whether that was ever so, and there are threads that a fork would not survive


class InPieces:
    """A kernel(..., piece, pieces) that is called as kernel(..., pieces) and does all of them."""

    def __init__(self, kernel, **options):
        update_wrapper(self, kernel)
        self.piece = njit(cache=True, nogil=True, **options)(kernel)
        self.compiled = {}  # for the dtype of the first array, the last address and digest that share needed

    def __call__(self, *arguments):
        *arrays, pieces = arguments
        if pieces == 1 or not sharing or config.DISABLE_JIT:
            for piece in range(pieces):
                self.piece(*arrays, piece, pieces)
            return
        dtype = arrays[0].dtype
        done = share(*self.compiled.get(dtype, (0, 0)), pieces, *arrays)
        if done == OTHER_TYPES:
            self.compiled[dtype] = self._compile((*arrays, 0, pieces))
            done = share(*self.compiled[dtype], pieces, *arrays)
        if done != pieces:  # kernels raise nothing, but they allocate
            raise MemoryError(f"in a piece of {self.__name__}")

    def _compile(self, arguments):
        argtypes = tuple(map(typeof, arguments))
        result = self.piece.get_compile_result(types.void(*argtypes))
        return result.library.get_pointer_to_function(result.fndesc.llvm_func_name), _digest(argtypes)


@njit(cache=True, nogil=True, parallel=True)
def share(address, digest, pieces, *arrays):
    """Share the pieces of a compiled kernel among threads. Returns how many were done without an error, or OTHER_TYPES,
    with nothing done, if its digest says that it takes other types.

    It is called through its address. Were it a part of this loop, Numba would compile it three times over.
    """
    if digest != digest_of((*arrays, np.int64(0), pieces)):
        return OTHER_TYPES
    done = 0
    for piece in prange(pieces):
        done += call(address, (*arrays, np.int64(piece), pieces))  # prange counts without a sign: another type
    return done


def _digest(argtypes):
    """A whole number for the types of arguments."""
    return zlib.crc32(str(argtypes).encode())


@intrinsic
def digest_of(typingctx, arguments):
    """The digest of the types of a tuple of arguments, known when the loop is compiled."""

    def generate(context, builder, signature, values):
        return context.get_constant(types.int64, _digest(arguments.types))

    return types.int64(arguments), generate


@intrinsic
def call(typingctx, address, arguments):
    """Call the compiled kernel at an address, which takes what the tuple holds and returns nothing.

    Returns 1, or 0 after an error: raised in another thread, Numba would lose it.
    """

    def generate(context, builder, signature, values):
        argtypes = arguments.types
        kernel = context.call_conv.get_function_type(types.none, argtypes).as_pointer()
        unpacked = cgutils.unpack_tuple(builder, values[1])
        pointer = builder.inttoptr(values[0], kernel)
        status, _ = context.call_conv.call_function(builder, pointer, types.none, argtypes, unpacked)
        return builder.zext(status.is_ok, context.get_value_type(types.int64))

    return types.int64(types.int64, arguments), generate


def in_pieces(**options):
    """Decorator: make a kernel(..., piece, pieces) InPieces, with the options of njit."""
    return lambda kernel: InPieces(kernel, **options)


def pieces(rows: int, least: int) -> int:
    """How many pieces to cut `rows` rows into, each of at least `least`: a power of two, at most MOST."""
    count = 1
    while count < MOST and rows >= 2 * count * least:
        count *= 2
    return count
