"""What a trained model gets to read words that its table lacks: corrections and subwords."""

from dataclasses import replace

import numpy as np

from embdistill.data.dataset import Dataset
from embdistill.data.packed import UNKNOWN
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.model.correction import correction_of
from embdistill.model.subwords import Subwords, fit, rank_weights
from embdistill.progress import say
from embdistill.training.learner import Learner


def open_vocabulary(model: Model, student: Learner, dataset: Dataset, config: Config) -> Model:
    """The model with config.subwords buckets of n-grams and, if config.correct, with corrections.

    student: the trained learner whose table maps large vectors; a stage after it may have tuned the model's table.
    """
    counts = np.bincount(dataset.train.packed.ids, minlength=len(model.vocabulary))
    subwords = _subwords(model, student, dataset, counts, config.subwords) if config.subwords else None
    spellings = dataset.other_words[: config.spellings]
    correction = correction_of(model.vocabulary.words, counts, spellings) if config.correct else None
    return replace(model, subwords=subwords, correction=correction)


def _subwords(model, student, dataset, counts, buckets) -> Subwords | None:
    """Fitted to the words of the table and to the other words of the vector file, the frequent ones first.

    Where there are none, only those words of the table have a meaning that occurred in training. counts (V): how often.
    """
    table, values = student.table, student.parameters.values
    others = None if dataset.other_vectors is None else table.outside(values, dataset.other_vectors)
    rows = np.flatnonzero(counts) if others is None else np.arange(len(counts))
    rows = rows[rows != UNKNOWN]
    words, vectors, weights = [model.vocabulary.words[row] for row in rows], model.table[rows], rank_weights(len(rows))
    if others is not None:
        words, vectors = words + dataset.other_words, np.concatenate([vectors, others])
        weights = np.concatenate([weights, rank_weights(len(others))])
    if not words:
        say("no subwords: no word that occurs in training has a vector")
        return None
    return fit(words, vectors, weights, buckets)
