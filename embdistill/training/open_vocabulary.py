"""What a trained model gets to read words that its table lacks: corrections and subwords.

Words of the training texts that have no vector were trained as the unknown word, and are to be read so ever after: they
are right words, which are not corrected, and subwords give them, and words like them, about its vector.
"""

from dataclasses import replace
from itertools import chain

import numpy as np

from embdistill.data.dataset import Dataset, Split
from embdistill.data.packed import UNKNOWN
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.model.correction import Correction, correction_of
from embdistill.model.evaluation import predicted_of
from embdistill.model.subwords import TRUST, Subwords, fit, rank_weights
from embdistill.progress import say
from embdistill.training.learner import Learner

RARER = 100  # times in rank than a known word one edit away: a word of the vector file is taken for a misspelling of it
UNKNOWN_WEIGHT = 5  # of the words that were trained as unknown, in the fit of subwords
CLEARLY = 1.64  # standard deviations: by chance, one in twenty


def open_vocabulary(model: Model, student: Learner, dataset: Dataset, config: Config) -> Model:
    """The model with config.subwords buckets of n-grams and, if config.correct, with corrections.

    student: the trained learner whose table maps large vectors; a stage after it may have tuned the model's table.
    """
    if not (config.subwords or config.correct):
        return model
    counts = np.bincount(dataset.train.packed.ids, minlength=len(model.vocabulary))
    unknown = model.unknown_words
    subwords = _subwords(model, student, dataset, counts, unknown, config.subwords) if config.subwords else None
    correction = None
    if config.correct:
        correction = correction_for(model.vocabulary.words, counts, unknown, dataset, config.spellings)
    return replace(model, subwords=subwords, correction=correction)


def correction_for(words, counts, unknown, dataset, spellings: int, rarer: float = RARER) -> Correction:
    """The correction for the words (V) of a table, which occur counts (V,) times in training.

    Its spellings are the words that would be corrected, of those trained as unknown (`unknown`), and of the first
    `spellings` outside words but for likely misspellings: those that stand `rarer` times as far down in the vector file
    as the word that they would become.
    """
    correction = correction_of(words, counts)
    ranks = {word: rank for rank, word in enumerate(dataset.frequent_words, 1)}
    outside = dataset.outside_words[:spellings]
    trained = zip(unknown, correction.rows_read(words, unknown), strict=True)
    read_as = zip(outside, correction.rows_read(words, outside), strict=True)
    right = [word for word, row in trained if row]
    right += [word for word, row in read_as if row and ranks[word] < rarer * ranks.get(words[row], len(ranks))]
    return replace(correction, spellings=right)


def _subwords(model, student, dataset, counts, unknown, buckets) -> Subwords | None:
    """Fitted to the words of the table, to the frequent words outside it, and to those trained as unknown.

    Where there are no vectors of outside words, only those words of the table have a meaning that occurred in training.
    counts (V): how often.
    """
    outside = _outside_vectors(student, dataset)
    rows = np.flatnonzero(counts) if outside is None else np.arange(len(counts))
    rows = rows[rows != UNKNOWN]
    groups = [([model.vocabulary.words[row] for row in rows], model.table[rows], 1)]
    if outside is not None:
        groups.append((dataset.outside_words[: len(outside)], outside, 1))
    if not any(words for words, _, _ in groups):
        say("no subwords: no word that occurs in training has a vector")
        return None
    groups.append((unknown, np.repeat(model.table[:1] / np.float32(TRUST), len(unknown), axis=0), UNKNOWN_WEIGHT))
    words = list(chain.from_iterable(words for words, _, _ in groups))
    weights = np.concatenate([weight * rank_weights(len(words)) for words, _, weight in groups])
    return fit(words, np.concatenate([vectors for _, vectors, _ in groups]), weights, buckets)


def _outside_vectors(student, dataset):
    """The small vectors of the frequent words outside the table; None where there are no large ones."""
    large = dataset.outside_vectors
    return None if large is None else student.table.outside(student.parameters.values, large)


def warn_of_worse(model: Model, dev: Split) -> None:
    """Say so, if a model is clearly worse on dev than if all words outside its table were unknown."""
    if not model.open_vocabulary:
        return
    without = model.predicted(dev.packed) == dev.labels
    found = predicted_of(model, dev.texts) == dev.labels
    lost, won = np.sum(without & ~found), np.sum(found & ~without)
    if lost - won > CLEARLY * np.sqrt(lost + won):
        say(
            f"warning: reading words that the table lacks takes dev from {100 * np.mean(without):.1f} to "
            f"{100 * np.mean(found):.1f} %: try --subwords 0, or --correct false"
        )
