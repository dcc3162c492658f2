"""Softmax and the cross-entropy with gold labels."""

import math

from numba import njit


@njit(cache=True, nogil=True)
def softmax(out, logits):
    """Probabilities of the classes.

    Formula: out[b, c] = exp(z[b, c] - max z[b]) / sum over classes of the same; the maximum keeps exp in range.
    Shapes: out, logits (B, C) float. out may be logits itself.
    Writes: out.
    """
    for b in range(logits.shape[0]):
        largest = logits[b, 0]
        for c in range(1, logits.shape[1]):
            largest = max(largest, logits[b, c])
        total = out.dtype.type(0)
        for c in range(logits.shape[1]):
            out[b, c] = math.exp(logits[b, c] - largest)
            total += out[b, c]
        for c in range(logits.shape[1]):
            out[b, c] /= total


@njit(cache=True, nogil=True)
def cross_entropy(dlogits, logits, labels):
    """Mean cross-entropy of a batch with its gold labels, and its gradient.

    Formula: loss = -(1/B) sum over b of log softmax(z[b])[y[b]]; dlogits = (softmax(z) - onehot(y)) / B.
    Shapes: dlogits, logits (B, C) float; labels (B,) int32 in 0..C-1.
    Writes: dlogits. Returns the loss, in nats.
    """
    batch = logits.shape[0]
    loss = 0.0
    for b in range(batch):
        largest = logits[b, 0]
        for c in range(1, logits.shape[1]):
            largest = max(largest, logits[b, c])
        total = 0.0
        for c in range(logits.shape[1]):
            total += math.exp(logits[b, c] - largest)
        loss += math.log(total) + largest - logits[b, labels[b]]
        for c in range(logits.shape[1]):
            dlogits[b, c] = math.exp(logits[b, c] - largest) / total / batch
        dlogits[b, labels[b]] -= 1 / batch
    return loss / batch
