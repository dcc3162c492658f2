"""What the loss compares, by method: gold labels, a teacher's softened probabilities, or its logits.

Each takes dlogits (B, C) to write, logits (B, C), labels (B,) int32, the weights (B,) of the sentences in the loss of
the labels, a teacher's logits (B, C) or None, and the Config; returns the mean loss of the batch.
"""

import numpy as np

from embdistill.kernels import losses


def cross_entropy(dlogits, logits, labels, weights, teacher, config):
    """w CE(labels, softmax(z))."""
    return losses.cross_entropy(dlogits, logits, labels, weights)


def soft_cross_entropy(dlogits, logits, labels, weights, teacher, config):
    """(1 - a) w CE(labels, softmax(z)) + a T^2 CE(softmax(teacher / T), softmax(z / T)).

    The gradient of the second term would shrink with 1 / T^2 without its factor, and a would mean something else at
    every temperature. Source: Hinton, Vinyals & Dean 2015, section 2.
    """
    alpha, temperature = config.mixing, config.temperature
    dsoft = np.empty_like(dlogits)
    hard = losses.cross_entropy(dlogits, logits, labels, weights)
    soft = losses.softened_cross_entropy(dsoft, logits, teacher, temperature)
    dlogits *= 1 - alpha
    dlogits += alpha * temperature**2 * dsoft
    return (1 - alpha) * hard + alpha * temperature**2 * soft


def squared_error(dlogits, logits, labels, weights, teacher, config):
    """|z - teacher|^2 / 2 (Ba & Caruana 2014)."""
    return losses.squared_error(dlogits, logits, teacher)


def sentence_weights(labels: np.ndarray, class_weights: str) -> np.ndarray:
    """How much each sentence of a training split counts among the labels (B,) float64: 1 on average.

    labels (B,) int32. class_weights: "none", or "balanced": n / (k n_c) for the n_c of n sentences of class c, one of k
    that occur, so that all classes count alike. Source: King & Zeng 2001, "Logistic Regression in Rare Events Data".
    """
    if class_weights == "none":
        return np.ones(len(labels))
    counts = np.bincount(labels)
    return (len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1)))[labels]
