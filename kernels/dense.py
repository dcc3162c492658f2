"""What a fully connected ReLU layer needs beside its matrix product."""

from numba import njit


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
def bias_relu_backward(dproduct, dbias, dhidden, hidden):
    """Gradient of bias_relu.

    Formula: dproduct = dhidden where hidden > 0, else 0; dbias = sum of dproduct over the sentences.
    Shapes: dproduct, dhidden, hidden (B, H) float; dbias (H,) float. dproduct may be dhidden itself.
    Writes: dproduct and dbias.
    """
    nothing = dbias.dtype.type(0)
    dbias[:] = 0
    for b in range(hidden.shape[0]):
        for h in range(hidden.shape[1]):
            gradient = dhidden[b, h]
            gradient = gradient if hidden[b, h] > 0 else nothing  # without a branch, many are done at once
            dproduct[b, h] = gradient
            dbias[h] += gradient
