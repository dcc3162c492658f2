"""Fully connected layers, and products in chunks."""

import numpy as np
import pytest

import naive.dense
from embdistill.kernels.dense import dense_backward, dense_forward, product
from kernel_helpers import ACTIVATIONS, DTYPES, close, empty_like, normal


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [0, 1, 6])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_dense(rng, dtype, rows, name):
    inputs, weight, bias = (normal(rng, *shape, dtype=dtype) for shape in ((rows, 5), (3, 5), (3,)))
    out = np.full((rows, 3), np.nan, dtype)
    dense_forward(out, inputs, weight, bias, ACTIVATIONS[name])
    close(out, naive.dense.dense_forward(inputs, weight, bias, name))

    dout = normal(rng, rows, 3, dtype=dtype)
    ref, found = naive.dense.dense_backward(dout, out, inputs, weight, name), empty_like(inputs, weight, bias)
    dense_backward(*found, dout, out, inputs, weight, ACTIVATIONS[name])
    for comp, expected in zip(found, ref, strict=True):
        close(comp, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_chunks", [1, 3, 20])
@pytest.mark.parametrize("rows, columns", [(11, 5), (5, 11), (0, 5)])
@pytest.mark.filterwarnings("ignore:np.*faster on contiguous")
def test_product(rng, dtype, n_chunks, rows, columns, sharing):
    a, b = normal(rng, rows, 4, dtype=dtype), normal(rng, 4, columns, dtype=dtype)
    frozen = b.copy()
    frozen.flags.writeable = False
    for left, right in ((a, b), (a, np.asfortranarray(b)), (np.asfortranarray(a), b), (a, frozen)):
        out = np.full((rows, columns), np.nan, dtype)
        product(out, left, right, n_chunks)
        close(out, naive.dense.matmul(a, b))
