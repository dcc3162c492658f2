"""The encoding layer e = f(W phi + b), forward and backward."""

import numpy as np
import pytest

import naive.dense
import naive.rows
from embdistill.kernels.encode import encode_backward, encode_forward
from kernel_helpers import ACTIVATIONS, DTYPES, ROWS, close, empty_like, normal


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("n_chunks", [1, 3, 8])
@pytest.mark.parametrize("words", [[0], [6, 0, 3, 3], []], ids=str)
def test_encode(rng, dtype, name, n_chunks, words, sharing):
    vectors, weight, bias = (normal(rng, *shape, dtype=dtype) for shape in ((ROWS, 4), (3, 4), (3,)))
    words = np.array(words, np.int32)
    encoded, large = np.full((len(words), 3), np.nan, dtype), np.full((len(words), 4), np.nan, dtype)
    encode_forward(encoded, large, vectors, words, weight, bias, ACTIVATIONS[name], n_chunks)
    ref_large = naive.rows.gather_rows(vectors, words).reshape(large.shape)
    np.testing.assert_array_equal(large, ref_large)
    close(encoded, naive.dense.dense_forward(ref_large, weight, bias, name))

    dencoded = normal(rng, *encoded.shape, dtype=dtype)
    before, found = dencoded.copy(), empty_like(weight, bias)
    encode_backward(*found, dencoded, encoded, large, ACTIVATIONS[name], n_chunks)
    _, *ref = naive.dense.dense_backward(dencoded, encoded, large, weight, name)
    for comp, expected in zip(found, ref, strict=True):
        close(comp, expected)
    np.testing.assert_array_equal(dencoded, before)
