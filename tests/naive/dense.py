"""Twins of kernels/dense.py, and with it of encode.py."""

import numpy as np

from naive.activations import activate, activate_backward


def matmul(a, b):
    out = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            for k in range(a.shape[1]):
                out[i, j] += a[i, k] * b[k, j]
    return out


def dense_forward(inputs, weight, bias, activation):
    return activate(matmul(inputs, weight.T) + bias, activation)


def dense_backward(dout, out, inputs, weight, activation):
    dsums = activate_backward(dout, out, activation)
    dbias = np.array([sum(column) for column in dsums.T], dout.dtype)
    return matmul(dsums, weight), matmul(dsums.T, inputs), dbias
