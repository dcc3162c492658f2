"""Adam: for flat parameters, and for the rows of a table that a batch touched.

Source: Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1.
"""

import math
from typing import NamedTuple

from embdistill.kernels.machine.compiling import kernel


class AdamStep(NamedTuple):
    """step: steps so far, 1 for the first; the other settings by the names of the paper, rate being alpha."""

    step: int
    rate: float
    beta1: float
    beta2: float
    epsilon: float


@kernel  # no check for a division by zero, so that the loop vectorises
def adam(values, mean, square, gradient, settings):
    """One step of Adam.

    Formula: m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
        values -= rate * m / (1 - beta1^step) / (sqrt(v / (1 - beta2^step)) + epsilon).
    Shapes: values, mean (m), square (v), gradient (g): (P,) float of one dtype; settings: an AdamStep.
    Writes: values, mean and square.
    """
    step, rate, beta1, beta2, epsilon = settings
    real = values.dtype.type
    one, b1, b2, eps = real(1), real(beta1), real(beta2), real(epsilon)
    size = real(rate / (1 - beta1**step))
    unbias = real(1 / (1 - beta2**step))
    for i in range(values.shape[0]):
        g = gradient[i]
        m = b1 * mean[i] + (one - b1) * g
        v = b2 * square[i] + (one - b2) * g * g
        mean[i] = m
        square[i] = v
        values[i] -= size * m / (math.sqrt(v * unbias) + eps)


@kernel
def adam_rows(table, mean, square, gradient, rows, settings):
    """One step of lazy Adam: rows outside the batch keep values and moments, whatever the size of the table.

    Formula: that of adam for table[rows[u]] with gradient[u]; step counts the steps of the whole run, so a row that is
        met rarely takes longer steps at first, as with torch.optim.SparseAdam (docs/method.md says why). The rows are
        distinct.
    Shapes: table, mean, square (V, d) float; gradient (U, d) float; rows (U,) int32 in 0..V-1; settings: an AdamStep.
    Writes: the given rows of table, mean and square.
    """
    for u in range(rows.shape[0]):
        r = rows[u]
        adam(table[r], mean[r], square[r], gradient[u], settings)
