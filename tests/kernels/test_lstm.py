"""Long short-term memory in both directions, forward and backward."""

import numpy as np
import pytest

import naive.lstm
from embdistill.kernels import lstm
from embdistill.kernels.lstm import Recurrence, Steps, Trace
from kernel_helpers import DTYPES, ROWS, close, empty_like, normal


def test_time_major(batch):
    _, offsets = batch
    order, starts, tokens = time_major(offsets)
    ref_tokens, ref_starts, ref_order = naive.lstm.time_major(offsets)
    np.testing.assert_array_equal(order, ref_order)
    np.testing.assert_array_equal(tokens, ref_tokens)
    np.testing.assert_array_equal(starts, ref_starts)


def time_major(offsets):
    """The Steps of a packed batch."""
    order, starts = np.full(len(offsets) - 1, -99), np.full(offsets[-1] + 1, -99)
    steps = Steps(order, starts, np.full((2, offsets[-1]), -99, np.int32))
    return steps._replace(starts=starts[: lstm.time_major(steps, offsets) + 1])


def by_row(array, tokens):
    """[direction, token] of the naive twin as [direction, row] of the kernels."""
    return np.stack([array[z, tokens[z]] for z in range(2)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("features", [1, 3])
@pytest.mark.parametrize("scale", [1, 1e4])
@pytest.mark.parametrize("n_chunks", [1, 2])
def test_lstm(rng, dtype, features, scale, n_chunks, batch, sharing):
    ids, offsets = batch
    units = 3
    ids = np.stack([ids, *rng.integers(0, ROWS, (features - 1, len(ids)), np.int32)], axis=1)
    products, bias = normal(rng, ROWS, 2, 4 * units, dtype=dtype), normal(rng, 2, 4 * units, dtype=dtype)
    if scale > 1:  # every gate is fully open or shut
        products = np.copysign(dtype(scale), products)
    recurrent = normal(rng, 2, 4 * units, units, dtype=dtype)
    order, starts, tokens = steps = time_major(offsets)
    trace = Trace(*(np.full((2, len(ids), size), np.nan, dtype) for size in (units, units, 4 * units)))
    recurrence = Recurrence(bias, recurrent)
    lstm.lstm_forward(trace, products, recurrence, ids, steps, n_chunks)
    ref = naive.lstm.lstm_forward(products, bias, recurrent, ids, offsets)
    for comp, expected in zip(trace, ref, strict=True):
        assert np.isfinite(comp).all()
        close(comp, by_row(expected, tokens))

    # Any row, or none, may have been chosen for a unit of a sentence.
    place = np.array([[0] * 2 * units, *rng.integers(0, 99, (len(order), 2 * units))])[1:]
    lengths = np.diff(offsets)[:, None]
    place = np.where((lengths > 0) & (place < 80), place % np.maximum(lengths, 1), -1)  # by sentence
    rank = np.argsort(order)[:, None]
    argmax = np.where(place >= 0, starts[np.maximum(place, 0)] + rank, -1).astype(np.int32)
    dpooled = normal(rng, *argmax.shape, dtype=dtype)
    dstates = np.stack([np.zeros((len(ids), units), dtype)] * 2)  # by row
    for z, b, h in np.ndindex(2, len(order), units):
        if argmax[b, z * units + h] >= 0:
            dstates[z, argmax[b, z * units + h], h] = dpooled[b, z * units + h]
    dstates = np.stack([dstates[z, np.argsort(tokens[z])] for z in range(2)])  # by token
    dproducts, *drecurrence = empty_like(products, *recurrence)
    dbias, drecurrent = drecurrence = Recurrence(*drecurrence)
    lstm.lstm_backward(drecurrence, dproducts, dpooled, argmax, trace, recurrence, ids, steps, n_chunks)
    ref_dproducts, ref_dsums = naive.lstm.lstm_backward(products, bias, recurrent, dstates, ids, offsets)
    close(dproducts, ref_dproducts)
    close(trace.gates, by_row(ref_dsums, tokens))
    close(dbias, ref_dsums.sum(axis=1))
    close(drecurrent, naive.lstm.recurrent_gradient(ref_dsums, ref[0], offsets))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("pooling", ["last_state", "max_state"])
def test_pooled_states(rng, dtype, pooling, batch):
    ids, offsets = batch
    units = 3
    states = normal(rng, 2, len(ids), units, dtype=dtype).round()  # by token; some are equal
    steps = time_major(offsets)
    pooled = np.full((len(offsets) - 1, 2 * units), np.nan, dtype)
    argmax = np.full(pooled.shape, -99, np.int32)
    getattr(lstm, pooling)(pooled, argmax, by_row(states, steps.tokens), steps)
    ref_pooled, ref_token = getattr(naive.lstm, pooling)(states, offsets)
    np.testing.assert_array_equal(pooled, ref_pooled)
    for b, j in np.ndindex(argmax.shape):
        row = argmax[b, j]
        assert (steps.tokens[j // units, row] if row >= 0 else -1) == ref_token[b, j]
