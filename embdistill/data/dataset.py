"""From files to what a learner needs: a vocabulary, its large vectors, and packed train, dev and test parts."""

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from embdistill.data.corpora import Corpus, read_corpus
from embdistill.data.holdout import held_out
from embdistill.data.packed import Packed, select
from embdistill.data.relations import MarkError, tokenize_relations
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.data.vocabulary import UNKNOWN, UNKNOWN_WORD, Vocabulary
from embdistill.errors import UserError, located, reading


@dataclass(frozen=True)
class Split:
    """Labelled sentences: a packed batch, labels (B,) int32, and where there is a teacher, its logits (B, C)."""

    packed: Packed
    labels: np.ndarray
    targets: np.ndarray | None = None

    def select(self, order: np.ndarray) -> "Split":
        """The sentences of the given numbers (n,) int64, in that order."""
        targets = None if self.targets is None else self.targets[order]
        return Split(select(self.packed, order), self.labels[order], targets)


@dataclass(frozen=True)
class Dataset:
    """A corpus made ready.

    format: of the labelled files. vectors (V, D) float32: the large vectors, each divided by its root mean square;
    row 0, for unknown words, is zero. small_vectors (V, d) float32: those that a direct table is to start from, zero
    where there is none.
    notes: lines for the user on what was left out or changed. inputs: role, path and SHA-256 of every file read.
    """

    format: str
    labels: list[str]
    tokenizer: Tokenizer
    vocabulary: Vocabulary
    vectors: np.ndarray
    train: Split
    dev: Split | None
    test: Split | None
    notes: list[str]
    inputs: list[dict]
    small_vectors: np.ndarray | None = None

    @property
    def relations(self) -> bool:
        """Whether the classes are relations between two marked entities."""
        return self.train.packed.positions is not None

    def digest(self) -> str:
        """SHA-256 of all that training depends on besides its settings, hexadecimal."""
        digest = hashlib.sha256("\n".join([*self.labels, *self.vocabulary.words]).encode())
        arrays = [self.vectors, self.small_vectors]
        for split in (self.train, self.dev):
            arrays += [*split.packed, split.labels] if split else []
        for array in arrays:
            digest.update(b"" if array is None else np.ascontiguousarray(array))
        return digest.hexdigest()

    def with_dev(self, seed: int) -> "Dataset":
        """The same task; without a dev part, a tenth of the training part, chosen by the seed, becomes one.

        Of each class at least one example stays. UserError where that leaves none to hold out, and for phrases, of
        which those held out would be parts of others.
        """
        if self.dev is not None:
            return self
        if self.format.endswith("-phrases"):
            raise UserError("--dev is missing; with phrases it must be given, or parts of its sentences are trained on")
        dev, train = held_out(self.train.labels, seed)
        return replace(self, train=self.train.select(train), dev=self.train.select(dev))

    def fold(self, number: int, folds: int, seed: int) -> "Dataset":
        """Fold `number` (0..folds-1) of a cross-validation: its examples are the test part, the others train.

        The examples are dealt out in an order chosen by the seed, class by class, so that every fold has its share of
        each. UserError for more folds than examples, and where a test part is given already.
        """
        sentences = self.train.packed.sentences
        if self.test is not None:
            raise UserError("--folds makes test parts of --data; leave --test away")
        if folds > sentences:
            raise UserError(f"--folds {folds}: more than the {sentences} examples; give fewer folds")
        if self.format.endswith("-phrases"):
            raise UserError("--folds does not go with phrases: parts of a test sentence would be trained on")
        order = np.random.default_rng(seed).permutation(sentences)
        order = order[np.argsort(self.train.labels[order], kind="stable")]
        test = np.sort(order[number::folds])
        kept = np.setdiff1d(np.arange(sentences), test)
        lost = np.setdiff1d(self.train.labels, self.train.labels[kept])
        if len(lost):
            raise UserError(
                f"--folds: all examples of class {self.labels[lost[0]]!r} are in one fold; give more of them"
            )
        return replace(self, train=self.train.select(kept), test=self.train.select(test))


