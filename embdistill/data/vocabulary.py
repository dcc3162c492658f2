"""The vocabulary: words and their ids."""

from collections.abc import Iterable, Sequence
from itertools import chain, repeat

import numpy as np

from embdistill.data.packed import UNKNOWN, Packed

UNKNOWN_WORD = "<unk>"


class Vocabulary:
    """Words and their ids. Id UNKNOWN stands for every unknown word."""

    def __init__(self, words: Sequence[str]):
        """words: all but the unknown word, distinct; their ids are 1, 2, ... in this order."""
        self.words = [UNKNOWN_WORD, *words]
        self.index = {word: i for i, word in enumerate(self.words)}
        if len(self.index) != len(self.words):
            raise ValueError("the words of a vocabulary must be distinct, and none may be " + UNKNOWN_WORD)
        del self.index[UNKNOWN_WORD]

    def __len__(self) -> int:
        return len(self.words)

    def pack(self, sentences: Iterable[Sequence[str]]) -> Packed:
        """Tokenised sentences as one packed batch."""
        sentences = list(sentences)
        ids = map(self.index.get, chain.from_iterable(sentences), repeat(UNKNOWN))
        return Packed(np.fromiter(ids, np.int32), np.cumsum([0, *map(len, sentences)], dtype=np.int64))
