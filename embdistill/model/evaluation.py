"""Scores of a model on a split or a file, and the time that a prediction takes."""

import statistics
import time
from collections import Counter
from itertools import chain

import numpy as np

from embdistill.data.account import account_of, warnings_of_texts
from embdistill.data.corpora import DEFAULT_LAYOUT, Corpus, Layout, read_corpus
from embdistill.data.dataset import Split
from embdistill.data.prepare import label_indices, raw_texts, tokenize_corpus
from embdistill.data.typos import Typos
from embdistill.errors import UserError
from embdistill.model import metrics
from embdistill.model.classifier import Model
from embdistill.progress import say

TIMED = 200  # texts on which the time of prediction is measured
BATCH = 256  # texts whose logits are in memory at once
CONFUSION = ("auto", "pairs", "full")  # auto: the matrix of up to FEW_CLASSES, else the LARGEST pairs
FEW_CLASSES = LARGEST = 20
MOST_CLASSES = 5000


def scores(model: Model, split: Split) -> dict:
    """Scores of a model on a split, in percent: accuracy, macro-F1, for relations the official F1, each class, and
    which classes were confused (of few classes the matrix, of more the commonest pairs)."""
    if model.open_vocabulary and split.texts is not None:  # which spell the words that the table lacks
        return scores_of(model, split.labels, predicted_of(model, split.texts))
    return scores_of(model, split.labels, model.predicted(split.packed))


def scores_of(model: Model, labels: np.ndarray, predicted: np.ndarray, confusion: str = "auto") -> dict:
    """Scores as of `scores`, from the indices of gold and of predicted labels (B,) int. confusion: one of CONFUSION."""
    counts = metrics.count(labels, predicted, len(model.labels))
    found = {"accuracy": metrics.accuracy(labels, predicted), "macro_f1": metrics.macro_f1(labels, predicted)}
    if model.relations:
        found["official_f1"] = metrics.relation_f1(model.labels, counts)
    found["per_class"] = dict(zip(model.labels, metrics.per_class(counts), strict=True))
    return found | _confused(model.labels, labels, predicted, confusion)


def scores_with_typos(model, texts: list[str], labels: np.ndarray, typos: Typos, confusion: str = "auto") -> dict:
    """Scores as of `scores`, of the texts with typing errors; how many of their "words" were "edited".

    labels (B,) int: the indices of the gold labels. confusion: one of CONFUSION.
    """
    mistyped, words, edited = typos(texts)
    predicted = predicted_of(model, mistyped)
    return {"words": words, "edited": edited, **scores_of(model, labels, predicted, confusion)}


def predicted_of(model, texts: list[str]) -> np.ndarray:
    """The indices (B,) int of the labels that a model, also an EdmModel, predicts for texts."""
    index = {label: i for i, label in enumerate(model.labels)}
    predicted = [model.predict(texts[first : first + BATCH]) for first in range(0, len(texts), BATCH)]
    return np.array([index[label] for labels in predicted for label in labels])


def _confused(names, labels, predicted, confusion):
    if confusion == "full" or (confusion == "auto" and len(names) <= FEW_CLASSES):
        return {"confusion": metrics.confusion(labels, predicted, len(names)).tolist()}
    pairs = metrics.confusions(labels, predicted, len(names))
    pairs = pairs if confusion == "pairs" else pairs[:LARGEST]
    return {"confusions": [{"gold": names[g], "predicted": names[p], "count": count} for g, p, count in pairs]}


def prediction_microseconds(model: Model, split: Split) -> float:
    """Median time of the logits of one text, its words looked up already, over the first TIMED texts of a split."""
    seconds = []
    for index in range(min(TIMED, split.packed.sentences)):
        text = split.select(np.array([index])).packed
        start = time.perf_counter()
        model.logits(text)
        seconds.append(time.perf_counter() - start)
    return 1e6 * statistics.median(seconds)


def evaluate(
    model: Model,
    data,
    format: str = "auto",
    layout: Layout = DEFAULT_LAYOUT,
    confusion: str = "auto",
    typos: Typos | None = None,
) -> dict:
    """Scores of a model on a labelled file, as of evaluate_corpus. Trees are read with two classes where the model was
    trained on two."""
    _check_confusion(confusion, model)
    trees = "sst2" if str(model.about.get("format")).startswith("sst2") else "sst5"
    corpus = read_corpus(data, format, layout, trees, recorded=Layout(**model.about.get("layout", {})))
    return evaluate_corpus(model, corpus, confusion, typos)


def evaluate_corpus(model: Model, corpus: Corpus, confusion: str = "auto", typos: Typos | None = None) -> dict:
    """Scores of a model on labelled texts, their account under "read", and under "typos" those with typing errors.

    model: also an embdistill.model.edm.EdmModel. confusion: one of CONFUSION. typos: None for no typing errors.
    UserError for a class that the model does not know, with the line, and where it knows no word of the texts.
    """
    _check_confusion(confusion, model)
    if corpus.relations != model.relations:
        kind = "relations between marked entities" if model.relations else "whole texts"
        raise UserError(f"{corpus.path}: of another kind than the model's task, {kind}; give texts of that kind")
    labels = label_indices(corpus, model.labels, "the model")
    tokens, _ = tokenize_corpus(corpus, model.tokenizer, model.known_words)
    counts, unknown = Counter(chain.from_iterable(tokens)), getattr(model, "words_without_vector", None) or None
    account = account_of(corpus, tokens, counts, model.known_words, unknown_in_training=unknown)
    for line in [*corpus.notes, *account.lines(), *warnings_of_texts(account), *_warnings(model, corpus)]:
        say(line)
    if account.tokens and not account.known_tokens:
        raise UserError(f"{corpus.path}: the model knows no word of it; give texts of its language")
    texts, read = raw_texts(corpus), {"data": account.as_dict()}
    found = {"examples": len(labels), "read": read, **scores_of(model, labels, predicted_of(model, texts), confusion)}
    if typos:
        found["typos"] = typos.as_dict() | scores_with_typos(model, texts, labels, typos, confusion)
    return found


def _check_confusion(confusion, model):
    if confusion not in CONFUSION:
        raise UserError(f"--confusion {confusion}: must be one of {', '.join(CONFUSION)}")
    if confusion == "full" and len(model.labels) > MOST_CLASSES:
        raise UserError(
            f"--confusion full: a matrix of {len(model.labels):,} classes, more than {MOST_CLASSES:,}, is too large to "
            "print; give --confusion pairs"
        )


def _warnings(model, corpus):
    """Whether the model was trained on the same file, as far as its file tells."""
    roles = [file.get("role") for file in model.about.get("inputs", []) if file.get("sha256") == corpus.digest]
    if "data" in roles:
        return [f"warning: {corpus.path}: the model was trained on it; its scores say nothing of other texts"]
    return []
