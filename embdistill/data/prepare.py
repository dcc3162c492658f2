"""From files, or texts and vectors in memory, to a Dataset."""

import hashlib
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np

from embdistill.data.account import (
    Account,
    account_of,
    distinct_texts,
    many_unknown,
    warnings_of_classes,
    warnings_of_repeats,
    warnings_of_texts,
)
from embdistill.data.corpora import DEFAULT_LAYOUT, Corpus, Layout, read_corpus
from embdistill.data.dataset import Dataset, Split
from embdistill.data.holdout import check_splits
from embdistill.data.relations import MarkError, segments, tokenize_relations
from embdistill.data.table_words import FREQUENT_WORDS, listed_words, load_words, normalised, table_notes, table_words
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vectors import VectorFile, load_vectors, open_vectors
from embdistill.data.vectors.hints import hint, script
from embdistill.data.vocabulary import UNKNOWN_WORD
from embdistill.data.wanted import WantedWords
from embdistill.errors import UserError, located, reading
from embdistill.progress import say

HINT_WORDS = 2000  # unknown words, the commonest, by which the cause is looked for
WITHOUT_SPACES = ("Chinese", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar")


def file_record(role: str, path) -> dict:
    """What a run file says of an input: its role, path and SHA-256; UserError if it cannot be read."""
    with reading(path), open(path, "rb") as stream:
        return {"role": role, "path": str(path), "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}


def prepare(
    data,
    dev,
    test,
    vectors,
    config,
    format: str = "auto",
    listed=frozenset(),
    small_vectors=None,
    layout: Layout = DEFAULT_LAYOUT,
    folds: int | None = None,
) -> Dataset:
    """Read the files of a run; UserError for whatever is wrong with them.

    data, dev (or None), test (or None): labelled files; vectors: a vector file; small_vectors: a file of vectors (d,)
    for a direct table, or None; layout: where the texts and labels of tables are. listed, folds: as in dataset_of.
    """
    corpora = read_corpora(data, dev, test, format, layout)
    small_file = open_vectors(small_vectors) if small_vectors else None
    dataset = dataset_of(corpora, open_vectors(vectors), config, listed, small_file, folds)
    return replace(dataset, layout=layout)


class Corpora(NamedTuple):
    """The labelled texts of a run; None for those that there are not."""

    data: Corpus
    dev: Corpus | None = None
    test: Corpus | None = None


def read_corpora(data, dev, test, format: str = "auto", layout: Layout = DEFAULT_LAYOUT) -> Corpora:
    """Read labelled files, of which there may be no dev and no test (None); UserError as of prepare."""
    # Phrases are for training only: dev and test are judged on whole sentences.
    formats = [format, format.removesuffix("-phrases"), format.removesuffix("-phrases")]
    paths = zip((data, dev, test), formats, strict=True)
    return Corpora(*(path and read_corpus(path, form, layout) for path, form in paths))


def dataset_of(
    corpora: Corpora,
    file: VectorFile,
    config,
    listed: Collection[str] = frozenset(),
    small_file: VectorFile | None = None,
    folds: int | None = None,
) -> Dataset:
    """A Dataset of labelled texts and of the vectors of their words; UserError for whatever is wrong with them.

    listed: words for the small table beside those of the texts, or a Counter of them (listed.read_words). small_file:
    vectors (d,) for a direct table. folds: of the cross-validation to come, if any. The words of test are unknown
    unless they are in the table for another reason, or config.transductive.
    """
    tokenizer = Tokenizer(config.split, config.lowercase)
    labels, indices, doubts = _classes(corpora, folds)
    table, tokenized, about_table = _read_table(file, tokenizer, corpora, listed, config)
    vocabulary = table.vocabulary
    counts = [pair and Counter(chain.from_iterable(pair[0])) for pair in tokenized]
    accounts = _accounts(corpora, tokenized, counts, vocabulary.index)
    notes = [note for corpus in filter(None, corpora) for note in corpus.notes]
    notes += chain.from_iterable(account.lines() for account in accounts.values())
    notes += without_vector(accounts["data"], file)
    notes += doubts + ([] if corpora.dev else warnings_of_repeats(accounts["data"]))
    notes += _warnings(accounts, file, tokenizer, config.transductive)
    notes += file.notes + about_table
    notes.append("every vector is divided by its root mean square")
    splits = [
        pair and Split(vocabulary.pack(pair[0])._replace(positions=pair[1]), label, texts=raw_texts(corpus))
        for corpus, pair, label in zip(corpora, tokenized, indices, strict=True)
    ]
    inputs = [
        {"role": role, "path": corpus.path, "sha256": corpus.digest, "format": corpus.format}
        for role, corpus in corpora._asdict().items()
        if corpus
    ]
    inputs.append(_record_of("vectors", file))
    small_vectors = None
    if small_file:
        small_vectors = _small_vectors(small_file, vocabulary, config.dim, notes)
        inputs.append(_record_of("small vectors", small_file))
    return Dataset(
        corpora.data.format, labels, tokenizer, vocabulary, table.vectors, *splits, notes, inputs, small_vectors,
        read={role: account.as_dict() for role, account in accounts.items()},
        fixed=table.fixed,
        frequent_words=table.frequent_words,
        frequent_vectors=table.frequent_vectors if config.subwords else None,
    )  # fmt: skip


def _classes(corpora, folds):
    """The class names; the label indices of each corpus; and what is likely a mistake in the classes."""
    data = corpora.data.path
    labels = sorted({example.label for example in corpora.data.examples})
    if len(labels) < 2:
        raise UserError(f"{data}: only one class, {labels[0]!r}; a classifier needs examples of two or more")
    doubts = warnings_of_classes(corpora.data)
    try:
        indices = [corpus and label_indices(corpus, labels, data) for corpus in corpora]
        check_splits(corpora.data.format, labels, indices[0], corpora.dev is not None, folds)
    except UserError:
        for doubt in doubts:  # the likely cause
            say(doubt)
        raise
    if len({corpus.relations for corpus in corpora if corpus}) > 1:
        raise UserError(f"{data}: of another kind of task than the dev or test file; mark two entities in all or none")
    return labels, indices, doubts


def _read_table(file, tokenizer, corpora, listed, config):
    """The TableWords, the corpora of data, dev and test tokenized (tokenize_corpus), and notes for the user."""
    # The words of test are as unknown as on a device, unless the user wants it otherwise.
    sources = corpora if config.transductive else [*corpora[:-1], None]
    listed, first = listed_words(listed, config.words)
    wanted = WantedWords(tokenizer, texts_in(filter(None, sources)), listed)
    spellings = config.spellings if config.correct else 0
    fitted = FREQUENT_WORDS if config.subwords else 0
    frequent = max(FREQUENT_WORDS, spellings) if fitted or spellings else 0
    loaded = load_words(file, tokenizer, wanted, max(first, frequent))
    known = frozenset(loaded.words) - {UNKNOWN_WORD}
    tokenized = [corpus and tokenize_corpus(corpus, tokenizer, known) for corpus in sources]
    in_texts = set(chain.from_iterable(chain.from_iterable(pair[0] for pair in tokenized if pair)))
    if known.isdisjoint(in_texts):
        shown = ", ".join(sorted(in_texts)[:3])
        what_to_do = hint(file, in_texts, config.lowercase) or "give vectors of the same language"
        raise UserError(f"{file.path}: has no word of the corpus ({shown}, ...); {what_to_do}")
    # The tokenizer finds the same words among those that it used as among all.
    in_list = listed | {token for word in listed - known for token in tokenizer(word, known)}
    fixed = in_list | {loaded.words[i] for i in loaded.first(first)}
    fixed |= in_texts if config.transductive else set()
    table = table_words(loaded, in_texts, fixed, frequent, fitted)
    if corpora[-1] and not sources[-1]:
        tokenized[-1] = tokenize_corpus(corpora[-1], tokenizer, table.vocabulary.index)
    notes = _listed_notes(listed, table.vocabulary)
    notes += table_notes(table, loaded, first, file.path, _texts_of(sources), in_texts, in_list)
    return table, tokenized, notes


def _record_of(role, file):
    """What a run file says of a VectorFile that was read to its end; a pipe cannot be read again for it."""
    return {"role": role, "path": file.path, "sha256": file.sha256()}


def _small_vectors(file, vocabulary, dim, notes):
    """The vectors (V, d) of a file at root mean square 1, rows of zeros for words that it does not have."""
    path = file.path
    words, found = load_vectors(file, set(vocabulary.words[1:]))
    if found.shape[1] != dim:
        raise UserError(f"{path}: has {found.shape[1]} numbers a word, and --dim is {dim}; give --dim {found.shape[1]}")
    if not words:
        raise UserError(f"{path}: has no word of the vocabulary; give vectors of the same language")
    small = np.zeros((len(vocabulary), dim), np.float32)
    small[[vocabulary.index[word] for word in words]] = normalised(found, range(len(found)))[1:]
    notes += file.notes
    notes.append(
        f"{len(vocabulary) - 1 - len(words)} of the {len(vocabulary) - 1} words start at random: not in {path}"
    )
    return small


def tokenize_corpus(
    corpus: Corpus, tokenizer: Tokenizer, known: Container[str]
) -> tuple[list[list[str]], np.ndarray | None]:
    """The tokens of each example, and for relations the positions (N, 2) int32 of all tokens (Packed.positions).

    known: as the tokenizer takes it. UserError, with the line, for an entity in which the tokenizer finds no word.
    """
    texts = raw_texts(corpus)
    if not corpus.relations:
        return [tokenizer(text, known) for text in texts], None
    try:
        return tokenize_relations(tokenizer, texts, known)
    except MarkError as error:
        example = corpus.examples[error.index]
        raise UserError(located(example.path, example.line, str(error))) from error


def _segments(corpus: Corpus) -> Iterator[str]:
    """The texts, those with marked entities in parts, without the marks."""
    for example in corpus.examples:
        yield from segments(example.text)[::2] if corpus.relations else [example.text]


def label_indices(corpus: Corpus, labels: list[str], known_from) -> np.ndarray:
    """The index of each example's label (B,) int32; UserError, with its line, for a label that is not known."""
    index = {label: i for i, label in enumerate(labels)}
    for example in corpus.examples:
        if example.label not in index:
            problem = f"class {example.label!r} is not in {known_from}; fix the label or add training examples of it"
            raise UserError(located(example.path, example.line, problem))
    return np.array([index[example.label] for example in corpus.examples], np.int32)


def raw_texts(corpus: Corpus) -> list[str]:
    """The text of each example, with the marks of relations."""
    return [example.text for example in corpus.examples]


def texts_in(corpora: Iterable[Corpus]) -> list[str]:
    """The texts of corpora, those with marked entities in parts, without the marks."""
    return list(chain.from_iterable(map(_segments, corpora)))


def _accounts(corpora, tokenized, counts, known) -> dict[str, Account]:
    """The account of each file that there is, by its role."""
    accounts, training, unknown = {}, None, None
    for role, corpus, pair, count in zip(Corpora._fields, corpora, tokenized, counts, strict=True):
        if corpus:
            accounts[role] = account_of(corpus, pair[0], count, known, training, unknown)
            unknown = unknown or accounts[role].unknown
            if not training and any(corpora[1:]):
                training = distinct_texts(corpus, pair[0])
    return accounts


def without_vector(account: Account, file: VectorFile) -> list[str]:
    """What the user can do about the unknown words of training texts, which the vector file lacks."""
    if not account.unknown or many_unknown(account):  # of which warnings_of tells the cause
        return []
    return [
        f"{file.path}: no vector for {len(account.unknown):,} of the words of {account.path}, all trained as one "
        "unknown word; add one for each, or take vectors that have any word: fastText's .bin or a static model"
    ]


def warnings_of(accounts: Collection[Account], file: VectorFile, tokenizer: Tokenizer) -> list[str]:
    """What is likely a mistake in the texts of some files. file: where their words are looked up; it is read again if
    it lacks many."""
    lacking = [account for account in accounts if many_unknown(account)]
    words = sum((account.unknown for account in lacking), Counter()).most_common(HINT_WORDS)
    words = [word for word, _ in words]
    cause = hint(file, words, tokenizer.lowercase) if lacking else None
    if not cause and tokenizer.mode == "whitespace" and script(words) in WITHOUT_SPACES:
        cause = "omit --split whitespace: words that no space sets apart are then found among those of the vectors"
    return [line for account in accounts for line in warnings_of_texts(account, cause)]


def _warnings(accounts, file, tokenizer, transductive):
    """warnings_of the files. Where the words of test alone are unknown, it is the table that lacks them."""
    if "test" not in accounts or transductive or many_unknown(accounts["data"]):
        return warnings_of(accounts.values(), file, tokenizer)
    *others, test = accounts.values()
    cause = "training does not have them: give --words N for the N most frequent ones, or a --vocab"
    return warnings_of(others, file, tokenizer) + warnings_of_texts(test, cause)


def _texts_of(corpora):
    """What to call the texts of these roles."""
    names = [name for name, corpus in zip(("training", "dev", "test"), corpora, strict=True) if corpus]
    return f"{', '.join(names[:-1])} and {names[-1]} texts" if len(names) > 1 else "training texts"


def _listed_notes(listed, vocabulary):
    absent = [word for word in listed if word not in vocabulary.index]
    return [f"{len(absent)} of the {len(listed)} listed words have no vector and are left out"] if absent else []
