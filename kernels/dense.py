"""Fully connected layers: whole small ones, and what a ReLU layer needs beside its matrix product."""

from numba import njit

from embdistill.kernels.machine.simd import multiply


@njit(cache=True, nogil=True)
def linear_forward(out, inputs, weight, bias):
    """A linear map.

    Formula: out = inputs weight^T + bias.
    Shapes: out (B, m), inputs (B, n), weight (m, n), C-contiguous, and bias (m,), all float of one dtype.
    Writes: out.
    """
    multiply(out, inputs, weight.T)
    for b in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[b, c] += bias[c]


@njit(cache=True, nogil=True)
def linear_backward(dinputs, dweight, dbias, dout, inputs, weight):
    """Gradient of linear_forward.

    Formula: dinputs = dout weight; dweight = dout^T inputs; dbias = sum of dout over its rows.
    Shapes: as in linear_forward; every gradient as what it is of.
    Writes: dinputs, dweight and dbias.
    """
    multiply(dinputs, dout, weight)
    multiply(dweight, dout.T, inputs)
    for c in range(dbias.shape[0]):
        dbias[c] = 0
    for b in range(dout.shape[0]):
        for c in range(dout.shape[1]):
            dbias[c] += dout[b, c]


@njit(cache=True, nogil=True)
def bias_relu(hidden, bias):
    """Add the bias and cut off below zero, in place.

    Formula: hidden[b, h] = max(0, hidden[b, h] + bias[h]).
    Shapes: hidden (B, H) float; bias (H,) float.
    Writes: hidden.
    """
    for b in range(hidden.shape[0]):
        for h in range(hidden.shape[1]):
            hidden[b, h] = max(hidden[b, h] + bias[h], 0)


@njit(cache=True, nogil=True)
def bias_relu_backward(dhidden, dbias, hidden):
    """Gradient of bias_relu, in place: where two arrays might be the same, the compiler goes one by one.

    Formula: dhidden, all finite, becomes 0 where hidden is 0, and so the gradient of the products; dbias = sum of it
        over the sentences.
    Shapes: dhidden, hidden (B, H) float; dbias (H,) float.
    Writes: dhidden and dbias.
    """
    nothing, one = dbias.dtype.type(0), dbias.dtype.type(1)
    dbias[:] = 0
    for b in range(hidden.shape[0]):
        for h in range(hidden.shape[1]):
            dhidden[b, h] *= one if hidden[b, h] > 0 else nothing  # without a branch, many are done at once
        for h in range(hidden.shape[1]):
            dbias[h] += dhidden[b, h]
