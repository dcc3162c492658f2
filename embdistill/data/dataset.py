"""What a learner needs: a vocabulary, its large vectors, and packed train, dev and test splits."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np

from embdistill.data.corpora.layout import DEFAULT_LAYOUT, Layout
from embdistill.data.holdout import SHARE, check_folds, check_splits, held_out
from embdistill.data.packed import UNKNOWN, Packed, joined, select
from embdistill.data.relations import tokenize_relations
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vocabulary import UNKNOWN_WORD, Vocabulary
from embdistill.errors import UserError


@dataclass(frozen=True)
class Split:
    """Labelled sentences: a packed batch, labels (B,) int32, and where there is a teacher, its logits (B, C).

    weights (B,) float64: how much each sentence counts in the loss of the labels; None: all alike. texts (B): as they
    were read, with the marks of relations.
    """

    packed: Packed
    labels: np.ndarray
    targets: np.ndarray | None = None
    weights: np.ndarray | None = None
    texts: list[str] | None = None

    def select(self, order: np.ndarray) -> "Split":
        """The sentences of the indices order (n,) int64, in that order."""
        targets, weights = (None if of is None else of[order] for of in (self.targets, self.weights))
        texts = self.texts and [self.texts[i] for i in order]
        return Split(select(self.packed, order), self.labels[order], targets, weights, texts)

    def joined(self, other: "Split") -> "Split":
        """The sentences of this split and of another one, without weights; targets where both have them."""
        have = self.targets is not None and other.targets is not None
        return Split(
            joined(self.packed, other.packed),
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.targets, other.targets]) if have else None,
            texts=self.texts and [*self.texts, *other.texts],
        )


@dataclass(frozen=True)
class Dataset:
    """A corpus and its word vectors, ready to train on.

    format: of the training file. layout: where the texts and labels of tables are. vectors (V, D) float32: the large
    vectors, each divided by its root mean square; row 0, for unknown words, is zero. small_vectors (V, d) float32:
    where a direct table starts, zero for words that have none. notes: lines for the user on what was omitted or
    changed. inputs: role, path and SHA-256 of every file, and the format of labelled ones. read: the account of each
    labelled file by its role, data, dev or test, as a dict (Account.as_dict).

    fixed (n,) int32: the ids of the words that the table has whatever the training texts are. frequent_words: the first
    words of the vector file, in its order, inside and outside the table. frequent_vectors (m, D) float32: the large
    vectors of the first m of them, divided as the others, to fit subwords to; None without subwords.
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
    layout: Layout = DEFAULT_LAYOUT
    read: dict = field(default_factory=dict)
    fixed: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    frequent_words: list[str] = field(default_factory=list)
    frequent_vectors: np.ndarray | None = None

    @property
    def relations(self) -> bool:
        """Whether the classes are relations between two marked entities."""
        return self.train.packed.positions is not None

    @property
    def outside_words(self) -> list[str]:
        """The frequent words outside the table."""
        return [word for word in self.frequent_words if word not in self.vocabulary.index]

    @property
    def outside_vectors(self) -> np.ndarray | None:
        """The large vectors (n, D) float32 of the first n outside words, in the same order; None without subwords."""
        if self.frequent_vectors is None:
            return None
        first = self.frequent_words[: len(self.frequent_vectors)]
        return self.frequent_vectors[[word not in self.vocabulary.index for word in first]]

    @property
    def unknown_words(self) -> list[str]:
        """The words of the training texts outside the table, which training reads as unknown; the most frequent first.
        These have no vector."""
        tokens, _ = self._tokenized(self.train)
        counts = Counter(token for token in chain.from_iterable(tokens) if token not in self.vocabulary.index)
        return [word for word, _ in counts.most_common() if word != UNKNOWN_WORD]

    def digest(self) -> str:
        """SHA-256 of all that training depends on besides its settings, hexadecimal."""
        digest = hashlib.sha256("\n".join([*self.labels, *self.vocabulary.words, *self.frequent_words]).encode())
        arrays = [self.vectors, self.small_vectors, self.frequent_vectors]
        for split in (self.train, self.dev):
            arrays += [*split.packed, split.labels] if split else []
        for array in arrays:
            digest.update(b"" if array is None else np.ascontiguousarray(array))
        return digest.hexdigest()

    def with_dev(self, seed: int, share: float = SHARE) -> "Dataset":
        """The same with a dev split: without one, a share of the training split, chosen by the seed, is held out.

        At least one example of each class stays. UserError if that leaves none to hold out, and for phrases: those held
        out would be parts of others.
        """
        if self.dev is not None:
            return self
        check_splits(self.format, self.labels, self.train.labels, False, None)
        dev, train = held_out(self.train.labels, seed, share)
        return replace(self, train=self.train.select(train), dev=self.train.select(dev))

    def fold(self, index: int, folds: int, seed: int) -> "Dataset":
        """Fold `index` (0..folds-1) of a cross-validation: its examples are the test split, the others train.

        Words that only its test split has are unknown, and where no space sets words apart its texts are split among
        the words of the table, as those of a test file are. The examples are dealt out in an order chosen by the seed,
        class by class, so that every fold has its share of each. UserError for more folds than examples, and if there
        is a test split already.
        """
        sentences = self.train.packed.sentences
        if self.test is not None:
            raise UserError("--folds makes test splits of --data; omit --test")
        check_folds(self.format, self.labels, self.train.labels, folds)
        order = np.random.default_rng(seed).permutation(sentences)
        order = order[np.argsort(self.train.labels[order], kind="stable")]
        test = np.sort(order[index::folds])
        kept = np.setdiff1d(np.arange(sentences), test)
        train = self.train.select(kept)
        texts = [split.packed.ids for split in (train, self.dev) if split]
        rows = np.unique(np.concatenate([[UNKNOWN], self.fixed, *texts]))
        fold = replace(self, train=train)._with_rows(rows)
        return replace(fold, test=fold._packed_anew(self.train.select(test)))

    def with_words(self, rows: np.ndarray) -> "Dataset":
        """The same with the words of these rows (n,) of the table only, rising from row 0; all others are unknown."""
        smaller = self._with_rows(rows)
        splits = {name: split for name, split in vars(smaller).items() if isinstance(split, Split)}
        return replace(smaller, **{name: smaller._packed_anew(split) for name, split in splits.items()})

    def _packed_anew(self, split):
        """A split as its texts are read with the words of this vocabulary."""
        tokens, positions = self._tokenized(split)
        return replace(split, packed=self.vocabulary.pack(tokens)._replace(positions=positions))

    def _tokenized(self, split):
        """The tokens of each text of a split, and for relations the positions (N, 2) int32 of all tokens."""
        known = self.vocabulary.index
        if self.relations:
            return tokenize_relations(self.tokenizer, split.texts, known)
        return [self.tokenizer(text, known) for text in split.texts], None

    def _with_rows(self, rows):
        """The same with these rows (n,) of the table only, rising from row 0; all other words are unknown."""
        ids = np.full(len(self.vocabulary), UNKNOWN, np.int32)
        ids[rows] = np.arange(len(rows))
        small = None if self.small_vectors is None else self.small_vectors[rows]
        splits = {
            name: replace(split, packed=split.packed._replace(ids=ids[split.packed.ids]))
            for name, split in vars(self).items()
            if isinstance(split, Split)
        }
        return replace(
            self,
            vocabulary=Vocabulary([self.vocabulary.words[row] for row in rows[1:]]),
            vectors=self.vectors[rows],
            small_vectors=small,
            fixed=ids[self.fixed],
            **splits,
        )
