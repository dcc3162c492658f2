"""The functions in C that kernels call, with vectors of every length that this processor has."""

import ctypes

import numpy as np
import pytest

from embdistill.kernels import _products, products
from embdistill.kernels.products import CHUNK

ADDRESSES = _products.addresses()
POINTER, SIZE = ctypes.c_void_p, ctypes.c_ssize_t
ROWS = (0, 1, 2, 5, 6, 7, 11, 12, 13, 23, 24, 25, 63, 64, 70)  # about the tiles, and where packing begins
COLUMNS = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 50)  # about one vector and two
INNER = (0, 1, 2, 50, 255, 256, 257, 513)  # about one piece and two


def normal(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def arguments(matrix):
    return matrix.ctypes.data, *(stride // matrix.itemsize for stride in matrix.strides)


@pytest.mark.parametrize("lanes", ADDRESSES)
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)], ids=str)
@pytest.mark.parametrize("rows", ROWS)
def test_multiply(rng, lanes, transposed, rows):
    multiply = ctypes.CFUNCTYPE(None, POINTER, SIZE, *2 * (POINTER, SIZE, SIZE), SIZE, SIZE, SIZE)(
        ADDRESSES[lanes]["multiply"]
    )
    for columns in COLUMNS:
        for inner in INNER:
            a = normal(rng, inner, rows).T if transposed[0] else normal(rng, rows, inner)
            b = normal(rng, columns, inner).T if transposed[1] else normal(rng, inner, columns)
            room = np.full((rows + 2, columns + 40), np.nan, np.float32)  # what stands around out must stay
            out = room[1:-1, 20:-20]
            multiply(*arguments(out)[:2], *arguments(a), *arguments(b), rows, columns, inner)
            np.testing.assert_allclose(out, a.astype(np.float64) @ b, rtol=1e-4, atol=1e-4)
            out[:] = np.nan
            assert np.isnan(room).all()


@pytest.mark.parametrize("lanes", ADDRESSES)
def test_each_number_of_a_product_is_the_same_whatever_is_computed_with_it(rng, lanes):
    multiply = ctypes.CFUNCTYPE(None, POINTER, SIZE, *2 * (POINTER, SIZE, SIZE), SIZE, SIZE, SIZE)(
        ADDRESSES[lanes]["multiply"]
    )
    a, b = normal(rng, 100, 300), normal(rng, 300, 50)
    whole = np.empty((100, 50), np.float32)
    multiply(*arguments(whole)[:2], *arguments(a), *arguments(b), 100, 50, 300)
    for rows, columns in ((1, 50), (7, 3), (64, 17), (99, 49)):
        part = np.empty((rows, columns), np.float32)
        multiply(*arguments(part)[:2], *arguments(a[-rows:]), *arguments(b[:, -columns:]), rows, columns, 300)
        np.testing.assert_array_equal(part, whole[-rows:, -columns:])


@pytest.mark.parametrize("lanes", ADDRESSES)
@pytest.mark.parametrize("columns", [1, 7, 16])
@pytest.mark.parametrize("each", [1, 3])
def test_max_windows(rng, lanes, columns, each):
    max_windows = ctypes.CFUNCTYPE(
        None, POINTER, POINTER, SIZE, POINTER, SIZE, POINTER, POINTER, SIZE, POINTER, SIZE, SIZE, SIZE
    )(ADDRESSES[lanes]["max_windows"])
    offsets, width, rows = np.array([0, 3, 3, 4, 20]), 5, 9
    ids = rng.integers(0, rows, (offsets[-1], each), np.int32)
    all_products, bias = normal(rng, rows, width * CHUNK + 8), normal(rng, columns)
    refs, room = [], []
    for dtype in (np.float32, np.int32):
        room.append(np.full((4, columns + 5), -9, dtype))  # what stands around the columns must stay
        refs.append(room[-1].copy())
    products.max_windows(refs[0][:, 2:-3], refs[1][:, 2:-3], all_products, bias, ids, offsets, width)
    sinks = (array[:, 2:-3].ctypes.data for array in room)
    sources = (all_products.ctypes.data, all_products.shape[1], bias.ctypes.data, ids.ctypes.data, each)
    max_windows(*sinks, columns + 5, *sources, offsets.ctypes.data, 4, columns, width)
    np.testing.assert_allclose(room[0], refs[0], rtol=1e-5)
    np.testing.assert_array_equal(room[1], refs[1])


@pytest.mark.parametrize("lanes", ADDRESSES)
@pytest.mark.parametrize("count", [0, 1, 7])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 150, 257])
def test_add_windows(rng, lanes, count, size):
    add_windows = ctypes.CFUNCTYPE(None, *6 * (POINTER,), SIZE, SIZE)(ADDRESSES[lanes]["add_windows"])
    window, tokens, steps = normal(rng, size), normal(rng, size + 30), normal(rng, count)
    firsts = rng.integers(0, 31, count)
    dwindow, dtokens = np.full(size, np.nan, np.float32), normal(rng, size + 30)
    ref_window, ref_tokens = np.zeros(size), dtokens.astype(np.float64)
    for step, first in zip(steps, firsts, strict=True):
        ref_window += step * tokens[first : first + size].astype(np.float64)
        ref_tokens[first : first + size] += step * window
    add_windows(*(array.ctypes.data for array in (dwindow, dtokens, window, tokens, steps, firsts)), count, size)
    np.testing.assert_allclose(dwindow, ref_window, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(dtokens, ref_tokens, rtol=1e-4, atol=1e-5)
