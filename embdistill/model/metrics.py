"""Scores of predicted labels, in percent."""

import re

import numpy as np


def accuracy(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Share of correct predictions, in percent. labels, predicted (B,) int."""
    return 100 * float(np.mean(labels == predicted))


def confusion(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """The confusion matrix (C, C) int64: rows gold, columns predicted. labels, predicted (B,) int, 0..C-1."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def per_class(confusion: np.ndarray) -> list[dict]:
    """`precision`, `recall` and `f1` in percent of each class, and `support`, the number of its gold examples.

    An undefined score, of a class that is never predicted or has no gold example, is 0.
    confusion (C, C) int, as confusion() returns it. Source: van Rijsbergen 1979, chapter 7.
    """
    correct, predicted, support = confusion.diagonal(), confusion.sum(axis=0), confusion.sum(axis=1)
    return [
        {
            "precision": _percent(correct[c], predicted[c]),
            "recall": _percent(correct[c], support[c]),
            "f1": _percent(2 * correct[c], predicted[c] + support[c]),
            "support": int(support[c]),
        }
        for c in range(len(confusion))
    ]


def _percent(part, whole):
    return 100 * float(part / whole) if whole else 0.0


def macro_f1(labels: np.ndarray, predicted: np.ndarray, classes: int) -> float:
    """Mean F1 of the classes that occur in labels or predicted, in percent.

    F1 = 2 TP / (2 TP + FP + FN) of each class (van Rijsbergen 1979, chapter 7). labels, predicted (B,) int, 0..C-1.
    """
    counts = confusion(labels, predicted, classes)
    correct, predicted_and_gold = counts.diagonal(), counts.sum(axis=0) + counts.sum(axis=1)
    present = predicted_and_gold > 0
    return 100 * float(np.mean(2 * correct[present] / predicted_and_gold[present]))


def relation_f1(names: list[str], confusion: np.ndarray) -> float:
    """The official score of SemEval-2010 task 8: mean F1 of the relations with gold examples, in percent.

    names: of the C classes, NAME(e1,e2), NAME(e2,e1) or Other; confusion (C, C) int, as confusion() returns it.
    F1 of a relation = 2 TP / (predicted + gold), where a TP has the right direction, and predicted and gold count both
    directions. Other and relations without gold examples are omitted; 0 if no relation remains.
    Source: Hendrickx et al. 2010, and their scorer, version 1.2: "(9+1)-way evaluation taking directionality into
    account".
    """
    relations = [re.sub(r"\(e1,e2\)$|\(e2,e1\)$", "", name) for name in names]
    scores = []
    for relation in sorted(set(relations) - {"Other"}):
        both = [c for c, of in enumerate(relations) if of == relation]
        gold = confusion[both].sum()
        if gold:
            correct = confusion.diagonal()[both].sum()
            scores.append(_percent(2 * correct, confusion[:, both].sum() + gold))
    return sum(scores) / len(scores) if scores else 0.0


def headline(scores: dict) -> float:
    """The one score of a split, in percent: the official F1 of a relation task, else the accuracy."""
    return scores.get("official_f1", scores["accuracy"])
