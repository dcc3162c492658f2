"""A fully connected layer: out = f(inputs W^T + b)."""

from embdistill.kernels.activations import activate, activate_backward
from embdistill.kernels.machine.compiling import kernel
from embdistill.kernels.machine.simd import multiply
from embdistill.kernels.machine.threads import chunked


@kernel
def dense_forward(out, inputs, weight, bias, activation):
    """A linear map, a bias and an activation.

    Formula: out = f(inputs W^T + b).
    Shapes: out (B, m), inputs (B, n), weight W (m, n), bias b (m,), float of one dtype, C-contiguous; activation f as
        in activations.activate.
    Writes: out.
    """
    multiply(out, inputs, weight.T)
    add_bias(out, bias)
    activate(out, activation)


@kernel
def dense_backward(dinputs, dweight, dbias, dout, out, inputs, weight, activation):
    """Gradient of dense_forward.

    Formula: da = dout * f'(a), a = inputs W^T + b; dinputs = da W; dW = da^T inputs; db = sum of da over its rows.
    Shapes: as in dense_forward; each gradient has the shape of its array.
    Writes: dinputs, dweight and dbias; da overwrites dout.
    """
    activate_backward(dout, out, activation)
    sum_rows(dbias, dout)
    multiply(dinputs, dout, weight)
    multiply(dweight, dout.T, inputs)


@chunked
def product(out, a, b, chunk, n_chunks):
    """A matrix product that is large enough to be shared among threads.

    Formula: out = a b.
    Shapes: out (m, n), C-contiguous, a (m, k), b (k, n), contiguous or transposed views; float of one dtype. A chunk is
        some of the rows of out or, if it has more of them, of its columns.
    Writes: what belongs to the chunk.
    """
    rows, columns = out.shape
    longer = max(rows, columns)
    first, end = longer * chunk // n_chunks, longer * (chunk + 1) // n_chunks
    if rows >= columns:
        multiply(out[first:end], a[first:end], b)
    else:
        multiply(out[:, first:end], a, b[:, first:end])


@kernel
def add_bias(out, bias):
    """out[b, j] += bias[j]; out (B, m), bias (m,) float."""
    for b in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[b, j] += bias[j]


@kernel
def sum_rows(out, rows):
    """out[j] = sum over b of rows[b, j]; out (m,), rows (B, m) float."""
    out[:] = 0
    for b in range(rows.shape[0]):
        for j in range(out.shape[0]):
            out[j] += rows[b, j]
