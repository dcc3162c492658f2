"""Work shared among threads."""

import inspect
import math
import threading

import numba
import numpy as np
import pytest
from numba import config

from embdistill.errors import UserError
from embdistill.kernels.machine import threads
from embdistill.kernels.machine.threads import chunked, chunks


@pytest.fixture
def two_threads(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 2)
    threads.use_threads(2)
    yield
    threads.use_threads(1)


@chunked
def fill(out, chunk, n_chunks):
    out[chunk] = chunk + 1


@chunked
def who(out, chunk, n_chunks):
    total = 0.0
    for i in range(100_000):
        total += math.sqrt(i)
    out[chunk] = numba.get_thread_id() + (total < 0)


@chunked
def fail_at_three(out, chunk, n_chunks):
    if chunk == 3:
        raise ValueError("three")
    out[chunk] = 1


@pytest.mark.parametrize("n_chunks", [1, 2, 8])
def test_every_chunk_is_computed_once(two_threads, n_chunks):
    for _ in range(100):
        out = np.zeros(8, np.int64)
        fill(out, n_chunks)
        np.testing.assert_array_equal(out[:n_chunks], np.arange(1, n_chunks + 1))
        assert not out[n_chunks:].any()


@pytest.mark.parametrize("count", [1, 2])
def test_an_error_in_a_chunk_is_not_lost(two_threads, count):
    threads.use_threads(count)
    for _ in range(20):
        with pytest.raises(ValueError, match="three"):
            fail_at_three(np.zeros(8), 8)


def test_many_callers_at_once(two_threads):
    """As when a model predicts in several threads of its user."""
    outs = [np.zeros(8, np.int64) for _ in range(8)]

    def call(out):
        for _ in range(50):
            fill(out, 8)

    callers = [threading.Thread(target=call, args=(out,)) for out in outs]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert all((out == np.arange(1, 9)).all() for out in outs)


@pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled, nor shared")
def test_chunks_are_shared_among_threads(two_threads):
    out = np.zeros(8, np.int64)
    for _ in range(1000):  # a thread may come too late once
        who(out, 8)
        if len(set(out)) == 2:
            return
    pytest.fail("one thread computed all chunks")


def test_the_signature_is_that_of_a_call():
    assert list(inspect.signature(fill).parameters) == ["out", "n_chunks"]


def test_chunks_follow_from_the_size():
    assert [chunks(size, 96) for size in (0, 191, 192, 383, 384, 768, 10**6)] == [1, 1, 2, 2, 4, 8, 8]


@pytest.mark.parametrize("count", [0, 3])
def test_more_threads_than_cores_are_refused(two_threads, count):
    with pytest.raises(UserError, match=f"--threads {count}: must be from 1 to 2"):
        threads.use_threads(count)


def test_threads_that_a_fork_would_not_have(two_threads):
    assert threads.started()
