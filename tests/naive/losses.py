"""Twins of kernels/losses.py."""

import math

import numpy as np


def softmax(logits):
    out = np.empty_like(logits)
    for b, row in enumerate(logits):
        powers = [math.exp(float(z) - float(max(row))) for z in row]
        out[b] = [power / math.fsum(powers) for power in powers]
    return out


def cross_entropy(logits, labels, weights):
    """Weighted mean loss, written as log(sum exp) - z of the label, and its gradient."""
    probabilities = softmax(logits.astype(np.float64))
    loss, dlogits = 0.0, probabilities / len(labels)
    for b, label in enumerate(labels):
        largest = float(max(logits[b]))
        total = math.fsum(math.exp(float(z) - largest) for z in logits[b])
        loss += float(weights[b]) * (math.log(total) + largest - float(logits[b, label]))
        dlogits[b, label] -= 1 / len(labels)
        dlogits[b] *= weights[b]
    return loss / len(labels), dlogits


def _softened(row, temperature):
    """Probabilities and their logarithms of one row of logits."""
    scaled = [float(z) / temperature for z in row]
    total = max(scaled) + math.log(math.fsum(math.exp(z - max(scaled)) for z in scaled))
    logs = [z - total for z in scaled]
    return [math.exp(log) for log in logs], logs


def softened_cross_entropy(logits, teacher, temperature):
    """Mean loss and its gradient."""
    loss, dlogits = 0.0, np.zeros(logits.shape)
    for b in range(len(logits)):
        p, _ = _softened(teacher[b], temperature)
        q, log_q = _softened(logits[b], temperature)
        loss -= sum(p[c] * log_q[c] for c in range(len(p)) if p[c] > 0)
        dlogits[b] = [(q[c] - p[c]) / temperature for c in range(len(p))]
    return loss / len(logits), dlogits / len(logits)


def squared_error(logits, teacher):
    """Mean over the sentences of half the squared distance, and its gradient."""
    loss, dlogits = 0.0, np.zeros(logits.shape)
    for b in range(logits.shape[0]):
        for c in range(logits.shape[1]):
            difference = float(logits[b, c]) - float(teacher[b, c])
            loss += difference**2 / 2 / len(logits)
            dlogits[b, c] = difference / len(logits)
    return loss, dlogits
