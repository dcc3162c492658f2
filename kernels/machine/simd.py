"""What kernels call in C (products.c, windows.c): loops whose sums have to stay in vector registers.

A kernel of float32 calls the function in C, by name, so that a compiled kernel can be kept on disk. For float64, in
which gradients are checked, it is a plain loop; in plain Python it is the function as it stands here.
"""

import llvmlite.binding
import numpy as np
from numba import float32
from numba.extending import overload

from embdistill.kernels.machine import _simd
from embdistill.kernels.machine.addresses import function_in_c

# Part of every name in C: change it with the arguments or the meaning of a function, so that no older _simd is called.
PREFIX = "embdistill3_"
FILTERS_AT_ONCE = 16  # filters at a time in max_windows, as in windows.c

llvmlite.binding.load_library_permanently(_simd.__file__)
_multiply, _max_windows, _add_windows = (
    function_in_c(PREFIX + name) for name in ("multiply", "max_windows", "add_windows")
)


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
        _multiply((out, a, b))

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
        0..R-1; offsets (B+1,) int64. All but pooled and argmax are contiguous.
    Writes: pooled and argmax. A NaN is never the largest; if all are NaN, pooled is 0.
    """
    for b in range(pooled.shape[0]):
        tokens = ids[offsets[b] : offsets[b + 1]]
        length = tokens.shape[0]
        for h in range(pooled.shape[1]):
            best, where = bias.dtype.type(0 if length == 0 else -np.inf), 0
            for t in range(1 - width if length else 0, length):
                total = bias.dtype.type(0)
                for i in range(max(0, -t), min(width, length - t)):
                    for s in range(tokens.shape[1]):
                        total += products[tokens[t + i, s], FILTERS_AT_ONCE * i + h]
                if total > best:
                    best, where = total, t
            response = best + bias[h]
            pooled[b, h] = 0 if response < 0 else response
            argmax[b, h] = where


@overload(max_windows)
def _compiled_max_windows(pooled, argmax, products, bias, ids, offsets, width):
    if pooled.dtype != float32:
        return max_windows
    if {array.layout for array in (products, bias, ids, offsets)} != {"C"}:
        return None

    def max_windows_in_c(pooled, argmax, products, bias, ids, offsets, width):
        _max_windows((pooled, argmax, products, bias, ids, offsets, width))

    return max_windows_in_c


def add_windows(dwindow, dtokens, window, tokens, factors, firsts):
    """Pass the gradient of a filter on to the windows of tokens that it saw, and to the filter.

    Formula: with s = factors[n] and f = firsts[n] of each n: dwindow = sum of s tokens[f:f + size];
        dtokens[f:f + size] += s window.
    Shapes: dwindow, window (size,), dtokens, tokens (T,), factors (n,), float of one dtype; firsts (n,) int64 in
        0..T - size; all contiguous.
    Writes: dwindow and dtokens.
    """
    size = len(window)
    dwindow[:] = 0
    for n in range(len(factors)):
        first = firsts[n]
        for j in range(size):
            dwindow[j] += factors[n] * tokens[first + j]
        for j in range(size):
            dtokens[first + j] += factors[n] * window[j]


@overload(add_windows)
def _compiled_add_windows(dwindow, dtokens, window, tokens, factors, firsts):
    if dwindow.dtype != float32:
        return add_windows
    if {array.layout for array in (dwindow, dtokens, window, tokens, factors, firsts)} != {"C"}:
        return None

    def add_windows_in_c(dwindow, dtokens, window, tokens, factors, firsts):
        _add_windows((dwindow, dtokens, window, tokens, factors, firsts))

    return add_windows_in_c
