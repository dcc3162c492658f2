"""Which words the table has: those of the texts to learn from, those that the user lists (--vocab), and the most
frequent ones of the vector file (--words)."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from embdistill.data.packed import UNKNOWN
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vectors import VectorFile, load_vectors
from embdistill.data.vocabulary import UNKNOWN_WORD, Vocabulary
from embdistill.data.wanted import WantedWords

AT_ONCE = 4096  # rows that are normalised at once, which bounds the memory
FREQUENT_WORDS = 80_000  # first rows of a vector file, to whose words subwords are fitted


def listed_words(listed: Collection[str] | Counter[str], words: int) -> tuple[frozenset[str], int]:
    """The words that a user lists (read_words), and how many of the first rows of the vector file enter the table.

    words: of --words; of a list with counts so many are taken, the most frequent (0: all), and none of the file.
    """
    if isinstance(listed, Counter):
        return frozenset(word for word, _ in listed.most_common(words or None)), 0
    return frozenset(listed), words


class Loaded(NamedTuple):
    """The words of a vector file that may enter the table, or serve it otherwise, in its order.

    vectors (n, D) float32, as they are in the file. first_rows: of the file, for the words that come first.
    unusable: those of its first words that no text can have, as the tokenizer splits them.
    """

    words: list[str]
    vectors: np.ndarray
    first_rows: list[int]
    unusable: frozenset[str]

    def within(self, rows: int) -> int:
        """How many words the first rows of the file have, which may have some twice."""
        return bisect_right(self.first_rows, rows)

    def first(self, rows: int) -> list[int]:
        """The indices of the words that a text can have among the first rows."""
        return [i for i, word in enumerate(self.words[: self.within(rows)]) if word not in self.unusable]


def load_words(file: VectorFile, tokenizer: Tokenizer, wanted: WantedWords, first: int) -> Loaded:
    """Read, once, the wanted words of a vector file and those of its first rows."""
    words, vectors = load_vectors(file, wanted, first)
    leading = words[: len(file.first_rows)]
    unusable = (word for word in leading if tokenizer(word, (word,)) != [word] or word == UNKNOWN_WORD)
    return Loaded(words, vectors, file.first_rows, frozenset(unusable))


class TableWords(NamedTuple):
    """The words of a table and the frequent words of the vector file, as in Dataset."""

    vocabulary: Vocabulary
    vectors: np.ndarray
    fixed: np.ndarray
    frequent_words: list[str]
    frequent_vectors: np.ndarray


def table_words(
    loaded: Loaded, in_texts: Collection[str], fixed: Collection[str], frequent: int, fitted: int
) -> TableWords:
    """The table of the loaded words that are among the tokens of the texts, or among those fixed whatever the texts.

    frequent: of how many rows of the vector file the words are frequent; fitted: of how many their vectors are kept.
    """
    entering = {*in_texts, *fixed} - {UNKNOWN_WORD}
    kept = [i for i, word in enumerate(loaded.words) if word in entering]
    vocabulary = Vocabulary([loaded.words[i] for i in kept])
    ids = [id for word, id in vocabulary.index.items() if word in fixed]
    return TableWords(
        vocabulary,
        normalised(loaded.vectors, kept),
        np.array(ids, np.int32),
        [loaded.words[i] for i in loaded.first(frequent)],
        normalised(loaded.vectors, loaded.first(fitted))[UNKNOWN + 1 :],
    )


def normalised(vectors: np.ndarray, rows: Sequence[int]) -> np.ndarray:
    """These rows at root mean square 1, whatever scale the vectors came in, below a row of zeros for unknown words."""
    normalised = np.zeros((len(rows) + 1, vectors.shape[1]), np.float32)
    for first in range(0, len(rows), AT_ONCE):
        some = vectors[rows[first : first + AT_ONCE]]
        sizes = np.linalg.norm(some, axis=1, keepdims=True) / np.float32(vectors.shape[1] ** 0.5)
        np.divide(some, sizes, out=normalised[1 + first : 1 + first + len(some)], where=sizes > 0)
    return normalised


def table_notes(table: TableWords, loaded: Loaded, first: int, path: str, texts: str, in_texts, listed) -> list[str]:
    """How many words the table has from where, as lines for the user.

    first: how many rows of the vector file may enter (--words). path: of that file. texts: the name of the texts.
    """
    words = table.vocabulary.index.keys()
    of_texts = words & in_texts
    of_list = (words & listed) - of_texts
    sources = [f"{len(of_texts):,} of the {texts}"]
    if listed:
        sources.append(f"{len(of_list):,} more of --vocab")
    if first:
        more = len(words - of_texts - of_list)
        sources.append(f"{more:,} more of the first {loaded.within(first):,} of {path}")
    notes = [f"the table has {len(words):,} words: {', '.join(sources)}"]
    if unusable := loaded.within(first) - len(loaded.first(first)):
        notes.append(f"{path}: {unusable:,} of its first words are none that the tokenizer finds, left out")
    return notes