def file_record(role: str, path) -> dict:
    """What a run file says of an input: its role, path and SHA-256; UserError if it cannot be read."""
    with reading(path), open(path, "rb") as stream:
        return {"role": role, "path": str(path), "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}


def prepare(data, dev, test, vectors, config, format: str = "auto", listed=frozenset(), small_vectors=None) -> Dataset:
    """Read the files of a run. data, dev (or None), test (or None): labelled files; vectors: a vector file;
    listed: words that the small table is to have besides those of the corpus (see read_words); small_vectors: a file of
    vectors (d,) for a direct table, or None.

    Raises UserError for whatever is amiss with them.
    """
    tokenizer = Tokenizer(config.split, config.lowercase)
    # Phrases are for training only: dev and test are judged on whole sentences.
    formats = [format, format.removesuffix("-phrases"), format.removesuffix("-phrases")]
    corpora = [path and read_corpus(path, form) for path, form in zip((data, dev, test), formats, strict=True)]
    labels = sorted({example.label for example in corpora[0].examples})
    if len(labels) < 2:
        raise UserError(f"{data}: only one class, {labels[0]!r}; a classifier needs examples of two or more")
    numbers = [corpus and label_indices(corpus, labels, data) for corpus in corpora]
    if len({corpus.format == "semeval" for corpus in corpora if corpus}) > 1:
        raise UserError(f"{data}: of another kind of task than the dev or test file; give all of one format")
    tokenized = [corpus and tokenize_corpus(corpus, tokenizer) for corpus in corpora]
    tokens = [pair and pair[0] for pair in tokenized]

    counts = Counter(chain.from_iterable(chain.from_iterable(filter(None, tokens))))
    file = open_vectors(vectors)
    words, found = load_vectors(file, (counts.keys() | listed) - {UNKNOWN_WORD})
    vocabulary = Vocabulary(words)
    if not any(word in counts for word in words):
        shown = ", ".join(sorted(counts)[:3])
        raise UserError(f"{vectors}: has no word of the corpus ({shown}, ...); give vectors of the same language")

    notes = [note for corpus in filter(None, corpora) for note in corpus.notes] + file.notes
    notes += _vocabulary_notes(counts, listed, vocabulary)
    notes.append("every vector is divided by its root mean square")
    parts = [
        number if number is None else Split(vocabulary.pack(pair[0])._replace(positions=pair[1]), number)
        for pair, number in zip(tokenized, numbers, strict=True)
    ]
    inputs = [
        {"role": role, "path": corpus.path, "sha256": corpus.digest}
        for role, corpus in zip(("data", "dev", "test"), corpora, strict=True)
        if corpus
    ]
    inputs.append(file_record("vectors", vectors))
    if small_vectors:
        inputs.append(file_record("small vectors", small_vectors))
        small_vectors = _small_vectors(small_vectors, vocabulary, config.dim, notes)
    found = _normalised(found)
    return Dataset(corpora[0].format, labels, tokenizer, vocabulary, found, *parts, notes, inputs, small_vectors)


def _small_vectors(path, vocabulary, dim, notes):
    """The vectors (V, d) of a file at root mean square 1, rows of zeros for words that it does not have."""
    file = open_vectors(path)
    words, found = load_vectors(file, set(vocabulary.words[1:]))
    if found.shape[1] != dim:
        raise UserError(f"{path}: has {found.shape[1]} numbers a word, and --dim is {dim}; give --dim {found.shape[1]}")
    if not words:
        raise UserError(f"{path}: has no word of the vocabulary; give vectors of the same language")
    small = np.zeros((len(vocabulary), dim), np.float32)
    small[[vocabulary.index[word] for word in words]] = _normalised(found)[1:]
    notes += file.notes
    notes.append(
        f"{len(vocabulary) - 1 - len(words)} of the {len(vocabulary) - 1} words start at random: not in {path}"
    )
    return small


def tokenize_corpus(corpus: Corpus, tokenizer: Tokenizer) -> tuple[list[list[str]], np.ndarray | None]:
    """The tokens of each example, and for relations the distances (N, 2) int32 of all tokens from the entities.

    UserError, with the line, for an entity in which the tokeniser finds no word.
    """
    texts = [example.text for example in corpus.examples]
    if corpus.format != "semeval":
        return list(map(tokenizer, texts)), None
    try:
        return tokenize_relations(tokenizer, texts)
    except MarkError as error:
        example = corpus.examples[error.index]
        raise UserError(located(example.path, example.line, str(error))) from error


def label_indices(corpus: Corpus, labels: list[str], known_from) -> np.ndarray:
    """The number of each example's label (B,) int32; UserError, with its line, for a label that is not known."""
    number = {label: i for i, label in enumerate(labels)}
    for example in corpus.examples:
        if example.label not in number:
            problem = f"class {example.label!r} is not in {known_from}; mend the label or add training examples of it"
            raise UserError(located(example.path, example.line, problem))
    return np.array([number[example.label] for example in corpus.examples], np.int32)


def read_words(path, tokenizer: Tokenizer) -> frozenset[str]:
    """The distinct tokens of a text file, such as a list of words; UserError if it cannot be read."""
    with reading(path):
        content = Path(path).read_bytes()
    return frozenset(token for line in content.split(b"\n") for token in tokenizer(line))


def _normalised(vectors):
    """Every row at root mean square 1, whatever scale the vectors came in, below a row of zeros for unknown words."""
    normalised = np.zeros((len(vectors) + 1, vectors.shape[1]), np.float32)
    sizes = np.linalg.norm(vectors, axis=1, keepdims=True) / np.float32(vectors.shape[1] ** 0.5)
    np.divide(vectors, sizes, out=normalised[1:], where=sizes > 0)
    return normalised


def _vocabulary_notes(counts, listed, vocabulary):
    missing = [word for word in counts if word not in vocabulary.index]
    tokens = sum(counts[word] for word in missing)
    notes = []
    if missing:
        share = 100 * tokens / counts.total()
        notes.append(
            f"{len(missing)} of the {len(counts)} words of the corpus have no vector ({share:.1f} % of the tokens); "
            f"they share row {UNKNOWN} of the table"
        )
    absent = [word for word in listed if word not in vocabulary.index]
    if absent:
        notes.append(f"{len(absent)} of the {len(listed)} listed words have no vector and are left out")
    return notes
