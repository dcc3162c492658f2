"""Benchmark of kernels/batches.py."""

import numpy as np

import naive.batches
from embdistill.kernels import batches
from timing_helpers import B, N, V, timed


def test_pick(benchmark, packed, rng):
    ids, offsets = packed
    sentences, words, local = rng.permutation(B), np.empty(N, np.int32), np.empty(N, np.int32)
    picked = np.empty(B + 1, np.int64)
    arguments = (words, local, picked, np.full(V, -1, np.int32), ids, offsets, sentences)
    count = batches.pick(*arguments)
    for comp, ref in zip((words[:count], local, picked), naive.batches.pick(ids, offsets, sentences), strict=True):
        np.testing.assert_array_equal(comp, ref)
    timed(benchmark, batches.pick, *arguments)
