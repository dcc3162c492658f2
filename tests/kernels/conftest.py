"""Fixtures of the tests of the kernels."""

import numpy as np
import pytest

from embdistill.kernels.machine import threads
from kernel_helpers import BATCHES


@pytest.fixture(params=BATCHES.values(), ids=BATCHES.keys())
def batch(request):
    """(ids, offsets) of a packed batch over ROWS words."""
    lengths = [len(sentence) for sentence in request.param]
    return np.array(sum(request.param, []), np.int32), np.cumsum([0, *lengths]).astype(np.int64)


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def sharing(request, monkeypatch):
    """Chunks are computed by one thread, and by two."""
    monkeypatch.setattr(threads, "cores", lambda: 2)
    threads.use_threads(request.param)
    yield
    threads.use_threads(1)
