"""Scores of predicted labels."""

import numpy as np


def accuracy(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Share of right predictions, in percent. labels, predicted (B,) int."""
    return 100 * float(np.mean(labels == predicted))


def macro_f1(labels: np.ndarray, predicted: np.ndarray, classes: int) -> float:
    """Mean F1 of the classes that occur in labels or predicted, in percent.

    F1 = 2 TP / (2 TP + FP + FN) of each class (van Rijsbergen 1979, chapter 7). labels, predicted (B,) int, 0..C-1.
    """
    right = np.bincount(labels[labels == predicted], minlength=classes)
    either = np.bincount(labels, minlength=classes) + np.bincount(predicted, minlength=classes)
    present = either > 0
    return 100 * float(np.mean(2 * right[present] / either[present]))
