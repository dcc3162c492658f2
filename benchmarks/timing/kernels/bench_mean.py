"""Benchmarks of kernels/mean.py."""

import numpy as np

import naive.mean
from embdistill.kernels import mean
from timing_helpers import B, U, close, d, normal, timed


def test_mean_forward(benchmark, packed, rng):
    embeddings, out = normal(rng, U, d), np.empty((B, d), np.float32)
    mean.mean_forward(out, embeddings, *packed)
    close(out, naive.mean.mean_forward(embeddings, *packed))
    timed(benchmark, mean.mean_forward, out, embeddings, *packed)


def test_mean_backward(benchmark, packed, rng):
    dout, dembeddings = normal(rng, B, d), np.empty((U, d), np.float32)
    mean.mean_backward(dembeddings, dout, *packed)
    close(dembeddings, naive.mean.mean_backward(U, dout, *packed))
    timed(benchmark, mean.mean_backward, dembeddings, dout, *packed)
