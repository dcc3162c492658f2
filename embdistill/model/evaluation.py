"""Scores of a model on a split or a file, and the time that a prediction takes."""

import statistics
import time

import numpy as np

from embdistill.data.corpora import DEFAULT_LAYOUT, Layout, read_corpus
from embdistill.data.dataset import Split
from embdistill.data.prepare import label_indices, tokenize_corpus
from embdistill.errors import UserError
from embdistill.model import metrics
from embdistill.model.classifier import Model
from embdistill.progress import say

TIMED = 200  # texts on which the time of prediction is measured


def scores(model: Model, split: Split) -> dict:
    """Scores of a model on a split, in percent: accuracy, macro-F1, for relations the official F1, each class, and the
    confusion matrix, rows the gold labels."""
    return scores_of(model, split.labels, model.logits(split.packed).argmax(axis=1))


def scores_of(model: Model, labels: np.ndarray, predicted: np.ndarray) -> dict:
    """Scores as of `scores`, from the indices of gold and of predicted labels (B,) int."""
    confusion = metrics.confusion(labels, predicted, len(model.labels))
    found = {
        "accuracy": metrics.accuracy(labels, predicted),
        "macro_f1": metrics.macro_f1(labels, predicted, len(model.labels)),
    }
    if model.relations:
        found["official_f1"] = metrics.relation_f1(model.labels, confusion)
    per_class = dict(zip(model.labels, metrics.per_class(confusion), strict=True))
    return {**found, "per_class": per_class, "confusion": confusion.tolist()}


def prediction_microseconds(model: Model, split: Split) -> float:
    """Median time of the logits of one text, its words looked up already, over the first TIMED texts of a split."""
    seconds = []
    for index in range(min(TIMED, split.packed.sentences)):
        text = split.select(np.array([index])).packed
        start = time.perf_counter()
        model.logits(text)
        seconds.append(time.perf_counter() - start)
    return 1e6 * statistics.median(seconds)


def evaluate(model: Model, data, format: str = "auto", layout: Layout = DEFAULT_LAYOUT) -> dict:
    """Scores of a model on a labelled file; UserError, with the line, for a class that the model does not know.

    model: also an embdistill.model.edm.EdmModel. Trees are read with two classes where the model was trained on two.
    """
    trees = "sst2" if str(model.about.get("format")).startswith("sst2") else "sst5"
    corpus = read_corpus(data, format, layout, trees)
    for note in corpus.notes:
        say(note)
    if corpus.relations != model.relations:
        kind = "relations between marked entities" if model.relations else "whole texts"
        raise UserError(f"{data}: of another kind than the model's task, {kind}; give texts of that kind")
    labels = label_indices(corpus, model.labels, "the model")
    tokens = sum(map(len, tokenize_corpus(corpus, model.tokenizer, model.known_words)[0]))
    rows, known = model.logits_and_known([example.text for example in corpus.examples])
    unknown = 100 * (1 - sum(known) / tokens) if tokens else 0.0
    say(f"{data}: {unknown:.1f} % of the tokens are words that the model does not know")
    return {"examples": len(labels), **scores_of(model, labels, np.argmax(rows, axis=1))}
