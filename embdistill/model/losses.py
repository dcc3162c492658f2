"""What the loss compares, by method: gold labels, a teacher's softened probabilities, or its logits.

Each takes dlogits (B, C) to write, logits (B, C), labels (B,) int32, a teacher's logits (B, C) or None, and the Config;
returns the mean loss of the batch.
"""

import numpy as np

from embdistill.kernels import losses


def cross_entropy(dlogits, logits, labels, teacher, config):
    """CE(labels, softmax(z))."""
    return losses.cross_entropy(dlogits, logits, labels)


def soft_cross_entropy(dlogits, logits, labels, teacher, config):
    """(1 - a) CE(labels, softmax(z)) + a T^2 CE(softmax(teacher / T), softmax(z / T)).

    The gradient of the second term would shrink with 1 / T^2 without its factor, and a would mean something else at
    every temperature. Source: Hinton, Vinyals & Dean 2015, section 2.
    """
    alpha, temperature = config.mixing, config.temperature
    dsoft = np.empty_like(dlogits)
    hard = losses.cross_entropy(dlogits, logits, labels)
    soft = losses.softened_cross_entropy(dsoft, logits, teacher, temperature)
    dlogits *= 1 - alpha
    dlogits += alpha * temperature**2 * dsoft
    return (1 - alpha) * hard + alpha * temperature**2 * soft


def squared_error(dlogits, logits, labels, teacher, config):
    """|z - teacher|^2 / 2 (Ba & Caruana 2014)."""
    return losses.squared_error(dlogits, logits, teacher)
