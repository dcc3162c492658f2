"""Benchmarks of kernels/lstm.py."""

import numpy as np
import pytest

import naive.lstm
from embdistill.kernels import lstm
from timing_helpers import B, H, N, U, arrays_of, close, normal, timed


def time_major(offsets):
    """The Steps of a packed batch."""
    steps = lstm.Steps(np.empty(B, np.int64), np.empty(N + 1, np.int64), np.empty((2, N), np.int32))
    return steps._replace(starts=steps.starts[: lstm.time_major(steps, offsets) + 1])


def test_time_major(benchmark, packed):
    _, offsets = packed
    steps = time_major(offsets)
    ref_tokens, ref_starts, ref_order = naive.lstm.time_major(offsets)
    for comp, ref in zip(steps, (ref_order, ref_starts, ref_tokens), strict=True):
        np.testing.assert_array_equal(comp, ref)
    timed(benchmark, lstm.time_major, steps._replace(starts=np.empty(N + 1, np.int64)), offsets)


@pytest.fixture(params=[1, 3], ids="{} rows a token".format)
def recurred(packed, rng, request):
    """Arguments of lstm_forward after a call that was checked on the first sentence."""
    ids, offsets = packed
    ids = np.stack([ids, *rng.integers(0, U, (request.param - 1, N), np.int32)], axis=1)
    steps, products = time_major(offsets), normal(rng, U, 2, 4 * H)
    recurrence = lstm.Recurrence(normal(rng, 2, 4 * H), normal(rng, 2, 4 * H, H) / 10)
    trace = lstm.Trace(*(np.empty((2, N, size), np.float32) for size in (H, H, 4 * H)))
    arguments = (trace, products, recurrence, ids, steps, 2)
    lstm.lstm_forward(*arguments)
    first = offsets[1]
    ref = naive.lstm.lstm_forward(products, *recurrence, ids[:first], offsets[:2])
    for z in range(2):
        place = np.argsort(steps.tokens[z])[:first]  # row of each token
        for comp, expected in zip(trace, ref, strict=True):
            close(comp[z, place], expected[z])
    return arguments


def test_lstm_forward(benchmark, recurred):
    timed(benchmark, lstm.lstm_forward, *recurred, flops=2 * 2 * N * 4 * H * H)


def test_lstm_backward(benchmark, recurred, packed, rng):
    trace, products, recurrence, ids, steps, _ = recurred
    drecurrence = lstm.Recurrence(*(np.empty_like(array) for array in recurrence))
    dpooled, argmax = normal(rng, B, 2 * H), np.empty((B, 2 * H), np.int32)
    lstm.max_state(np.empty((B, 2 * H), np.float32), argmax, trace.states, steps)
    kept = trace.gates.copy()
    arguments = (drecurrence, np.empty_like(products), dpooled, argmax, trace, recurrence, ids, steps, 2)
    lstm.lstm_backward(*arguments)
    offsets = packed[1][:2]
    by_token = np.zeros((2, offsets[1], H), np.float32)
    for z, h in np.ndindex(2, H):
        by_token[z, steps.tokens[z, argmax[0, z * H + h]], h] = dpooled[0, z * H + h]
    _, ref = naive.lstm.lstm_backward(products, *recurrence, by_token, ids[: offsets[1]], offsets)
    for z in range(2):
        close(trace.gates[z, np.argsort(steps.tokens[z])[: offsets[1]]], ref[z])
    benchmark.extra_info["flops"] = 2 * 2 * 2 * N * 4 * H * H
    benchmark.extra_info["bytes"] = sum(array.nbytes for array in arrays_of(arguments))
    benchmark.group = "lstm"

    def fresh():  # the kernel writes over the gates
        trace.gates[:] = kept
        return arguments, {}

    benchmark.pedantic(lstm.lstm_backward, setup=fresh, rounds=50)


@pytest.mark.parametrize("pooling", ["last_state", "max_state"])
def test_pooled_states(benchmark, packed, rng, pooling):
    _, offsets = packed
    steps = time_major(offsets)
    states, pooled, argmax = normal(rng, 2, N, H), np.empty((B, 2 * H), np.float32), np.empty((B, 2 * H), np.int32)
    kernel = getattr(lstm, pooling)
    kernel(pooled, argmax, states, steps)
    by_token = np.stack([states[z, np.argsort(steps.tokens[z])] for z in range(2)])
    np.testing.assert_array_equal(pooled, getattr(naive.lstm, pooling)(by_token, offsets)[0])
    timed(benchmark, kernel, pooled, argmax, states, steps)
