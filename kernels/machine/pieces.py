"""Kernels that do one piece of their work a call, so that the pieces can be shared among Numba's threads.

The pieces follow from the shapes alone. So the result is the same, to the last byte, whatever the number of threads.
"""

import zlib
from functools import update_wrapper

import numpy as np
from llvmlite import ir
from numba import config, njit, prange, typeof, types
from numba.core import cgutils
from numba.extending import intrinsic

MOST = 8
OTHER_TYPES = -1  # what start returns then

sharing = False  # whether the pieces go to several threads; embdistill.threads sets it
started = False  # whether that was ever so, and there are threads that a fork would not survive


class InPieces:
    """A kernel(..., piece, pieces) that is called as kernel(..., pieces) and does all of them."""

    def __init__(self, kernel, **options):
        update_wrapper(self, kernel)
        self.piece = njit(cache=True, nogil=True, **options)(kernel)
        self.compiled = {}  # for the dtype of the first array, the last addresses and digest that start needed

    def __call__(self, *arguments):
        *arrays, pieces = arguments
        if pieces == 1 or not sharing or config.DISABLE_JIT:
            for piece in range(pieces):
                self.piece(*arrays, piece, pieces)
            return
        dtype = arrays[0].dtype
        done = start(*self.compiled.get(dtype, (0, 0, 0)), pieces, *arrays)
        if done == OTHER_TYPES:
            argtypes = tuple(map(typeof, (*arrays, 0, pieces)))
            addresses = _address(self.piece, argtypes, types.void), _address(share, SHARED, types.int64)
            self.compiled[dtype] = (*addresses, _digest(argtypes))
            done = start(*self.compiled[dtype], pieces, *arrays)
        if done != pieces:  # kernels raise nothing, but they allocate
            raise MemoryError(f"in a piece of {self.__name__}")


@njit(cache=True, nogil=True)
def start(kernel, sharing_loop, digest, pieces, *arrays):
    """Share the pieces of a compiled kernel among threads. Returns how many were done without an error, or OTHER_TYPES,
    with nothing done, if its digest says that it takes other types.

    The kernel and the loop, share, are called through their addresses. Were they a part of this, Numba would compile
    them again for every kernel, and a loop that is shared takes it long.
    """
    if digest != digest_of((*arrays, np.int64(0), pieces)):
        return OTHER_TYPES
    return share_out(kernel, sharing_loop, pieces, arrays)


@njit(cache=True, nogil=True, parallel=True)
def share(function, given, pieces):
    """Call function(given, piece, pieces), both addresses, for all pieces. Returns the sum of what it returns."""
    done = 0
    for piece in prange(pieces):
        done += call(function, given, np.int64(piece), pieces)  # prange counts without a sign: another type
    return done


SHARED = (types.int64,) * 3  # the types of the arguments of share


def _address(kernel, argtypes, result):
    """Where the compiled kernel for these types is."""
    compiled = kernel.get_compile_result(result(*argtypes))
    return compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)


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
def call(typingctx, function, given, piece, pieces):
    """Call the function of whole numbers, to a whole number, at an address."""

    def generate(context, builder, signature, values):
        return builder.call(builder.inttoptr(values[0], _PIECE.as_pointer()), values[1:])

    return types.int64(types.int64, *SHARED), generate


_PIECE = ir.FunctionType(ir.IntType(64), [ir.IntType(64)] * 3)


@intrinsic
def share_out(typingctx, kernel, loop, pieces, arrays):
    """Call share, at the address `loop`, for the kernel at another: for each piece it calls kernel(*arrays, piece,
    pieces). Returns how many pieces were done without an error: raised in another thread, Numba would lose it."""
    argtypes = (*arrays.types, types.int64, types.int64)

    def generate(context, builder, signature, values):
        kernel, loop, pieces, arrays = values
        given = cgutils.alloca_once_value(builder, cgutils.pack_struct(builder, [kernel, arrays]))
        function = ir.Function(builder.module, _PIECE, f"{builder.function.name}.piece")
        function.linkage = "internal"
        do_piece(context, ir.IRBuilder(function.append_basic_block()), given.type, *function.args)
        addresses = [builder.ptrtoint(pointer, ir.IntType(64)) for pointer in (function, given)]
        shared = context.call_conv.get_function_type(types.int64, SHARED).as_pointer()
        pointer = builder.inttoptr(loop, shared)
        _, done = context.call_conv.call_function(builder, pointer, types.int64, SHARED, [*addresses, pieces])
        return done

    def do_piece(context, builder, given, address, piece, pieces):
        kernel, arrays = cgutils.unpack_tuple(builder, builder.load(builder.inttoptr(address, given)))
        pointer = builder.inttoptr(kernel, context.call_conv.get_function_type(types.none, argtypes).as_pointer())
        unpacked = (*cgutils.unpack_tuple(builder, arrays), piece, pieces)
        status, _ = context.call_conv.call_function(builder, pointer, types.none, argtypes, unpacked)
        builder.ret(builder.zext(status.is_ok, ir.IntType(64)))

    return types.int64(types.int64, types.int64, types.int64, arrays), generate


def in_pieces(**options):
    """Decorator: make a kernel(..., piece, pieces) InPieces, with the options of njit."""
    return lambda kernel: InPieces(kernel, **options)


def pieces(rows: int, least: int) -> int:
    """How many pieces to cut `rows` rows into, each of at least `least`: a power of two, at most MOST."""
    count = 1
    while count < MOST and rows >= 2 * count * least:
        count *= 2
    return count
