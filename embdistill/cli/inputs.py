"""What train and compare share: the files of a run made ready, and options that exclude each other."""

from embdistill.errors import UserError


def read_dataset(settings, data, dev, test, format, vectors, vocab, small_vectors, layout, folds):
    """The Dataset of a run with these settings (a Config), from its files, tables among them in this Layout.

    What was omitted or changed is said.
    """
    from embdistill.data.listed import read_words
    from embdistill.data.prepare import prepare
    from embdistill.data.tokenizer import Tokenizer
    from embdistill.progress import say

    if not vectors:
        raise UserError("--vectors is missing; name a file of word vectors, such as glove.6B.300d.txt")
    tokenizer = Tokenizer(settings.split, settings.lowercase)
    listed, record = read_words(vocab, tokenizer) if vocab else (frozenset(), None)
    files = data, dev or None, test or None, vectors
    dataset = prepare(*files, settings, format, listed, small_vectors or None, layout, folds)
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
