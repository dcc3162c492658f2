"""The encoding layer: e = f(W phi + b), a small vector from each large one.

Source: Mou et al. 2016, "Distilling Word Embeddings: An Encoding Approach", section 3.
"""

from embdistill.kernels.activations import activate, activate_backward
from embdistill.kernels.dense import add_bias, sum_rows
from embdistill.kernels.machine.simd import multiply
from embdistill.kernels.machine.threads import chunked


@chunked
def encode_forward(encoded, large, vectors, words, weight, bias, activation, chunk, n_chunks):
    """Small vectors of the words of a batch.

    Formula: large[u] = phi[words[u]]; encoded[u] = f(W large[u] + b).
    Shapes: encoded (U, d), large (U, D), vectors phi (V, D), weight W (d, D), bias b (d,), float of one dtype,
        C-contiguous; words (U,) int32 in 0..V-1; activation f as in activations.activate. A chunk is some of the rows.
    Writes: the rows of encoded and of large that belong to the chunk.
    """
    first, end = words.shape[0] * chunk // n_chunks, words.shape[0] * (chunk + 1) // n_chunks
    for u in range(first, end):
        vector, row = vectors[words[u]], large[u]
        for j in range(row.shape[0]):
            row[j] = vector[j]
    multiply(encoded[first:end], large[first:end], weight.T)
    add_bias(encoded[first:end], bias)
    activate(encoded[first:end], activation)


@chunked
def encode_backward(dweight, dbias, dencoded, encoded, large, activation, chunk, n_chunks):
    """Gradient of encode_forward; the large vectors are frozen.

    Formula: da = dencoded * f'(a), a = large W^T + b; dW = da^T large; db = sum of da over its rows.
    Shapes: as in encode_forward; each gradient has the shape of its array. A chunk is some of the D columns of dweight.
    Writes: the columns of dweight that belong to the chunk, and with the first chunk dbias.
    """
    da = dencoded.copy()  # each chunk needs all of it, and computes it anew: that is cheap beside the product
    activate_backward(da, encoded, activation)
    first, end = dweight.shape[1] * chunk // n_chunks, dweight.shape[1] * (chunk + 1) // n_chunks
    multiply(dweight[:, first:end], da.T, large[:, first:end])
    if chunk == 0:
        sum_rows(dbias, da)
