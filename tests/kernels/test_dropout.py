"""The mask of dropout."""

import numpy as np
import pytest

import naive.dropout
from embdistill.kernels.dropout import draw_mask
from kernel_helpers import DTYPES


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("threshold", [0, 1, 13107, 65535])
@pytest.mark.parametrize("seed", [0, 12345, 2**64 - 1])
@pytest.mark.parametrize("count", [0, 1, 4, 1003])
def test_draw_mask(dtype, threshold, seed, count):
    mask = np.full(count, np.nan, dtype)
    draw_mask(mask, np.uint64(seed), threshold, dtype(1.25))
    np.testing.assert_array_equal(mask, naive.dropout.draw_mask(count, seed, threshold, 1.25))


def test_draw_mask_is_splitmix64():
    """From seed 0 its first output is 0xe220a8397b1dcdaf (Vigna's splitmix64.c; java.util.SplittableRandom)."""
    mask = np.empty(4, np.float32)
    for i, part in enumerate((0xCDAF, 0x7B1D, 0xA839, 0xE220)):
        for threshold, kept in ((part, 1), (part + 1, 0)):
            draw_mask(mask, np.uint64(0), threshold, np.float32(1))
            assert mask[i] == kept
