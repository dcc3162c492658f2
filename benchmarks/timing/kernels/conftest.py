"""What one training batch is, and how many threads compute it."""

import numpy as np
import pytest

from embdistill.kernels.machine import threads
from timing_helpers import B, N, U


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def packed(rng):
    """ids (N,) of U words, and offsets of B sentences of 1 to 19 tokens."""
    cuts = np.sort(rng.choice(np.arange(1, N), B - 1, replace=False))
    return rng.integers(0, U, N).astype(np.int32), np.array([0, *cuts, N], np.int64)


@pytest.fixture(params=[(1, 1), (2, 1), (2, 2)], ids=["1 chunk", "2 chunks", "2 chunks, 2 threads"])
def n_chunks(request):
    """How many chunks a kernel computes; they are shared among threads where the name says so."""
    count, number = request.param
    if number > threads.cores():
        pytest.skip("needs two cores")
    threads.use_threads(number)
    yield count
    threads.use_threads(1)
