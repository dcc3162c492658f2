"""Convolution, ReLU and max over time, forward and backward."""

import numpy as np
import pytest

import naive.conv
import naive.dense
from embdistill.kernels.conv import (
    Filters,
    conv_max_backward,
    conv_max_forward,
    spread_tokens,
    spread_tokens_backward,
)
from kernel_helpers import DTYPES, ROWS, close, normal


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("features", [1, 3])
@pytest.mark.parametrize("widths", [(1,), (3, 4, 5), (2, 7)], ids=str)
@pytest.mark.parametrize("per_width", [3, 18])  # fewer than are computed at a time, and more
@pytest.mark.parametrize("n_chunks", [1, 2, 8])
def test_conv_max(rng, dtype, widths, features, per_width, n_chunks, batch, sharing):
    ids, offsets = batch
    places = [ids, *rng.integers(0, ROWS, (features - 1, len(ids)), np.int32)]
    ids = np.stack(places, axis=1) + ROWS * np.arange(features, dtype=np.int32)
    sizes = (4, 2, 2)[:features]
    inputs = tuple(normal(rng, ROWS, size, dtype=dtype) for size in sizes)
    weights = tuple(normal(rng, sum(widths) * per_width, size, dtype=dtype) for size in sizes)
    products = np.concatenate([naive.dense.matmul(x, w.T) for x, w in zip(inputs, weights, strict=True)])
    others = products[ROWS:]
    products = products.reshape(features * ROWS, sum(widths), per_width)
    bias = normal(rng, per_width * len(widths), dtype=dtype)
    pooled = np.full((len(offsets) - 1, per_width * len(widths)), np.nan, dtype)
    argmax = np.full(pooled.shape, -99, np.int32)
    filters = Filters(weights[0], bias, np.array(widths))
    conv_max_forward(pooled, argmax, inputs[0], others, filters, ids, offsets, n_chunks)
    ref_pooled, ref_argmax = naive.conv.conv_max_forward(products, bias, ids, offsets, widths)
    close(pooled, ref_pooled)
    np.testing.assert_array_equal(argmax, ref_argmax)

    dpooled = normal(rng, *pooled.shape, dtype=dtype) / 8  # or sums of many would be off by more
    margin = max(widths) - 1
    dbias = np.full_like(bias, np.nan)
    for f, (rows, weight, place) in enumerate(zip(inputs, weights, places, strict=True)):
        tokens = np.full((len(ids) + len(offsets) * margin, sizes[f]), np.nan, dtype)
        dweight, drows = np.full_like(weight, np.nan), np.full_like(rows, np.nan)
        dtokens = np.full((n_chunks, *tokens.shape), np.nan, dtype)
        spread_tokens(tokens, rows, place, offsets, margin)
        filters, dfilters = (Filters(*arrays, np.array(widths)) for arrays in ((weight, bias), (dweight, dbias)))
        conv_max_backward(dfilters, dtokens, dpooled, pooled, argmax, tokens, filters, offsets, n_chunks)
        spread_tokens_backward(drows, dtokens, place, offsets, margin)
        # Of the naive gradient of the products, what reaches the rows of this one of the features.
        dproducts, ref_dbias = naive.conv.conv_max_backward(products, bias, dpooled, ids, offsets, widths, f)
        dproducts = dproducts[f * ROWS : (f + 1) * ROWS].reshape(ROWS, -1)
        close(dweight, naive.dense.matmul(dproducts.T, rows))
        close(drows, naive.dense.matmul(dproducts, weight))
        close(dbias, ref_dbias)


@pytest.mark.parametrize("dtype", DTYPES)
def test_spread_tokens(rng, dtype, batch):
    ids, offsets = batch
    inputs = normal(rng, ROWS, 3, dtype=dtype)
    tokens = np.full((len(ids) + 2 * len(offsets), 3), np.nan, dtype)
    spread_tokens(tokens, inputs, ids, offsets, 2)
    np.testing.assert_array_equal(tokens, naive.conv.spread_tokens(inputs, ids, offsets, 2))

    dtokens, dinputs = normal(rng, 3, *tokens.shape, dtype=dtype), np.full_like(inputs, np.nan)
    spread_tokens_backward(dinputs, dtokens, ids, offsets, 2)
    close(dinputs, naive.conv.spread_tokens_backward(ROWS, dtokens, ids, offsets, 2))
