"""What a trained model gets to read words that its table lacks: corrections and subwords."""

from dataclasses import replace

import numpy as np

from embdistill.data.dataset import Dataset
from embdistill.data.packed import UNKNOWN
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.model.correction import Correction, correction_of
from embdistill.model.subwords import Subwords, fit, rank_weights
from embdistill.progress import say
from embdistill.training.learner import Learner

RARER = 30  # times in rank than a known word one edit away: a word of the vector file is taken for a misspelling of it


def open_vocabulary(model: Model, student: Learner, dataset: Dataset, config: Config) -> Model:
    """The model with config.subwords buckets of n-grams and, if config.correct, with corrections.

    student: the trained learner whose table maps large vectors; a stage after it may have tuned the model's table.
    """
    counts = np.bincount(dataset.train.packed.ids, minlength=len(model.vocabulary))
    subwords = _subwords(model, student, dataset, counts, config.subwords) if config.subwords else None
    correction = _correction(model.vocabulary.words, counts, dataset, config.spellings) if config.correct else None
    return replace(model, subwords=subwords, correction=correction)


def _correction(words, counts, dataset, spellings) -> Correction:
    """With those of the first `spellings` outside words that would be corrected, but for likely misspellings."""
    correction = correction_of(words, counts)
    ranks = {word: rank for rank, word in enumerate(dataset.frequent_words, 1)}
    outside = dataset.outside_words[:spellings]
    read_as = zip(outside, correction.rows_read(words, outside), strict=True)
    right = [word for word, row in read_as if row and ranks[word] < RARER * ranks.get(words[row], len(ranks))]
    return replace(correction, spellings=right)


def _subwords(model, student, dataset, counts, buckets) -> Subwords | None:
    """Fitted to the words of the table and to the frequent words outside it.

    Where there are none, only those words of the table have a meaning that occurred in training. counts (V): how often.
    """
    table, values = student.table, student.parameters.values
    large = dataset.outside_vectors
    outside = None if large is None else table.outside(values, large)
    rows = np.flatnonzero(counts) if outside is None else np.arange(len(counts))
    rows = rows[rows != UNKNOWN]
    words, vectors, weights = [model.vocabulary.words[row] for row in rows], model.table[rows], rank_weights(len(rows))
    if outside is not None:
        words, vectors = words + dataset.outside_words[: len(outside)], np.concatenate([vectors, outside])
        weights = np.concatenate([weights, rank_weights(len(outside))])
    if not words:
        say("no subwords: no word that occurs in training has a vector")
        return None
    return fit(words, vectors, weights, buckets)
