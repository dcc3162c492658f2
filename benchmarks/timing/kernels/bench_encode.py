"""Benchmarks of kernels/encode.py."""

import numpy as np
import pytest

import naive.dense
from embdistill.kernels import encode
from embdistill.kernels.activations import TANH
from timing_helpers import D, U, V, close, d, normal, timed


@pytest.fixture
def encoded(rng, n_chunks):
    """Arguments of encode_forward after a call that was checked on the first words."""
    vectors, words = normal(rng, V, D), rng.integers(0, V, U).astype(np.int32)
    weight, bias = normal(rng, d, D) / 10, normal(rng, d)
    arguments = (
        np.empty((U, d), np.float32),
        np.empty((U, D), np.float32),
        vectors,
        words,
        weight,
        bias,
        TANH,
        n_chunks,
    )
    encode.encode_forward(*arguments)
    close(arguments[0][:3], naive.dense.dense_forward(vectors[words[:3]], weight, bias, "tanh"))
    return arguments


def test_encode_forward(benchmark, encoded):
    _, large, vectors, _, weight, *_ = encoded
    idle = vectors.nbytes - large.nbytes
    timed(benchmark, encode.encode_forward, *encoded, flops=2 * U * weight.size, idle=idle)


def test_encode_backward(benchmark, encoded, rng):
    out, large, _, _, weight, bias, activation, n_chunks = encoded
    dweight, dbias, dencoded = np.empty_like(weight), np.empty_like(bias), normal(rng, U, d)
    arguments = (dweight, dbias, dencoded, out, large, activation, n_chunks)
    encode.encode_backward(*arguments)
    close(dweight[:, :3], naive.dense.matmul((dencoded * (1 - out**2)).T, large[:, :3]))
    timed(benchmark, encode.encode_backward, *arguments, flops=2 * U * weight.size)
