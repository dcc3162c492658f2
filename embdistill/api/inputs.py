"""What a run reads, from what a researcher has: files, or texts and vectors in memory."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from embdistill.api.results import LabelledTexts, WordVectors
from embdistill.data.corpora import Corpus, read_corpus
from embdistill.data.corpora.in_memory import corpus_of, texts_of
from embdistill.data.dataset import Dataset
from embdistill.data.listed import read_words, tokens_of
from embdistill.data.prepare import Corpora, dataset_of
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vectors import VectorFile, open_vectors
from embdistill.data.vectors.in_memory import vectors_in_memory
from embdistill.errors import UserError
from embdistill.model.config import Config
from embdistill.progress import say


class KeyedVectors(Protocol):
    """As gensim has it: a row of `vectors` (n, D) for each word of `index_to_key` (n)."""

    @property
    def index_to_key(self) -> Sequence[str]: ...
    @property
    def vectors(self) -> npt.NDArray[np.floating[Any]]: ...


Words: TypeAlias = str | Path | Iterable[str]
Labelled: TypeAlias = str | Path | LabelledTexts | tuple[Iterable[Any], Iterable[Any]]
Vectors: TypeAlias = (
    str | Path | WordVectors | KeyedVectors | Mapping[str, npt.ArrayLike] | tuple[Sequence[str], npt.ArrayLike]
)


def read_dataset(
    data: Labelled,
    vectors: Vectors | None,
    config: Config,
    dev: Labelled | None = None,
    test: Labelled | None = None,
    folds: int | None = None,
    vocab: Words | None = None,
    small_vectors: Vectors | None = None,
    check: Callable[[Corpora], None] = lambda corpora: None,
) -> Dataset:
    """The Dataset of a run; what was omitted or changed is said. check: of the texts, before the vectors are read.
    UserError for whatever is wrong with its inputs."""
    if vectors is None:
        raise UserError("vectors is missing; give large word vectors, such as glove.6B.300d.txt")
    corpora = Corpora(
        corpus_from(data, "texts"),
        None if dev is None else corpus_from(dev, "dev"),
        None if test is None else corpus_from(test, "test"),
    )
    check(corpora)
    listed, record = _listed(vocab, Tokenizer(config.split, config.lowercase))
    small_file = None if small_vectors is None else vectors_from(small_vectors)
    dataset = dataset_of(corpora, vectors_from(vectors), config, listed, small_file, folds)
    dataset.inputs.extend(record)
    for note in dataset.notes:
        say(note)
    return dataset


def corpus_from(source: Labelled, name: str) -> Corpus:
    """The labelled texts of a file, or of a pair (texts, labels) that is called `name` in messages."""
    if isinstance(source, LabelledTexts):
        return source.corpus
    if isinstance(source, (str, Path)):
        return read_corpus(source)
    if not isinstance(source, tuple) or len(source) != 2:
        raise UserError(f"{name}: {type(source).__name__}; give a path, or a pair (texts, labels)")
    return corpus_of(*source, name)


def _listed(vocab: Words | None, tokenizer: Tokenizer) -> tuple[Collection[str], list[dict[str, str]]]:
    """(listed, records): as dataset_of takes them, and what a run file says of their file."""
    if isinstance(vocab, (str, Path)):
        listed, record = read_words(vocab, tokenizer)
        return listed, [record]
    return tokens_of(texts_of(() if vocab is None else vocab, "vocab"), tokenizer), []


def vectors_from(source: Vectors) -> VectorFile:
    """Word vectors, of a file row by row as they are needed, or in memory."""
    if isinstance(source, (str, Path)):
        return open_vectors(source)
    if isinstance(source, WordVectors):
        file = vectors_in_memory((source.words, source.vectors), source.name)
        file.digest = source.sha256
        return file
    return vectors_in_memory(source)
