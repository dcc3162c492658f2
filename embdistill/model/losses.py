"""What the loss matches: gold labels, a teacher's softened output, or its logits."""

from embdistill.kernels.matching import soft_cross_entropy, squared_error
from embdistill.kernels.softmax import cross_entropy


def labels(dlogits, logits, labels, targets, config):
    """Cross-entropy with the gold labels."""
    return cross_entropy(dlogits, logits, labels)


def soft(dlogits, logits, labels, targets, config):
    """(1 - a) CE + a T^2 CE(softmax(teacher / T), softmax(z / T)) (Hinton et al. 2015)."""
    return soft_cross_entropy(dlogits, logits, targets, labels, config.temperature, config.mixing)


def logits(dlogits, logits, labels, targets, config):
    """Squared error of the logits (Ba & Caruana 2014)."""
    return squared_error(dlogits, logits, targets)


# Each takes dlogits (B, C) to write, logits (B, C), labels (B,), a teacher's logits (B, C) or None, and the settings;
# returns the mean loss.
LOSSES = {"labels": labels, "soft": soft, "logits": logits}
