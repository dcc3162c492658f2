"""Word vectors that are in memory: a dict, words and an array, or what has `index_to_key` and `vectors`, as gensim's
KeyedVectors."""

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from embdistill.data.vectors import VectorFile
from embdistill.errors import UserError

BLOCK_ROWS = 4096  # rows made float32 at a time


@dataclass
class VectorsInMemory(VectorFile):
    """As a VectorFile, the words (n) and their values (n, D) at hand, in the order of the words, the frequent ones
    first."""

    words: Sequence[str] = ()
    values: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.float32))

    def _read(self, wanted: Container[str] | None, first: int) -> Iterator[tuple[str, np.ndarray]]:
        self.counts["rows read"] = len(self.words)
        for row, word in enumerate(self.words):
            if wanted is None or row < first or word in wanted:
                vector = self.values[row].astype(np.float32)
                if not np.isfinite(vector).all():
                    raise UserError(f"{self.path}: a value of {word!r} is NaN, infinite or too large; remove the word")
                yield word, vector

    def again(self) -> "VectorsInMemory":
        return self

    @property
    def is_pipe(self) -> bool:
        return False

    def sha256(self) -> str:
        """Of the words, a LF behind each, and of the values in float32, row by row."""
        if self.digest is not None:  # that of the file that they come from
            return self.digest
        digest = hashlib.sha256("".join(f"{word}\n" for word in self.words).encode(errors="surrogatepass"))
        for start in range(0, len(self.values), BLOCK_ROWS):
            digest.update(np.ascontiguousarray(self.values[start : start + BLOCK_ROWS], np.float32).data)
        return digest.hexdigest()


def vectors_in_memory(source: Any, name: str = "vectors") -> VectorsInMemory:
    """Vectors in memory as a VectorFile; name: in messages.

    source: a mapping from words to vectors (D,); a pair of n words and an array (n, D); or an object with `vectors`
    (n, D) and n words as `index_to_key` or `words`. The values are not copied. UserError for anything else.
    """
    words, values = _parts(source, name)
    words = list(words)
    if not words:
        raise UserError(f"{name}: no words in it; give at least one word and its vector")
    for i, word in enumerate(words):
        if not isinstance(word, str):
            raise UserError(f"{name}: word {i} is {word!r} of type {type(word).__name__}; words must be str")
    try:
        values = np.asarray(values)
    except ValueError as error:
        raise UserError(f"{name}: vectors of different lengths ({error}); give all the same") from error
    if values.ndim != 2 or len(values) != len(words) or not values.shape[1] or values.dtype.kind not in "fiu":
        raise UserError(
            f"{name}: {len(words):,} words and values of shape {values.shape} and type {values.dtype}; "
            "give an array of numbers, a row for each word"
        )
    return VectorsInMemory(name, "python", values.shape[1], words=words, values=values)


def _parts(source: Any, name: str) -> tuple[Iterable[Any], Any]:
    if isinstance(source, Mapping):
        return source.keys(), list(source.values())
    if isinstance(source, tuple) and len(source) == 2:
        return source
    for words in ("index_to_key", "words"):
        if hasattr(source, words) and hasattr(source, "vectors"):
            return getattr(source, words), source.vectors
    raise UserError(
        f"{name}: {type(source).__name__}, which has no words; give a path, a dict from words to vectors, a pair "
        "(words, array), or gensim's KeyedVectors"
    )
