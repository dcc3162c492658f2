"""What a run reads, from what a researcher has: files, or texts and vectors in memory."""

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from embdistill.data.corpora import Corpus, read_corpus
from embdistill.data.corpora.in_memory import corpus_of
from embdistill.data.vectors import VectorFile, open_vectors
from embdistill.data.vectors.in_memory import vectors_in_memory

Path: TypeAlias = str | PathLike[str]


@runtime_checkable
class HasTexts(Protocol):
    """Such as results.LabelledTexts."""

    @property
    def texts(self) -> Sequence[str]: ...
    @property
    def labels(self) -> Sequence[str]: ...


class KeyedVectors(Protocol):
    """As gensim has it: a row of `vectors` (n, D) for each word of `index_to_key` (n)."""

    @property
    def index_to_key(self) -> Sequence[str]: ...
    @property
    def vectors(self) -> npt.NDArray[np.floating[Any]]: ...


class HasWords(Protocol):
    """Such as results.WordVectors: a row of `vectors` (n, D) for each of the `words` (n)."""

    @property
    def words(self) -> Sequence[str]: ...
    @property
    def vectors(self) -> npt.NDArray[np.floating[Any]]: ...


Labelled: TypeAlias = Path | tuple[Iterable[Any], Iterable[Any]] | HasTexts
Vectors: TypeAlias = Path | KeyedVectors | HasWords | Mapping[str, npt.ArrayLike] | tuple[Sequence[str], npt.ArrayLike]


def corpus_from(source: Labelled, name: str) -> Corpus:
    """The labelled texts of a file, or of a pair (texts, labels) that is called `name` in messages."""
    if isinstance(source, (str, PathLike)):
        return read_corpus(str(source))
    if isinstance(source, HasTexts):
        return corpus_of(source.texts, source.labels, name)
    texts, labels = source
    return corpus_of(texts, labels, name)


def vectors_from(source: Vectors) -> VectorFile:
    """Word vectors, of a file row by row as they are needed, or in memory."""
    if isinstance(source, (str, PathLike)):
        return open_vectors(str(source))
    return vectors_in_memory(source)
