"""Scores of predicted labels, in percent."""

import re
from typing import NamedTuple

import numpy as np


def accuracy(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Share of correct predictions, in percent. labels, predicted (B,) int."""
    return 100 * float(np.mean(labels == predicted))


class Counts(NamedTuple):
    """What scores are computed from, for each class: correct predictions, predictions, gold examples, each (C,) int64.

    Of the size of the classes, where a confusion matrix would have their square.
    """

    correct: np.ndarray
    predicted: np.ndarray
    support: np.ndarray


def count(labels: np.ndarray, predicted: np.ndarray, classes: int) -> Counts:
    """The counts of predictions. labels, predicted (B,) int, 0..C-1."""
    correct = labels[labels == predicted]
    return Counts(*(np.bincount(of, minlength=classes) for of in (correct, predicted, labels)))


def confusion(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """The confusion matrix (C, C) int64: rows gold, columns predicted. labels, predicted (B,) int, 0..C-1."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def confusions(labels: np.ndarray, predicted: np.ndarray, classes: int) -> list[tuple[int, int, int]]:
    """(gold, predicted, count) of all pairs of different classes that were confused, the commonest first.

    labels, predicted (B,) int, 0..C-1.
    """
    wrong = labels != predicted
    pairs, counts = np.unique(labels[wrong] * np.int64(classes) + predicted[wrong], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [(*divmod(pair, classes), n) for pair, n in zip(pairs[order].tolist(), counts[order].tolist(), strict=True)]


def per_class(counts: Counts) -> list[dict]:
    """`precision`, `recall` and `f1` in percent of each class, and `support`, the number of its gold examples.

    An undefined score, of a class that is never predicted or has no gold example, is 0.
    Source: van Rijsbergen 1979, chapter 7.
    """
    return [
        {
            "precision": _percent(correct, predicted),
            "recall": _percent(correct, support),
            "f1": _percent(2 * correct, predicted + support),
            "support": support,
        }
        for correct, predicted, support in zip(*(of.tolist() for of in counts), strict=True)
    ]


def _percent(part, whole):
    return 100 * float(part / whole) if whole else 0.0


def macro_f1(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Mean F1 of the classes that occur in labels or predicted, in percent.

    F1 = 2 TP / (2 TP + FP + FN) of each class (van Rijsbergen 1979, chapter 7). labels, predicted (B,) int from 0 on.
    """
    counts = count(labels, predicted, 1 + int(max(labels.max(), predicted.max())))
    predicted_and_gold = counts.predicted + counts.support
    present = predicted_and_gold > 0
    return 100 * float(np.mean(2 * counts.correct[present] / predicted_and_gold[present]))


def relation_f1(names: list[str], counts: Counts) -> float:
    """The official score of SemEval-2010 task 8: mean F1 of the relations with gold examples, in percent.

    names: of the C classes, NAME(e1,e2), NAME(e2,e1) or Other.
    F1 of a relation = 2 TP / (predicted + gold), where a TP has the right direction, and predicted and gold count both
    directions. Other and relations without gold examples are omitted; 0 if no relation remains.
    Source: Hendrickx et al. 2010, and their scorer, version 1.2: "(9+1)-way evaluation taking directionality into
    account".
    """
    classes = {}  # of each relation
    for c, name in enumerate(names):
        classes.setdefault(re.sub(r"\(e1,e2\)$|\(e2,e1\)$", "", name), []).append(c)
    classes.pop("Other", None)
    scores = []
    for _, both in sorted(classes.items()):
        correct, predicted, gold = (int(of[both].sum()) for of in counts)
        if gold:
            scores.append(_percent(2 * correct, predicted + gold))
    return sum(scores) / len(scores) if scores else 0.0


def headline(scores: dict) -> float:
    """The one score of a split, in percent: the official F1 of a relation task, else the accuracy."""
    return scores.get("official_f1", scores["accuracy"])
