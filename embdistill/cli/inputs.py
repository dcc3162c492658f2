"""What train and compare share: the files of a run made ready, and options that exclude each other."""

from dataclasses import replace
from typing import NamedTuple

from embdistill.errors import UserError


class RunFiles(NamedTuple):
    """The files that a run reads, by their options, None for those that are not given; layout: the Layout of tables."""

    data: str
    dev: str | None
    test: str | None
    format: str
    layout: object
    vectors: str | None
    vocab: str | None
    small_vectors: str | None

    def paths(self, *others: str | None) -> list[str]:
        """The paths of all of them, and others."""
        return files_of([self.data, self.dev, self.test], [self.vectors, self.vocab, self.small_vectors, *others])


def read_dataset(settings, files: RunFiles, folds: int | None, check=None):
    """The Dataset of a run with these settings (a Config), from its files.

    What was omitted or changed is said. check: of the Corpora, before the vectors are read, which takes longer.
    """
    from embdistill.data.listed import read_words
    from embdistill.data.prepare import dataset_of, read_corpora
    from embdistill.data.tokenizer import Tokenizer
    from embdistill.data.vectors import open_vectors
    from embdistill.progress import say

    if not files.vectors:
        raise UserError("--vectors is missing; name a file of word vectors, such as glove.6B.300d.txt")
    tokenizer = Tokenizer(settings.split, settings.lowercase)
    listed, record = read_words(files.vocab, tokenizer) if files.vocab else (frozenset(), None)
    corpora = read_corpora(files.data, files.dev or None, files.test or None, files.format, files.layout)
    if check:
        check(corpora)
    small = open_vectors(files.small_vectors) if files.small_vectors else None
    dataset = dataset_of(corpora, open_vectors(files.vectors), settings, listed, small, folds)
    dataset = replace(dataset, layout=files.layout)
    if record:
        dataset.inputs.append(record)
    for note in dataset.notes:
        say(note)
    return dataset


def files_of(labelled, others) -> list[str]:
    """The files that a run reads: of a polarity pair both, whichever is named; without options that are not given."""
    from embdistill.data.corpora import polarity

    files = [path for path in others if path]
    for path in filter(None, labelled):
        files += polarity.pair(path) if polarity.is_pair(path) else [path]
    return files


def check_folds(folds: int | None, **excluded) -> None:
    """UserError for a single fold, and for an option that cross-validation excludes."""
    if folds is None:
        return
    if folds < 2:
        raise UserError(f"--folds {folds}: must be at least 2")
    for name, value in excluded.items():
        if value:
            raise UserError(f"--{name} does not go with --folds; omit one of them")
