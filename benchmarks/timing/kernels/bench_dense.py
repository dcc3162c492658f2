"""Benchmarks of kernels/dense.py."""

import numpy as np

import naive.dense
from embdistill.kernels import dense
from embdistill.kernels.activations import RELU
from timing_helpers import B, C, H, U, close, d, normal, timed


def test_product(benchmark, rng, n_chunks):
    a, b, out = normal(rng, U, 2 * 4 * H), normal(rng, 2 * 4 * H, d), np.empty((U, d), np.float32)
    dense.product(out, a, b, n_chunks)
    close(out[:3], naive.dense.matmul(a[:3], b))
    timed(benchmark, dense.product, out, a, b, n_chunks, flops=2 * a.size * b.shape[1])


def test_dense_forward(benchmark, rng):
    inputs, weight, bias = normal(rng, B, 3 * H), normal(rng, C, 3 * H), normal(rng, C)
    out = np.empty((B, C), np.float32)
    dense.dense_forward(out, inputs, weight, bias, RELU)
    close(out, naive.dense.dense_forward(inputs, weight, bias, "relu"))
    timed(benchmark, dense.dense_forward, out, inputs, weight, bias, RELU, flops=2 * inputs.size * C)


def test_dense_backward(benchmark, rng):
    inputs, weight, dout = normal(rng, B, 3 * H), normal(rng, C, 3 * H), normal(rng, B, C)
    out = np.maximum(normal(rng, B, C), 0)
    found = [np.empty_like(inputs), np.empty_like(weight), np.empty(C, np.float32)]
    ref = naive.dense.dense_backward(dout, out, inputs, weight, "relu")
    dense.dense_backward(*found, dout, out, inputs, weight, RELU)
    for comp, expected in zip(found, ref, strict=True):
        close(comp, expected)
    timed(benchmark, dense.dense_backward, *found, dout, out, inputs, weight, RELU, flops=4 * inputs.size * C)
