"""A model with more or less of what reads words that its table lacks, for a budget to choose from."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from embdistill.model.classifier import Model
from embdistill.model.correction import Correction
from embdistill.model.subwords import TRUST, Subwords, fit, rank_weights

SPELLINGS = (5_000, 0)  # how many are kept, if not all
FEWER = (4, 8, 16)  # parts of the buckets of n-grams that are kept, if not all


def variants(model: Model) -> Iterator[Model]:
    """The model as it is, then with fewer subwords and none, and all with fewer spellings and without corrections; only
    itself, if it has none of them."""
    for subwords in _subwords(model):
        for correction in _corrections(model.correction):
            yield replace(model, subwords=subwords, correction=correction)


def closed_vocabulary(model: Model) -> Model:
    """The smallest variant: without all of it."""
    return replace(model, subwords=None, correction=None)


def _corrections(correction: Correction | None):
    if correction is None:
        return [None]
    counts = [len(correction.spellings), *(count for count in SPELLINGS if count < len(correction.spellings))]
    return [*(replace(correction, spellings=correction.spellings[:count]) for count in counts), None]


def _subwords(model):
    if model.subwords is None:
        return [None]
    has_words = model.correction and model.correction.spellings  # beside those of the table, which are too few
    counts = [len(model.subwords.buckets) // part for part in FEWER if has_words]
    return [model.subwords, *(with_fewer_buckets(model, count) for count in counts if count), None]


def with_fewer_buckets(model: Model, buckets: int) -> Subwords:
    """Subwords of a model with so many buckets, fitted to the words of its table, and to its spellings as its own
    subwords give them.

    Where the number is that of the model over a power of 2, buckets are joined, so that what these give is all that
    matters of the vectors that the model's own were fitted to: projections onto nested spaces.
    """
    spellings, known = model.correction.spellings, model.vocabulary.words[1:]
    vectors = np.concatenate([model.table[1:], model.subwords.vectors(spellings) / np.float32(TRUST)])
    weights = np.concatenate([rank_weights(len(known)), rank_weights(len(spellings))])
    return fit([*known, *spellings], vectors, weights, buckets)
