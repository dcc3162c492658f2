"""How the words of a model are read once they are removed from it."""

from typing import NamedTuple

import numpy as np

from embdistill.data.packed import UNKNOWN, Packed
from embdistill.data.vocabulary import Vocabulary
from embdistill.model.classifier import Model
from embdistill.model.words import CORRECTED, WordReader


class StandIns(NamedTuple):
    """ids (V,) int32: for each word the row of the kept word that it is corrected to, or V + its own row, of its
    composed vector, or UNKNOWN. composed (V, d) float32: what the n-grams of each word give; None without subwords."""

    ids: np.ndarray
    composed: np.ndarray | None

    def without(self, texts: Packed, kept: np.ndarray) -> Packed:
        """The texts as the model reads them that has only the words in the rows `kept` (n,)."""
        ids = np.where(np.isin(texts.ids, kept), texts.ids, self.ids[texts.ids])
        return texts._replace(ids=ids, composed=self.composed)


def composed_of(model: Model) -> np.ndarray | None:
    """What the n-grams of each word of the vocabulary give (V, d); None for a model without subwords."""
    return model.subwords and model.subwords.vectors(model.vocabulary.words)


def stand_ins(model: Model, kept: np.ndarray, composed: np.ndarray | None) -> StandIns:
    """Of all words of a model, in a model with only those in the rows `kept` (n,). composed: as of composed_of."""
    words, rows = model.vocabulary.words, len(model.vocabulary)
    ids = np.full(rows, UNKNOWN, np.int32) if composed is None else np.arange(rows, 2 * rows, dtype=np.int32)
    ids[UNKNOWN] = UNKNOWN
    if model.correction:
        reader = WordReader(Vocabulary([words[row] for row in kept]), model.correction.of_rows(kept), None)
        for row in range(1, rows):
            how, found = reader.read_unknown(words[row])
            if how == CORRECTED and kept[found - 1] != row:
                ids[row] = kept[found - 1]
    return StandIns(ids, composed)
