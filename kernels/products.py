"""What kernels call in C, for the sake of sums that stay in vector registers (kernels/c/products.c).

In plain Python, and for anything but float32, it is NumPy or a plain loop. A compiled kernel knows the functions in C
by name: so it can be kept on disk, and finds them wherever they are loaded the next time.
"""

import llvmlite.binding
import numpy as np
from numba import float32, int32, int64, types, void
from numba.extending import overload

from embdistill.kernels import _products

PREFIX = "embdistill1_"  # another for other arguments: compiled kernels on disk outlive the functions
CHUNK = 16  # filters that max_windows takes at a time, as in kernels/c/products.c

FLOATS, SIZE = types.CPointer(float32), types.intp
INT32S, INT64S = types.CPointer(int32), types.CPointer(int64)

for name, address in list(_products.addresses().values())[-1].items():
    llvmlite.binding.add_symbol(PREFIX + name, address)

_multiply = types.ExternalFunction(PREFIX + "multiply", void(FLOATS, SIZE, *2 * (FLOATS, SIZE, SIZE), SIZE, SIZE, SIZE))
_max_windows = types.ExternalFunction(
    PREFIX + "max_windows", void(FLOATS, INT32S, SIZE, FLOATS, SIZE, FLOATS, INT32S, SIZE, INT64S, SIZE, SIZE, SIZE)
)
_add_windows = types.ExternalFunction(PREFIX + "add_windows", void(*5 * (FLOATS,), INT64S, SIZE, SIZE))


def multiply(out, a, b):
    """Product of two matrices, any of which may be a transposed view.

    Formula: out = a b.
    Shapes: out (m, n), its rows contiguous, a (m, k), b (k, n), float of one dtype.
    Writes: out.
    """
    out[:] = a @ b


def max_windows(pooled, position, products, bias, ids, offsets, width):
    """Largest response of some filters in each sentence, after bias and ReLU, from the products of their taps.

    Formula: pooled[b, h] = max(0, bias[h] + max over t in -(width-1)..n-1 of the sum over i and f of
        products[ids[offsets[b] + t + i, f], CHUNK i + h]), what is outside the sentence of n tokens counting as 0;
        position[b, h] is the first such t, 0 for an empty sentence.
    Shapes: pooled (B, h) float and position (B, h) int32, columns of contiguous arrays with as many; h at most CHUNK;
        products (R, at least CHUNK width) float; bias (h,) float; ids (N, F) int32 in 0..R-1; offsets (B+1,) int64.
    Writes: pooled and position.
    """
    columns = pooled.shape[1]
    for b in range(pooled.shape[0]):
        tokens = ids[offsets[b] : offsets[b + 1]]
        length = tokens.shape[0]
        for h in range(columns):
            best, place = bias.dtype.type(0 if length == 0 else -np.inf), 0
            for t in range(1 - width if length else 0, length):
                total = bias.dtype.type(0)
                for i in range(max(0, -t), min(width, length - t)):
                    for f in range(tokens.shape[1]):
                        total += products[tokens[t + i, f], CHUNK * i + h]
                if total > best:
                    best, place = total, t
            pooled[b, h] = max(best + bias[h], 0)
            position[b, h] = place


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


@overload(max_windows)
def _overload_max_windows(pooled, position, products, bias, ids, offsets, width):
    if pooled.dtype != float32:
        return max_windows

    def compiled(pooled, position, products, bias, ids, offsets, width):
        _max_windows(
            pooled.ctypes,
            position.ctypes,
            pooled.strides[0] // pooled.itemsize,
            products.ctypes,
            products.shape[1],
            bias.ctypes,
            ids.ctypes,
            ids.shape[1],
            offsets.ctypes,
            pooled.shape[0],
            pooled.shape[1],
            width,
        )

    return compiled


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
