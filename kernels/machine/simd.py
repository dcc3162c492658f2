"""What kernels call in C, for the sake of sums that stay in vector registers (kernels/machine/simd.c).

In plain Python, and for anything but float32, it is NumPy or a plain loop. A compiled kernel knows the functions in C
by name: so it can be kept on disk, and finds them wherever they are loaded the next time.
"""

import inspect
from functools import partial

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import config, float32, int32, int64, types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic

from embdistill.kernels.machine import _simd

# Another for other arguments, or another meaning of them: compiled kernels on disk go on calling by name, and do not
# notice that this file or the functions change.
PREFIX = "embdistill1_"
CHUNK = 16  # filters that max_windows takes at a time, as in kernels/machine/simd.c
DTYPES = {"position": int32, "ids": int32, "offsets": int64, "firsts": int64}  # other arrays are float32

for name, address in list(_simd.addresses().values())[-1].items():
    llvmlite.binding.add_symbol(PREFIX + name, address)


def in_c(plain, others=None):
    """Decorator: in compiled kernels of float32, the function in C of the same name, which returns nothing.

    It takes whole numbers, and of each array the address of what Numba knows of it (numba/_arraystruct.h). others: what
    is compiled for other numbers, if not the function itself.
    """
    if config.DISABLE_JIT:
        return plain

    def check(arguments):
        written = arguments[0]
        wrong = not written.mutable or (written.ndim == 2 and written.layout == "F")
        for name, kind in zip(signature.parameters, arguments, strict=True):
            if isinstance(kind, types.Array):
                wrong |= kind.dtype != DTYPES.get(name, float32) or (kind.ndim == 1 and kind.layout != "C")
        if wrong:
            raise TypingError(f"{plain.__name__} in C does not take {', '.join(map(str, arguments))}")

    def generate(context, builder, signature, values):
        if signature.args[0].dtype != float32:
            return context.compile_internal(builder, others or plain, signature, values)
        given = [
            cgutils.alloca_once_value(builder, value)
            if isinstance(kind, types.Array)
            else context.cast(builder, value, kind, types.intp)
            for kind, value in zip(signature.args, values, strict=True)
        ]
        function = ir.FunctionType(ir.VoidType(), [value.type for value in given])
        builder.call(cgutils.get_or_insert_function(builder.module, function, PREFIX + plain.__name__), given)
        return context.get_dummy_value()

    def definition(typingctx, *arguments):
        if arguments[0].dtype == float32:
            check(arguments)
        return types.void(*arguments), generate

    context = inspect.Parameter("typingctx", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    signature = inspect.signature(plain)
    definition.__signature__ = signature.replace(parameters=[context, *signature.parameters.values()])
    definition.__name__, definition.__doc__, definition.__module__ = plain.__name__, plain.__doc__, plain.__module__
    return intrinsic(definition)


def _multiply_others(out, a, b):
    for i in range(out.shape[0]):
        row = out[i]
        row[:] = 0
        for k in range(a.shape[1]):
            row += a[i, k] * b[k]


@partial(in_c, others=_multiply_others)
def multiply(out, a, b):
    """Product of two matrices, any of which may be a transposed view.

    Formula: out = a b.
    Shapes: out (m, n), its rows contiguous, a (m, k), b (k, n), float of one dtype.
    Writes: out.
    """
    out[:] = a @ b


@in_c
def multiply_piece(out, a, b, piece, pieces):
    """A part of the rows of a product or, if it has more of them, of its columns.

    Formula, shapes: as in multiply; pieces: int, 1 or more; piece: int, below pieces.
    Writes: the rows or the columns of out that belong to the piece.
    """
    rows, columns = out.shape
    if rows >= columns:
        first, end = rows * piece // pieces, rows * (piece + 1) // pieces
        multiply(out[first:end], a[first:end], b)
    else:
        first, end = columns * piece // pieces, columns * (piece + 1) // pieces
        multiply(out[:, first:end], a, b[:, first:end])


@in_c
def max_windows(pooled, position, products, bias, ids, offsets, width):
    """Largest response of some filters in each sentence, after bias and ReLU, from the products of their taps.

    Formula: pooled[b, h] = max(0, bias[h] + max over t in -(width-1)..n-1 of the sum over i and f of
        products[ids[offsets[b] + t + i, f], CHUNK i + h]), what is outside the sentence of n tokens counting as 0;
        position[b, h] is the first such t, 0 for an empty sentence.
    Shapes: pooled (B, h) float and position (B, h) int32, columns of contiguous arrays with as many; h at most CHUNK;
        products (R, at least CHUNK width) float; bias (h,) float; ids (N, F) int32 in 0..R-1; offsets (B+1,) int64.
    Writes: pooled and position.
    """
    for b in range(pooled.shape[0]):
        tokens = ids[offsets[b] : offsets[b + 1]]
        length = tokens.shape[0]
        for h in range(pooled.shape[1]):
            best, place = bias.dtype.type(0 if length == 0 else -np.inf), 0
            for t in range(1 - width if length else 0, length):
                total = bias.dtype.type(0)
                for i in range(max(0, -t), min(width, length - t)):
                    for f in range(tokens.shape[1]):
                        total += products[tokens[t + i, f], CHUNK * i + h]
                if total > best:
                    best, place = total, t
            response = best + bias[h]
            pooled[b, h] = 0 if response < 0 else response
            position[b, h] = place


@in_c
def add_windows(dwindow, dtokens, window, tokens, steps, firsts):
    """Pass the gradient of a filter on to the windows of tokens that it saw, and to the filter.

    Formula: with s = steps[n] and f = firsts[n] of each n: dwindow = sum of s tokens[f:f + size];
        dtokens[f:f + size] += s window.
    Shapes: dwindow, window (size,), dtokens, tokens (T,), steps (n,), float of one dtype; firsts (n,) int64 in
        0..T - size; all contiguous.
    Writes: dwindow and dtokens.
    """
    size = len(window)
    dwindow[:] = 0
    for n in range(len(steps)):
        first = firsts[n]
        for j in range(size):
            dwindow[j] += steps[n] * tokens[first + j]
        for j in range(size):
            dtokens[first + j] += steps[n] * window[j]
