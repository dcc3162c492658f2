"""What the loss matches: gold labels, a teacher's softened output, or its logits."""

from embdistill.kernels.matching import soft_cross_entropy, squared_error
from embdistill.kernels.softmax import cross_entropy


def labels(dlogits, logits, part, config):
    """Cross-entropy with the gold labels."""
    return cross_entropy(dlogits, logits, part.labels)


def soft(dlogits, logits, part, config):
    """(1 - a) CE + a T^2 CE(softmax(teacher / T), softmax(z / T)) (Hinton et al. 2015)."""
    return soft_cross_entropy(dlogits, logits, part.targets, part.labels, config.temperature, config.mixing)


def logits(dlogits, logits, part, config):
    """Squared error of the logits (Ba & Caruana 2014)."""
    return squared_error(dlogits, logits, part.targets)


# Each takes dlogits (B, C) to write, logits (B, C), the batch (embdistill.task.Part) and the settings; the mean loss.
LOSSES = {"labels": labels, "soft": soft, "logits": logits}
