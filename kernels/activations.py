"""Activations f of a layer, forward and backward, in place. Their names are in embdistill/model/choices.py."""

import numpy as np

from embdistill.kernels.machine.compiling import kernel

IDENTITY, RELU, TANH = range(3)


@kernel
def tanh(values):
    """Hyperbolic tangent, in place, 20 times as fast as math.tanh: it has no branch, so that the loop vectorises.

    Formula: tanh(x / 4) = p / q by Lambert's continued fraction, then the argument is doubled twice by
        tanh(2y) = 2pq / (p^2 + q^2); for float64 tanh(x / 32), doubled five times. From 20 on, tanh is 1 to the last
        digit of a double.
    Shapes: values (n,) float.
    Writes: values. The relative error of normal numbers is at most 6 epsilon, so that the largest value may be
        1 + epsilon; NaN stays NaN. error_model omits the check for q = 0, which cannot be. No fused multiply-add: which
        product of p^2 + q^2 is fused would depend on where this is inlined, and so would the weights.
    """
    real = values.dtype.type
    doublings = 2 if np.finfo(values.dtype).eps > 1e-9 else 5
    one, most, part = real(1), real(20), real(0.5**doublings)
    p1, p2 = real(4 / 33), real(1 / 495)
    q1, q2, q3 = real(5 / 11), real(2 / 99), real(1 / 10395)
    for i in range(values.shape[0]):
        x = values[i]
        x = most if x > most else x
        x = -most if x < -most else x
        x *= part
        s = x * x
        p = x * (one + s * (p1 + s * p2))
        q = one + s * (q1 + s * (q2 + s * q3))
        for _ in range(doublings):
            p, q = p * q + p * q, p * p + q * q
        values[i] = p / q


@kernel
def activate(values, activation):
    """An activation, in place.

    Formula: values = f(values), f being tanh(x), max(0, x) or x.
    Shapes: values (n, m) float, C-contiguous; activation: TANH, RELU or IDENTITY.
    Writes: values.
    """
    flat = values.reshape(-1)
    if activation == TANH:
        tanh(flat)
    elif activation == RELU:
        for i in range(flat.shape[0]):
            flat[i] = max(flat[i], 0)


@kernel
def activate_backward(dvalues, outputs, activation):
    """Gradient of activate. In place: a separate result might alias `outputs`, and the loop would not vectorise.

    Formula: dvalues *= f'(x), from y = f(x): 1 - y^2 for tanh; 1 where y > 0, else 0, for ReLU; 1 for identity.
    Shapes: dvalues, outputs (n, m) float, the y that activate left; activation as there.
    Writes: dvalues.
    """
    zero, one = dvalues.dtype.type(0), dvalues.dtype.type(1)
    for i in range(outputs.shape[0]):
        if activation == TANH:
            for j in range(outputs.shape[1]):
                dvalues[i, j] *= one - outputs[i, j] * outputs[i, j]
        elif activation == RELU:
            for j in range(outputs.shape[1]):
                dvalues[i, j] *= one if outputs[i, j] > 0 else zero
