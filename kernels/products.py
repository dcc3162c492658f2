"""What kernels call in C: products of matrices, and what else needs its sums in vector registers (kernels/c/products.c).

In plain Python, and for anything but float32, they are NumPy's and plain loops. A compiled kernel knows the functions in
C by name; so it can be kept on disk, and finds them wherever they are loaded the next time.
"""

import llvmlite.binding
import numpy as np
from numba import float32, int64, types, void
from numba.extending import overload

from embdistill.kernels import _products

NAMES = ("embdistill_multiply", "embdistill_add_windows")  # another for other arguments: compiled kernels outlive these
FLOATS, SIZE = types.CPointer(float32), types.intp

for name, address in zip(NAMES, list(_products.addresses().values())[-1], strict=True):
    llvmlite.binding.add_symbol(name, address)

_multiply = types.ExternalFunction(NAMES[0], void(FLOATS, SIZE, *2 * (FLOATS, SIZE, SIZE), SIZE, SIZE, SIZE))
_add_windows = types.ExternalFunction(NAMES[1], void(*5 * (FLOATS,), types.CPointer(int64), SIZE, SIZE))


def multiply(out, a, b):
    """Product of two matrices, any of which may be a transposed view.

    Formula: out = a b.
    Shapes: out (m, n), its rows contiguous, a (m, k), b (k, n), float of one dtype.
    Writes: out.
    """
    out[:] = a @ b


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


@overload(multiply)
def _overload_multiply(out, a, b):
    if out.dtype != float32:
        return _multiply_others

    def compiled(out, a, b):
        _multiply(
            out.ctypes,
            out.strides[0] // out.itemsize,
            a.ctypes,
            a.strides[0] // a.itemsize,
            a.strides[1] // a.itemsize,
            b.ctypes,
            b.strides[0] // b.itemsize,
            b.strides[1] // b.itemsize,
            out.shape[0],
            out.shape[1],
            a.shape[1],
        )

    return compiled


def _multiply_others(out, a, b):
    for i in range(out.shape[0]):
        row = out[i]
        row[:] = 0
        for k in range(a.shape[1]):
            for j in range(row.shape[0]):
                row[j] += a[i, k] * b[k, j]


@overload(add_windows)
def _overload_add_windows(dwindow, dtokens, window, tokens, steps, firsts):
    if dwindow.dtype != float32:
        return add_windows

    def compiled(dwindow, dtokens, window, tokens, steps, firsts):
        _add_windows(
            dwindow.ctypes,
            dtokens.ctypes,
            window.ctypes,
            tokens.ctypes,
            steps.ctypes,
            firsts.ctypes,
            steps.shape[0],
            dwindow.shape[0],
        )

    return compiled
