"""An encoding layer e = f(W phi + b), beside the matrix product W phi (kernels/gather.py). For ReLU: see dense.

Source: Mou et al. 2016, "Distilling Word Embeddings: An Encoding Approach", section 3.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def bias_tanh(encoded, bias):
    """Turn the products W phi into small vectors, in place, many times as fast as with math.tanh.

    Formula: encoded[u, j] = tanh(encoded[u, j] + bias[j]), as kernels/lstm.py computes tanh: Lambert's continued
        fraction for a part of the argument, then angle doublings. It stands here again since a cached kernel calls
        only kernels of its own file.
    Shapes: encoded (U, d) float; bias (d,) float.
    Writes: encoded.
    """
    real = encoded.dtype.type
    doublings = 2 if np.finfo(encoded.dtype).eps > 1e-9 else 5
    one, most, part = real(1), real(20), real(0.5**doublings)
    p1, p2 = real(4 / 33), real(1 / 495)
    q1, q2, q3 = real(5 / 11), real(2 / 99), real(1 / 10395)
    for u in range(encoded.shape[0]):
        for j in range(encoded.shape[1]):
            encoded[u, j] += bias[j]
    values = encoded.reshape(-1)  # row by row, the last few of each row would be done one by one
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


@njit(cache=True, nogil=True)
def bias_tanh_backward(dencoded, dbias, encoded):
    """Gradient of bias_tanh, in place: where two arrays might be the same, the compiler goes one by one.

    Formula: dencoded *= 1 - encoded^2, then the gradient of the products; dbias = sum of it over the words.
    Shapes: dencoded, encoded (U, d) float; dbias (d,) float.
    Writes: dencoded and dbias.
    """
    one = dbias.dtype.type(1)
    dbias[:] = 0
    for u in range(encoded.shape[0]):
        for j in range(encoded.shape[1]):
            dencoded[u, j] *= one - encoded[u, j] * encoded[u, j]
        for j in range(encoded.shape[1]):
            dbias[j] += dencoded[u, j]


@njit(cache=True, nogil=True)
def bias_identity(encoded, bias):
    """The layer without an activation: add the bias, in place.

    Formula: encoded[u, j] = encoded[u, j] + bias[j].
    Shapes: encoded (U, d) float; bias (d,) float.
    Writes: encoded.
    """
    for u in range(encoded.shape[0]):
        for j in range(encoded.shape[1]):
            encoded[u, j] += bias[j]


@njit(cache=True, nogil=True)
def bias_identity_backward(dencoded, dbias, encoded):
    """Gradient of bias_identity: dencoded is that of the products already.

    Formula: dbias = sum of dencoded over the words.
    Shapes: dencoded, encoded (U, d) float; dbias (d,) float.
    Writes: dbias.
    """
    dbias[:] = 0
    for u in range(dencoded.shape[0]):
        for j in range(dencoded.shape[1]):
            dbias[j] += dencoded[u, j]
