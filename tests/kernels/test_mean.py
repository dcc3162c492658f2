"""The mean of the word vectors."""

import numpy as np
import pytest

import naive.mean
from embdistill.kernels.mean import mean_backward, mean_forward
from kernel_helpers import DTYPES, ROWS, close, normal


@pytest.mark.parametrize("dtype", DTYPES)
def test_mean(rng, dtype, batch):
    ids, offsets = batch
    embeddings = normal(rng, ROWS, 3, dtype=dtype)
    out = np.full((len(offsets) - 1, 3), np.nan, dtype)
    mean_forward(out, embeddings, ids, offsets)
    close(out, naive.mean.mean_forward(embeddings, ids, offsets))

    dout = normal(rng, *out.shape, dtype=dtype)
    dembeddings = np.full_like(embeddings, np.nan)
    mean_backward(dembeddings, dout, ids, offsets)
    close(dembeddings, naive.mean.mean_backward(ROWS, dout, ids, offsets))
