"""Which words the table has: those of the texts to learn from, those that the user lists (--vocab), and the most
frequent ones of the vector file (--words)."""

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from embdistill.data.packed import UNKNOWN
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vectors import VectorFile, load_vectors
from embdistill.data.vocabulary import UNKNOWN_WORD, Vocabulary
from embdistill.data.wanted import WantedWords

OTHER_WORDS = 80_000  # first rows of a vector file, whose words serve subwords and spellings, if not the table


def listed_words(listed: Collection[str] | Counter[str], words: int) -> tuple[frozenset[str], int]:
    """The words that a user lists (read_words), and how many of the first rows of the vector file enter the table.

    words: of --words; of a list with counts so many are taken, the most frequent (0: all), and none of the file.
    """
    if isinstance(listed, Counter):
        return frozenset(word for word, _ in listed.most_common(words or None)), 0
    return frozenset(listed), words


class Loaded(NamedTuple):
    """The words of a vector file that may enter the table, or be other words beside it, in its order.

    vectors (n, D) float32, as they are in the file. first: how many of the first words enter the table (--words).
    unusable: those of the first words that no text can have, as the tokenizer splits them. others: the most frequent
    words without these.
    """

    words: list[str]
    vectors: np.ndarray
    first: int
    unusable: frozenset[str]
    others: frozenset[str]

    @property
    def frequent(self) -> set[str]:
        """The words of --words."""
        return set(self.words[: self.first]) - self.unusable


def load_words(file: VectorFile, tokenizer: Tokenizer, wanted: WantedWords, first: int, others: int) -> Loaded:
    """Read the wanted words of a vector file once, and its first ones: so many for the table, and so many others."""
    words, vectors = load_vectors(file, wanted, max(first, others))
    ahead = words[: max(first, others)]
    unusable = frozenset(word for word in ahead if tokenizer(word, (word,)) != [word] or word == UNKNOWN_WORD)
    return Loaded(words, vectors, first, unusable, frozenset(words[:others]) - unusable)


class TableWords(NamedTuple):
    """The words of a table and what is known of them.

    vectors (V, D) float32: the large vectors, each divided by its root mean square; row 0, for unknown words, is zero.
    given: see Dataset. other_words, other_vectors: see Dataset.
    """

    vocabulary: Vocabulary
    vectors: np.ndarray
    given: np.ndarray
    other_words: list[str]
    other_vectors: np.ndarray | None


def table_words(loaded: Loaded, in_texts: Collection[str], given: Collection[str]) -> TableWords:
    """The table of the loaded words that are among the tokens of the texts, or among those given whatever the texts."""
    entering = {*in_texts, *given} - {UNKNOWN_WORD}
    kept = [i for i, word in enumerate(loaded.words) if word in entering]
    vocabulary = Vocabulary([loaded.words[i] for i in kept])
    others = [i for i, word in enumerate(loaded.words) if word in loaded.others and word not in vocabulary.index]
    return TableWords(
        vocabulary,
        normalised(loaded.vectors[kept]),
        np.array([vocabulary.index[word] for word in vocabulary.words[UNKNOWN + 1 :] if word in given], np.int32),
        [loaded.words[i] for i in others],
        normalised(loaded.vectors[others])[UNKNOWN + 1 :] if others else None,
    )


def normalised(vectors: np.ndarray) -> np.ndarray:
    """Every row at root mean square 1, whatever scale the vectors came in, below a row of zeros for unknown words."""
    normalised = np.zeros((len(vectors) + 1, vectors.shape[1]), np.float32)
    sizes = np.linalg.norm(vectors, axis=1, keepdims=True) / np.float32(vectors.shape[1] ** 0.5)
    np.divide(vectors, sizes, out=normalised[1:], where=sizes > 0)
    return normalised


def table_notes(table: TableWords, loaded: Loaded, path: str, texts: str, in_texts, listed) -> list[str]:
    """How many words the table has from where, as lines for the user. path: of the vector file. texts: their name."""
    words = table.vocabulary.index.keys()
    of_texts = words & in_texts
    of_list = (words & listed) - of_texts
    sources = [f"{len(of_texts):,} of the {texts}"]
    if listed:
        sources.append(f"{len(of_list):,} more of --vocab")
    if loaded.first:
        more = len((words & loaded.frequent) - of_texts - of_list)
        sources.append(f"{more:,} more of the first {len(loaded.words[: loaded.first]):,} of {path}")
    notes = [f"the table has {len(words):,} words: {', '.join(sources)}"]
    if unusable := loaded.unusable.intersection(loaded.words[: loaded.first]):
        notes.append(f"{path}: {len(unusable):,} of its first words are none that the tokenizer finds, left out")
    return notes
