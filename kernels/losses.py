"""What the loss compares: the logits with gold labels, with a teacher's softened probabilities, or with its logits."""

import math

import numpy as np

from embdistill.kernels.machine.compiling import kernel


@kernel
def _exponentials(row):
    """(largest, sum of exp(row[c] - largest)): with the largest taken off, exp stays in range. row (C,) float."""
    largest = row[0]
    for c in range(1, row.shape[0]):
        largest = max(largest, row[c])
    total = 0.0
    for c in range(row.shape[0]):
        total += math.exp(row[c] - largest)
    return largest, total


@kernel
def softmax(out, logits):
    """Probabilities of the classes.

    Formula: out[b, c] = exp(z[b, c]) / sum over the classes of the same.
    Shapes: out, logits z (B, C) float. out may be logits itself.
    Writes: out.
    """
    for b in range(logits.shape[0]):
        largest, total = _exponentials(logits[b])
        for c in range(logits.shape[1]):
            out[b, c] = math.exp(logits[b, c] - largest) / total


@kernel
def cross_entropy(dlogits, logits, labels, weights):
    """Mean cross-entropy of a batch with its gold labels, each sentence by its weight, and its gradient.

    Formula: loss = -(1/B) sum over b of w[b] log softmax(z[b])[y[b]]; dlogits = w (softmax(z) - onehot(y)) / B.
    Shapes: dlogits, logits z (B, C) float; labels y (B,) int32 in 0..C-1; weights w (B,) float, 1 for the plain mean.
    Writes: dlogits. Returns the loss, in nats.
    """
    batch = logits.shape[0]
    loss = 0.0
    for b in range(batch):
        largest, total = _exponentials(logits[b])
        loss += weights[b] * (math.log(total) + largest - logits[b, labels[b]])
        for c in range(logits.shape[1]):
            dlogits[b, c] = weights[b] * (math.exp(logits[b, c] - largest) / total / batch)
        dlogits[b, labels[b]] -= weights[b] / batch
    return loss / batch


@kernel
def softened_cross_entropy(dlogits, logits, teacher, temperature):
    """Mean cross-entropy of a batch with its teacher's output, both softened, and its gradient.

    Formula: loss = -(1/B) sum over b and c of p[c] log q[c], p = softmax(teacher[b] / T), q = softmax(z[b] / T);
        dlogits = (q - p) / (T B).
    Shapes: dlogits, logits z, teacher (B, C) float; temperature T above 0.
    Writes: dlogits. Returns the loss, in nats.
    Source: Hinton, Vinyals & Dean 2015, "Distilling the Knowledge in a Neural Network", section 2.
    """
    batch, classes = logits.shape
    z, v = np.empty(classes), np.empty(classes)
    loss = 0.0
    for b in range(batch):
        for c in range(classes):
            z[c], v[c] = logits[b, c] / temperature, teacher[b, c] / temperature
        (z_largest, z_total), (v_largest, v_total) = _exponentials(z), _exponentials(v)
        for c in range(classes):
            log_q = z[c] - z_largest - math.log(z_total)
            p = math.exp(v[c] - v_largest) / v_total
            if p > 0:
                loss -= p * log_q
            dlogits[b, c] = (math.exp(log_q) - p) / (temperature * batch)
    return loss / batch


@kernel
def squared_error(dlogits, logits, teacher):
    """Half the squared distance of the logits from a teacher's, and its gradient.

    Formula: loss = 1/(2B) sum over b, c of (z[b, c] - teacher[b, c])^2; dlogits = (z - teacher) / B.
    Shapes: dlogits, logits z, teacher (B, C) float.
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
