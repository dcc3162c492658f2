"""An encoding layer e = f(W phi + b), beside the matrix product W phi, which BLAS computes. For ReLU: see dense.

Source: Mou et al. 2016, "Distilling Word Embeddings: An Encoding Approach", section 3.
"""

import math

from numba import njit


@njit(cache=True, nogil=True)
def bias_tanh(encoded, bias):
    """Turn the products W phi into small vectors, in place.

    Formula: encoded[u, j] = tanh(encoded[u, j] + bias[j]).
    Shapes: encoded (U, d) float; bias (d,) float.
    Writes: encoded.
    """
    for u in range(encoded.shape[0]):
        for j in range(encoded.shape[1]):
            encoded[u, j] = math.tanh(encoded[u, j] + bias[j])


@njit(cache=True, nogil=True)
def bias_tanh_backward(dproduct, dbias, dencoded, encoded):
    """Gradient of bias_tanh.

    Formula: dproduct = dencoded * (1 - encoded^2); dbias = sum of dproduct over the words.
    Shapes: dproduct, dencoded, encoded (U, d) float; dbias (d,) float. dproduct may be dencoded itself.
    Writes: dproduct and dbias.
    """
    dbias[:] = 0
    for u in range(encoded.shape[0]):
        for j in range(encoded.shape[1]):
            gradient = dencoded[u, j] * (1 - encoded[u, j] * encoded[u, j])
            dproduct[u, j] = gradient
            dbias[j] += gradient


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
def bias_identity_backward(dproduct, dbias, dencoded, encoded):
    """Gradient of bias_identity.

    Formula: dproduct = dencoded; dbias = sum of dproduct over the words.
    Shapes: dproduct, dencoded, encoded (U, d) float; dbias (d,) float. dproduct may be dencoded itself.
    Writes: dproduct and dbias.
    """
    dbias[:] = 0
    for u in range(dencoded.shape[0]):
        for j in range(dencoded.shape[1]):
            dproduct[u, j] = dencoded[u, j]
            dbias[j] += dencoded[u, j]
