"""The functions in C that kernels call, through a kernel, against plain loops."""

import numpy as np
import pytest
from numba import config, njit
from numba.core.errors import TypingError

import naive.conv
from embdistill.kernels.machine import simd
from embdistill.kernels.machine.simd import FILTERS_AT_ONCE

ROWS = (0, 1, 2, 5, 6, 7, 11, 12, 13, 23, 24, 25, 63, 64, 70)  # about the tiles, and where packing begins
COLUMNS = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 50)  # about one vector and two
INNER = (0, 1, 2, 50, 255, 256, 257, 513)  # about one slice and two

pytestmark = pytest.mark.filterwarnings("ignore:np.*faster on contiguous")


@njit
def multiply(out, a, b):
    simd.multiply(out, a, b)


@njit
def max_windows(pooled, argmax, products, bias, ids, offsets, width):
    simd.max_windows(pooled, argmax, products, bias, ids, offsets, width)


@njit
def add_windows(dwindow, dtokens, window, tokens, steps, firsts):
    simd.add_windows(dwindow, dtokens, window, tokens, steps, firsts)


def normal(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)], ids=str)
@pytest.mark.parametrize("rows", ROWS)
def test_multiply(rng, transposed, rows):
    for columns in COLUMNS:
        for inner in INNER:
            a = normal(rng, inner, rows).T if transposed[0] else normal(rng, rows, inner)
            b = normal(rng, columns, inner).T if transposed[1] else normal(rng, inner, columns)
            room = np.full((rows + 2, columns + 40), np.nan, np.float32)  # what stands around out must stay
            out = room[1:-1, 20:-20]
            multiply(out, a, b)
            np.testing.assert_allclose(out, a.astype(np.float64) @ b, rtol=1e-4, atol=1e-4)
            out[:] = np.nan
            assert np.isnan(room).all()


@pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is called in C")
def test_each_number_of_a_product_is_the_same_whatever_is_computed_with_it(rng):
    a, b = normal(rng, 100, 300), normal(rng, 300, 50)
    whole = np.empty((100, 50), np.float32)
    multiply(whole, a, b)
    for rows, columns in ((1, 50), (7, 3), (64, 17), (99, 49)):
        part = np.empty((rows, columns), np.float32)
        multiply(part, a[-rows:], b[:, -columns:])
        np.testing.assert_array_equal(part, whole[-rows:, -columns:])


@pytest.mark.parametrize("columns", [1, 7, 16])
@pytest.mark.parametrize("each", [1, 3])
def test_max_windows(rng, columns, each):
    offsets, width, rows = np.array([0, 3, 3, 4, 20], np.int64), 5, 9
    ids = rng.integers(0, rows, (offsets[-1], each), np.int32)
    products, bias = normal(rng, rows, width * FILTERS_AT_ONCE), normal(rng, columns)
    taps = products.reshape(rows, width, FILTERS_AT_ONCE)[:, :, :columns]
    ref_pooled, ref_argmax = naive.conv.conv_max_forward(taps, bias, ids, offsets, (width,))
    room = [np.full((4, columns + 5), -9, dtype) for dtype in (np.float32, np.int32)]
    pooled, argmax = (array[:, 2:-3] for array in room)
    max_windows(pooled, argmax, products, bias, ids, offsets, width)
    np.testing.assert_allclose(pooled, ref_pooled, rtol=1e-5)
    np.testing.assert_array_equal(argmax, ref_argmax)
    pooled[:], argmax[:] = -9, -9
    assert all((array == -9).all() for array in room)  # what stands around the columns


@pytest.mark.parametrize("count", [0, 1, 7])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 150, 257])
def test_add_windows(rng, count, size):
    window, tokens, steps = normal(rng, size), normal(rng, size + 30), normal(rng, count)
    firsts = rng.integers(0, 31, count, np.int64)
    dwindow, dtokens = np.full(size, np.nan, np.float32), normal(rng, size + 30)
    ref_window, ref_tokens = np.zeros(size), dtokens.astype(np.float64)
    for step, first in zip(steps, firsts, strict=True):
        ref_window += step * tokens[first : first + size].astype(np.float64)
        ref_tokens[first : first + size] += step * window
    add_windows(dwindow, dtokens, window, tokens, steps, firsts)
    np.testing.assert_allclose(dwindow, ref_window, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(dtokens, ref_tokens, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is called in C")
def test_what_c_would_read_wrongly_is_refused_when_a_kernel_is_compiled():
    good, frozen = np.zeros((4, 3), np.float32), np.zeros((4, 3), np.float32)
    frozen.flags.writeable = False
    a, b = np.ones((4, 2), np.float32), np.ones((2, 3), np.float32)
    multiply(good, a, b)
    np.testing.assert_array_equal(good, 2)
    for out, left in ((np.zeros((3, 4), np.float32).T, a), (frozen, a), (good, a.astype(np.float64))):
        with pytest.raises(TypingError):
            multiply(out, left, b)
    ids, offsets = np.zeros((8, 1), np.int32), np.array([0, 4], np.int64)
    with pytest.raises(TypingError):  # every second id
        max_windows(good, np.zeros((4, 3), np.int32), np.zeros((9, 16), np.float32), good[0], ids[::2], offsets, 1)
    with pytest.raises(TypingError):
        add_windows(*np.zeros((5, 8), np.float32)[:, ::2], np.zeros(4, np.int64))
