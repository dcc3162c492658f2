"""The class that a word speaks for: the most probable one of a text of that word alone."""

from collections.abc import Sequence

import numpy as np

from embdistill.kernels.losses import softmax
from embdistill.model.classifier import Model


def word_classes(model: Model, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(classes, probabilities) (n,) of words of the vocabulary: the index of the class that each speaks for, and how
    probable it is. ValueError for a model of relations, whose texts have two entities."""
    packed = model.vocabulary.pack([word] for word in words)
    logits = model.logits(packed)
    softmax(logits, logits)
    classes = logits.argmax(axis=1)
    return classes, logits[np.arange(len(classes)), classes]


def strongest(classes: np.ndarray, probabilities: np.ndarray, count: int) -> np.ndarray:
    """The rows of the words, `count` at most, that speak most strongly for their classes: as many of each class, or all
    that it has; by class, the strongest first."""
    order = np.lexsort((-probabilities, classes))
    _, first = np.unique(classes[order], return_index=True)
    ranks = np.arange(len(order)) - np.repeat(first, np.diff([*first, len(order)]))
    kept = np.sort(np.argsort(ranks, kind="stable")[:count])
    return order[kept]
