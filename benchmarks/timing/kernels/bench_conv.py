"""Benchmarks of kernels/conv.py."""

import numpy as np
import pytest

import naive.conv
from embdistill.kernels import conv
from timing_helpers import WIDTHS, B, H, N, U, close, d, normal, timed


@pytest.fixture(params=[1, 3], ids="{} rows a token".format)
def convolved(packed, rng, request):
    """Arguments of conv_max_forward after a call that was checked on the first sentences, and the products within."""
    places, offsets = [packed[0], *rng.integers(0, U, (request.param - 1, N), np.int32)], packed[1]
    ids = np.stack(places, axis=1) + U * np.arange(len(places), dtype=np.int32)
    inputs, bias = normal(rng, U, d), normal(rng, H * len(WIDTHS))
    filters = conv.Filters(normal(rng, sum(WIDTHS) * H, d), bias, np.array(WIDTHS))
    others = normal(rng, (len(places) - 1) * U, len(filters.weight))
    pooled = np.empty((B, len(bias)), np.float32)
    argmax = np.empty(pooled.shape, np.int32)
    arguments = (pooled, argmax, inputs, others, filters, ids, offsets, 1)
    conv.conv_max_forward(*arguments)
    products = np.concatenate([inputs @ filters.weight.T, others]).reshape(-1, sum(WIDTHS), H)
    ref_pooled, ref_argmax = naive.conv.conv_max_forward(products, bias, ids, offsets[:3], WIDTHS)
    close(pooled[:2], ref_pooled)
    assert (argmax[:2] == ref_argmax).mean() > 0.999  # sums that are equal but for round-off may tie
    return arguments, products


def test_conv_max_forward(benchmark, convolved):
    arguments, _ = convolved
    _, _, inputs, _, filters, *_ = arguments
    timed(benchmark, conv.conv_max_forward, *arguments, flops=2 * inputs.size * len(filters.weight))


def test_conv_max_backward(benchmark, convolved, rng):
    (pooled, argmax, inputs, _, filters, ids, offsets, _), products = convolved
    dpooled = normal(rng, *pooled.shape)
    margin, place = max(WIDTHS) - 1, np.ascontiguousarray(ids[:, 0])
    tokens = np.empty((N + (B + 1) * margin, d), np.float32)
    dfilters = filters._replace(weight=np.empty_like(filters.weight), bias=np.empty_like(filters.bias))
    dtokens = np.empty((1, *tokens.shape), np.float32)
    conv.spread_tokens(tokens, inputs, place, offsets, margin)
    few = slice(0, 2)
    arguments = (dpooled[few], pooled[few], argmax[few], tokens, filters, offsets[:3])
    conv.conv_max_backward(dfilters, dtokens, *arguments, 1)
    dproducts, _ = naive.conv.conv_max_backward(products, filters.bias, dpooled[few], ids, offsets[:3], WIDTHS, 0)
    close(dfilters.weight, dproducts[:U].reshape(U, -1).T @ inputs)
    windows = np.repeat(WIDTHS, H) @ (pooled > 0).sum(axis=0)  # of all filters, in rows
    arguments = (dfilters, dtokens, dpooled, pooled, argmax, tokens, filters, offsets, 1)
    timed(benchmark, conv.conv_max_backward, *arguments, flops=4 * d * windows)


def test_spread_tokens(benchmark, packed, rng):
    inputs, tokens = normal(rng, U, d), np.empty((N + 4 * (B + 1), d), np.float32)
    conv.spread_tokens(tokens, inputs, *packed, 4)
    np.testing.assert_array_equal(tokens, naive.conv.spread_tokens(inputs, *packed, 4))
    timed(benchmark, conv.spread_tokens, tokens, inputs, *packed, 4)


def test_spread_tokens_backward(benchmark, packed, rng):
    dinputs, dtokens = np.empty((U, d), np.float32), normal(rng, 2, N + 4 * (B + 1), d)
    conv.spread_tokens_backward(dinputs, dtokens, *packed, 4)
    close(dinputs, naive.conv.spread_tokens_backward(U, dtokens, *packed, 4))
    timed(benchmark, conv.spread_tokens_backward, dinputs, dtokens, *packed, 4)
