"""How a word of a text is read: known, or corrected to a known one, or by its character n-grams, or as unknown."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from embdistill.data.packed import UNKNOWN, Packed
from embdistill.data.vocabulary import Vocabulary
from embdistill.kernels.runtime import _runtime
from embdistill.model.correction import Correction
from embdistill.model.subwords import Subwords
from embdistill.model.word_index import index_words

KNOWN, CORRECTED, BY_SUBWORDS, UNREAD = READINGS = "known", "corrected", "subwords", "unknown"


class Reading(NamedTuple):
    """how: one of KNOWN, CORRECTED, BY_SUBWORDS and UNREAD. row: of the table, for the first two; else UNKNOWN."""

    how: str
    row: int


def word_sections(
    vocabulary: Vocabulary, correction: Correction | None, short: bool = False
) -> tuple[dict[str, bytes], np.ndarray]:
    """The sections WORD, CORR and SPEL of an image (docs/edm.md), as far as there is something in them, and the order
    (n,) int64 of the words in them: word i is in row order[i] + 1 of the table. short: as in index_words."""
    index, order = index_words(vocabulary.words[1:], short)
    sections = {"WORD": index}
    if correction:
        sections["CORR"] = correction.section(order)
        if spellings := correction.spellings_section(index):
            sections["SPEL"] = spellings
    return sections, order


class WordReader:
    """Reads words with the parts of a model, as the C runtime does. correction, subwords: None for a model without."""

    def __init__(self, vocabulary: Vocabulary, correction: Correction | None, subwords: Subwords | None):
        self.vocabulary, self.correction, self.subwords = vocabulary, correction, subwords
        if correction:
            sections, order = word_sections(vocabulary, correction)
            self._words = _runtime.Words(*sections.values())
            self._rows = [UNKNOWN, *(order + 1).tolist()]  # of the table, for those of the index

    def __reduce__(self):
        """Pickled and copied by its parts: what is in C is made anew of them."""
        return WordReader, (self.vocabulary, self.correction, self.subwords)

    def read(self, word: str) -> Reading:
        """How a token is read."""
        if row := self.vocabulary.index.get(word, UNKNOWN):
            return Reading(KNOWN, row)
        return self.read_unknown(word)

    def read_unknown(self, word: str) -> Reading:
        """How a token is read that the vocabulary lacks."""
        if self.correction and (found := self._words.correct(word)):
            return Reading(CORRECTED, self._rows[found])
        return Reading(BY_SUBWORDS if self.subwords else UNREAD, UNKNOWN)

    def is_spelling(self, word: str) -> bool:
        """Whether a token that the vocabulary lacks is not corrected because it is taken for a right word: one of the
        spellings, or one for which their filter takes another by mistake."""
        return bool(self.correction) and self._words.is_spelling(word)

    def pack(self, sentences: Iterable[Sequence[str]]) -> tuple[Packed, Packed]:
        """(read, packed): sentences of tokens as the model reads them, and as its vocabulary packs them, with id
        UNKNOWN for all words that it lacks."""
        sentences = list(sentences)
        packed = self.vocabulary.pack(sentences)
        if not (self.correction or self.subwords):
            return packed, packed
        unknown = np.flatnonzero(packed.ids == UNKNOWN).tolist()
        tokens = list(chain.from_iterable(sentences))
        tokens = [tokens[i] for i in unknown]
        readings = {token: self.read_unknown(token) for token in dict.fromkeys(tokens)}
        composed = [token for token, reading in readings.items() if reading.how == BY_SUBWORDS]
        rows = {token: reading.row for token, reading in readings.items()}
        rows |= {token: row for row, token in enumerate(composed, len(self.vocabulary))}
        ids = packed.ids.copy()
        ids[unknown] = [rows[token] for token in tokens]
        return packed._replace(ids=ids, composed=self.subwords and self.subwords.vectors(composed)), packed
