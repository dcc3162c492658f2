"""Twins of kernels/activations.py."""

import math

import numpy as np


def activate(values, name):
    functions = {"tanh": math.tanh, "relu": lambda x: max(0.0, x), "identity": lambda x: x}
    return np.array([functions[name](float(value)) for value in values.flat], values.dtype).reshape(values.shape)


def activate_backward(dvalues, values, name):
    """From what activate gave."""
    slopes = {"tanh": lambda y: 1 - y**2, "relu": lambda y: float(y > 0), "identity": lambda y: 1.0}
    dsums = np.empty_like(dvalues)
    for index in np.ndindex(values.shape):
        dsums[index] = dvalues[index] * slopes[name](values[index])
    return dsums


def tanh(values):
    return np.array([math.tanh(value) for value in values], values.dtype)
