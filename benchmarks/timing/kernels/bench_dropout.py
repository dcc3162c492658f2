"""Benchmark of kernels/dropout.py."""

import numpy as np

import naive.dropout
from embdistill.kernels import dropout
from timing_helpers import WIDTHS, B, H, close, timed


def test_draw_mask(benchmark):
    mask = np.empty(B * H * len(WIDTHS), np.float32)
    dropout.draw_mask(mask, np.uint64(1), 2**15, np.float32(2))
    close(mask, naive.dropout.draw_mask(len(mask), 1, 2**15, 2))
    timed(benchmark, dropout.draw_mask, mask, np.uint64(1), 2**15, np.float32(2))
