"""From texts to packed batches of word numbers: the binding of the C tokeniser, and the vocabulary."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import NamedTuple

import numpy as np

from embdistill.errors import UserError
from embdistill.kernels import _runtime

UNKNOWN = 0  # the row of every word that has none of its own
UNKNOWN_WORD = "<unk>"
SPLITS = ("english", "whitespace")


@dataclass(frozen=True)
class Tokenizer:
    """The one tokeniser (kernels/c/embdistill.c), with its two settings.

    split: "english" splits punctuation and clitics off; "whitespace" is for text that is tokenised already.
    lowercase: False for vectors that tell Paris from paris.
    """

    split: str = "english"
    lowercase: bool = True

    def __post_init__(self):
        if self.split not in SPLITS:
            raise UserError(f"--split {self.split}: must be {' or '.join(SPLITS)}")

    def __call__(self, text: str | bytes) -> list[str]:
        """The tokens of one text; bytes are read as UTF-8, and what is not UTF-8 among them as Latin-1."""
        return _runtime.tokenize(text, self.split == "whitespace", self.lowercase)


class Packed(NamedTuple):
    """Sentences of word numbers without padding: sentence b is ids[offsets[b]:offsets[b + 1]].

    ids (N,) int32; offsets (B + 1,) int64, from 0 to N, never falling. distances (N, 2) int32, in relation tasks: of
    each token from the two entities, in words (embdistill.relations).
    """

    ids: np.ndarray
    offsets: np.ndarray
    distances: np.ndarray | None = None

    @property
    def sentences(self) -> int:
        return len(self.offsets) - 1


def check_packed(packed: Packed, rows: int) -> Packed:
    """The same batch, if kernels may read it; ValueError for an id outside 0..rows-1 or offsets that do not fit.

    Numba does not check bounds, so every batch that comes from outside goes through here.
    """
    ids, offsets, distances = packed
    if ids.dtype != np.int32 or offsets.dtype != np.int64 or ids.ndim != 1 or offsets.ndim != 1:
        raise ValueError("a packed batch is ids (N,) int32 and offsets (B+1,) int64")
    if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(ids) or np.any(offsets[1:] < offsets[:-1]):
        raise ValueError(f"offsets must rise from 0 to the number of tokens, {len(ids)}")
    if len(ids) and not 0 <= ids.min() <= ids.max() < rows:
        raise ValueError(f"word numbers {ids.min()}..{ids.max()} do not fit a table of {rows} rows")
    if distances is not None and (distances.shape != (len(ids), 2) or distances.dtype != np.int32):
        raise ValueError("distances are (N, 2) int32, two for each token")
    return packed


def known_words(packed: Packed) -> list[int]:
    """How many tokens of each sentence are known words."""
    known = np.concatenate([[0], np.cumsum(packed.ids != UNKNOWN)])
    return (known[packed.offsets[1:]] - known[packed.offsets[:-1]]).tolist()


class Vocabulary:
    """Words and their numbers. Number 0 stands for every unknown word."""

    def __init__(self, words: Sequence[str]):
        """words: all but the unknown word, distinct; they get the numbers 1, 2, ... in this order."""
        self.words = [UNKNOWN_WORD, *words]
        self.number = {word: i for i, word in enumerate(self.words)}
        if len(self.number) != len(self.words):
            raise ValueError("the words of a vocabulary must be distinct, and none may be " + UNKNOWN_WORD)
        del self.number[UNKNOWN_WORD]

    def __len__(self) -> int:
        return len(self.words)

    def pack(self, sentences: Iterable[Sequence[str]]) -> Packed:
        """Tokenised sentences as one packed batch."""
        sentences = list(sentences)
        ids = map(self.number.get, chain.from_iterable(sentences), repeat(UNKNOWN))
        return Packed(np.fromiter(ids, np.int32), np.cumsum([0, *map(len, sentences)], dtype=np.int64))
