"""A model with more or less of what reads words that its table lacks, for a budget to choose from."""

from collections.abc import Iterator
from dataclasses import replace

from embdistill.model.classifier import Model
from embdistill.model.correction import Correction

SPELLINGS = (1, 4, 16)  # parts of the spellings that are kept: all, the first quarter, ...; and none


def variants(model: Model) -> Iterator[Model]:
    """The model as it is, without subwords, and both with fewer spellings; only itself, if it has neither."""
    for subwords in dict.fromkeys([bool(model.subwords), False]):
        for correction in _corrections(model.correction):
            yield replace(model, subwords=model.subwords if subwords else None, correction=correction)


def _corrections(correction: Correction | None):
    if correction is None or not correction.spellings:
        return [correction]
    counts = [*(len(correction.spellings) // part for part in SPELLINGS), 0]
    return [replace(correction, spellings=correction.spellings[:count]) for count in dict.fromkeys(counts)]
