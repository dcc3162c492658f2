"""What kernels call in C (products.c, windows.c): loops whose sums have to stay in vector registers.

A kernel of float32 calls the function in C, by name, so that a compiled kernel can be kept on disk. For float64, in
which gradients are checked, it is a plain loop; in plain Python it is the function as it stands here.
"""

import llvmlite.binding
import numpy as np
from numba import float32, int32, int64, intp, types, void
from numba.extending import overload

from embdistill.kernels.machine import _simd

# Part of every name in C. Compiled kernels on disk do not notice that a function takes other arguments: change it then.
PREFIX = "embdistill2_"
FILTERS_AT_ONCE = 16  # filters at a time in max_windows, as in windows.c

llvmlite.binding.load_library_permanently(_simd.__file__)


def _in_c(name, *arguments):
    return types.ExternalFunction(PREFIX + name, void(*arguments))


_FLOATS, _INT32S, _INT64S = map(types.CPointer, (float32, int32, int64))
_multiply = _in_c("multiply", _FLOATS, intp, _FLOATS, intp, intp, _FLOATS, intp, intp, intp, intp, intp)
_max_windows = _in_c(
    "max_windows", _FLOATS, _INT32S, intp, _FLOATS, intp, _FLOATS, _INT32S, intp, _INT64S, intp, intp, intp
)
_add_windows = _in_c("add_windows", _FLOATS, _FLOATS, _FLOATS, _FLOATS, _FLOATS, _INT64S, intp, intp)


def multiply(out, a, b):
    """Product of two matrices, either of which may be a transposed view.

    Formula: out = a b.
    Shapes: out (m, n), its rows contiguous; a (m, k), b (k, n); float of one dtype.
    Writes: out.
    """
    out[:] = a @ b


@overload(multiply)
def _compiled_multiply(out, a, b):
    if not (out.mutable and out.dtype == a.dtype == b.dtype) or out.layout == "F":
        return None  # a typing error where the kernel is compiled
    if out.dtype != float32:
        return _multiply_plainly

    def multiply_in_c(out, a, b):
        size = out.itemsize
        _multiply(
            out.ctypes, out.strides[0] // size, a.ctypes, a.strides[0] // size, a.strides[1] // size, b.ctypes,
            b.strides[0] // size, b.strides[1] // size, out.shape[0], out.shape[1], a.shape[1],
        )  # fmt: skip

    return multiply_in_c


def _multiply_plainly(out, a, b):
    for i in range(out.shape[0]):
        row = out[i]
        row[:] = 0
        for k in range(a.shape[1]):
            row += a[i, k] * b[k]


def max_windows(pooled, argmax, products, bias, ids, offsets, width):
    """Largest response of some filters in each sentence, after bias and ReLU, from the products of their taps.

    Formula: pooled[b, h] = max(0, bias[h] + max over t in -(width-1)..n-1 of the sum over i and s of
        products[ids[offsets[b] + t + i, s], FILTERS_AT_ONCE i + h]), what is outside the sentence of n tokens counting
        as 0; argmax[b, h] is the first such t, 0 for an empty sentence.
    Shapes: pooled (B, h) float and argmax (B, h) int32, columns of contiguous arrays of one shape; h at most
        FILTERS_AT_ONCE; products (R, at least FILTERS_AT_ONCE width) float; bias (h,) float; ids (N, S) int32 in
        0..R-1; offsets (B+1,) int64.
    Writes: pooled and argmax.
    """
    for b in range(pooled.shape[0]):
        tokens = ids[offsets[b] : offsets[b + 1]]
        length = tokens.shape[0]
        for h in range(pooled.shape[1]):
            best, where = bias.dtype.type(0 if length == 0 else -np.inf), 0
            for t in range(1 - width if length else 0, length):
                total = bias.dtype.type(0)
                for i in range(max(0, -t), min(width, length - t)):
                    for f in range(tokens.shape[1]):
                        total += products[tokens[t + i, f], FILTERS_AT_ONCE * i + h]
                if total > best:
                    best, where = total, t
            response = best + bias[h]
            pooled[b, h] = 0 if response < 0 else response
            argmax[b, h] = where


@overload(max_windows)
def _compiled_max_windows(pooled, argmax, products, bias, ids, offsets, width):
    if pooled.dtype != float32:
        return max_windows

    def max_windows_in_c(pooled, argmax, products, bias, ids, offsets, width):
        _max_windows(
            pooled.ctypes, argmax.ctypes, pooled.strides[0] // pooled.itemsize, products.ctypes, products.shape[1],
            bias.ctypes, ids.ctypes, ids.shape[1], offsets.ctypes, pooled.shape[0], pooled.shape[1], width,
        )  # fmt: skip

    return max_windows_in_c


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


@overload(add_windows)
def _compiled_add_windows(dwindow, dtokens, window, tokens, steps, firsts):
    if dwindow.dtype != float32:
        return add_windows

    def add_windows_in_c(dwindow, dtokens, window, tokens, steps, firsts):
        _add_windows(
            dwindow.ctypes, dtokens.ctypes, window.ctypes, tokens.ctypes, steps.ctypes, firsts.ctypes, len(steps),
            len(window),
        )  # fmt: skip

    return add_windows_in_c
