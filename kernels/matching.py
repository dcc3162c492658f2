"""Losses that match a teacher: its softened probabilities, or its logits.

The kernels call nothing of other files, so the softmax stands here once more, softened.
"""

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _log_softened(out, logits, temperature):
    """out[c] = log softmax(logits / T)[c], (C,) float."""
    largest = logits[0]
    for c in range(1, logits.shape[0]):
        largest = max(largest, logits[c])
    total = 0.0
    for c in range(logits.shape[0]):
        total += math.exp((logits[c] - largest) / temperature)
    for c in range(logits.shape[0]):
        out[c] = (logits[c] - largest) / temperature - math.log(total)


@njit(cache=True, nogil=True)
def soft_cross_entropy(dlogits, logits, teacher, labels, temperature, mixing):
    """Mean of the cross-entropies with the gold labels and with a teacher's softened output, and its gradient.

    Formula: loss = (1/B) sum over b of (1 - a) (-log q1[y]) + a T^2 (-sum over c of p[c] log qT[c]), with
        p = softmax(teacher[b] / T), qT = softmax(z[b] / T), q1 = softmax(z[b]);
        dlogits = ((1 - a) (q1 - onehot(y)) + a T (qT - p)) / B. The gradient of the second term would shrink with
        1 / T^2 without its factor T^2, and the mixing weight would mean something else at every temperature.
    Shapes: dlogits, logits, teacher (B, C) float; labels (B,) int32 in 0..C-1; temperature T above 0; mixing a, 0..1.
    Writes: dlogits. Returns the loss, in nats.
    Source: Hinton, Vinyals & Dean 2015, "Distilling the Knowledge in a Neural Network", section 2.
    """
    batch, classes = logits.shape
    log_p, log_q, log_q1 = np.empty(classes), np.empty(classes), np.empty(classes)
    loss = 0.0
    for b in range(batch):
        _log_softened(log_p, teacher[b], temperature)
        _log_softened(log_q, logits[b], temperature)
        _log_softened(log_q1, logits[b], 1.0)
        loss -= (1 - mixing) * log_q1[labels[b]]
        for c in range(classes):
            p = math.exp(log_p[c])
            if p > 0:
                loss -= mixing * temperature * temperature * p * log_q[c]
            gold = 1.0 if c == labels[b] else 0.0
            gradient = (1 - mixing) * (math.exp(log_q1[c]) - gold) + mixing * temperature * (math.exp(log_q[c]) - p)
            dlogits[b, c] = gradient / batch
    return loss / batch


@njit(cache=True, nogil=True)
def squared_error(dlogits, logits, teacher):
    """Half the squared distance of the logits from a teacher's, and its gradient.

    Formula: loss = 1/(2B) sum over b, c of (z[b, c] - teacher[b, c])^2; dlogits = (z - teacher) / B.
    Shapes: dlogits, logits, teacher (B, C) float.
    Writes: dlogits. Returns the loss.
    Source: Ba & Caruana 2014, "Do Deep Nets Really Need to be Deep?", section 2.2, equation 1.
    """
    batch = logits.shape[0]
    loss = 0.0
    for b in range(batch):
        for c in range(logits.shape[1]):
            difference = logits[b, c] - teacher[b, c]
            loss += difference * difference
            dlogits[b, c] = difference / batch
    return loss / (2 * batch)
