"""Scores of predicted labels."""

import re

import numpy as np


def accuracy(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Share of right predictions, in percent. labels, predicted (B,) int."""
    return 100 * float(np.mean(labels == predicted))


def confusion(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """How often each class was taken for each, (C, C) int64: rows gold, columns predicted.

    labels, predicted (B,) int, 0..C-1.
    """
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def per_class(confusion: np.ndarray) -> list[dict]:
    """`precision`, `recall` and `f1` in percent of each class, and `support`, its gold examples.

    A score that is not defined, for a class that is never predicted or has no gold example, is 0.
    confusion (C, C) int, as of confusion(). Source: van Rijsbergen 1979, chapter 7.
    """
    right, predicted, support = confusion.diagonal(), confusion.sum(axis=0), confusion.sum(axis=1)
    return [
        {
            "precision": _percent(right[c], predicted[c]),
            "recall": _percent(right[c], support[c]),
            "f1": _percent(2 * right[c], predicted[c] + support[c]),
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
    right, either = counts.diagonal(), counts.sum(axis=0) + counts.sum(axis=1)
    present = either > 0
    return 100 * float(np.mean(2 * right[present] / either[present]))


def relation_f1(names: list[str], confusion: np.ndarray) -> float:
    """The official score of SemEval-2010 task 8: mean F1 of the relations with gold examples, in percent.

    names: of the C classes, NAME(e1,e2), NAME(e2,e1) or Other; confusion (C, C) int, as of confusion().
    F1 of a relation = 2 TP / (predicted + gold), where TP needs the right direction, and predicted and gold count both.
    Other is left out, and so is a relation without gold examples: predicting it is as wrong as predicting Other.
    0 where no relation is left.
    Source: Hendrickx et al. 2010, and their scorer, version 1.2: "(9+1)-way evaluation taking directionality into
    account".
    """
    relations = [re.sub(r"\(e1,e2\)$|\(e2,e1\)$", "", name) for name in names]
    scores = []
    for relation in sorted(set(relations) - {"Other"}):
        both = [c for c, of in enumerate(relations) if of == relation]
        gold = confusion[both].sum()
        if gold:
            right = confusion.diagonal()[both].sum()
            scores.append(_percent(2 * right, confusion[:, both].sum() + gold))
    return sum(scores) / len(scores) if scores else 0.0


def headline(scores: dict) -> float:
    """The one score of a part, in percent: the official F1 of a relation task, else the accuracy."""
    return scores.get("official_f1", scores["accuracy"])
