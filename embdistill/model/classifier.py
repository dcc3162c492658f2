"""A trained classifier as it is used: words, a small table, a network. Nothing of the size of the large vectors."""

import hashlib
import struct
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from embdistill.data.batches import batches
from embdistill.data.packed import Packed, check_packed, known_words
from embdistill.data.relations import tokenize_relations
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vocabulary import Vocabulary
from embdistill.errors import checked_texts
from embdistill.kernels.losses import softmax
from embdistill.model.correction import Correction, section_bytes
from embdistill.model.subwords import Subwords
from embdistill.model.words import WordReader

EVALUATION_BATCH = 256


def logits_by_batch(
    network, values, table, packed: Packed, batch: int = EVALUATION_BATCH
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The sentences (b,) int64 of each batch of a packed corpus, and their logits (b, C), without dropout.

    values: the weights of the network by name. table: folded, (V, d). The batch size bounds the memory, since with many
    classes the logits of a corpus are larger than all else; it does not change the result beyond round-off.
    """
    scratch = np.full(_rows(table, packed), -1, np.int32)
    for sentences, words, picked in batches(packed, np.arange(packed.sentences), batch, scratch):
        yield sentences, network.forward(values, vectors_of(table, packed, words), picked)[0]


def _rows(table, packed):
    """How many rows the ids of a packed corpus may name: those of the table, then those of the composed vectors."""
    return len(table) + (0 if packed.composed is None else len(packed.composed))


def vectors_of(table, packed: Packed, words: np.ndarray) -> np.ndarray:
    """The small vectors (U, d) of distinct words (U,) of a packed corpus."""
    if packed.composed is None or not len(packed.composed):
        return table.take(words, axis=0)
    beyond = words >= len(table)
    vectors = table.take(np.where(beyond, 0, words), axis=0)
    vectors[beyond] = packed.composed[words[beyond] - len(table)]
    return vectors


def packed_logits(network, values, table, packed: Packed, batch: int = EVALUATION_BATCH) -> np.ndarray:
    """All logits (B, C) of a packed corpus; the arguments are those of logits_by_batch."""
    logits = np.empty((packed.sentences, network.classes), table.dtype)
    for sentences, found in logits_by_batch(network, values, table, packed, batch):
        logits[sentences] = found
    return logits


@dataclass
class Model:
    """A classifier of texts.

    labels: the names of the classes. table (V, d) float32: the small vectors, row 0 for unknown words.
    values: the weights of the network by name. about: what the run file says of its making, as JSON can hold it.
    subwords, correction: how words that the table lacks are read; None for a model that reads them as unknown.
    unknown_words: those of the training texts outside the table, so that training read them as unknown.
    """

    labels: list[str]
    tokenizer: Tokenizer
    vocabulary: Vocabulary
    table: np.ndarray
    network: object
    values: dict[str, np.ndarray]
    about: dict
    subwords: Subwords | None = None
    correction: Correction | None = None
    unknown_words: list[str] = field(default_factory=list)

    @property
    def relations(self) -> bool:
        """Whether texts have entities marked with <e1>, </e1>, <e2>, </e2>, and the classes are their relations."""
        return bool(getattr(self.network, "position_dim", 0))

    @property
    def open_vocabulary(self) -> bool:
        """Whether words that the table lacks are read as more than the unknown word."""
        return bool(self.subwords or self.correction)

    @property
    def words_without_vector(self) -> list[str]:
        """The words of the training texts that had no vector, as far as that is known: a search leaves out others too,
        for lack of room."""
        return [] if "search" in self.about.get("record", {}) else self.unknown_words

    @property
    def known_words(self) -> Container[str]:
        """What finds the words that the model knows by `in`."""
        return self.vocabulary.index

    @cached_property
    def words(self) -> WordReader:
        """How words are read."""
        return WordReader(self.vocabulary, self.correction, self.subwords)

    def pack(self, texts: Sequence[str | bytes]) -> Packed:
        """Tokenize texts and read their words; embdistill.data.relations.MarkError where an entity is not marked."""
        return self._pack(texts)[0]

    def _pack(self, texts):
        """(packed, known): as of pack, and how many tokens of each text are known words."""
        if not self.relations:
            packed, plain = self.words.pack(self.tokenizer(text, self.known_words) for text in texts)
            return packed, known_words(plain)
        tokens, positions = tokenize_relations(self.tokenizer, texts, self.known_words)
        packed, plain = self.words.pack(tokens)
        return packed._replace(positions=positions), known_words(plain)

    def small_vectors(self, words: Sequence[str]) -> np.ndarray:
        """The small vectors (n, d) of words, as the model reads them in a text; for unknown ones row 0 of the table."""
        packed, _ = self.words.pack([words])
        return vectors_of(self.table, packed, packed.ids)

    def logits(self, packed: Packed) -> np.ndarray:
        """Logits (B, C) float32 of a packed batch; ValueError for word ids outside the table."""
        return packed_logits(self.network, self.values, self.table, self._checked(packed))

    def predicted(self, packed: Packed) -> np.ndarray:
        """The index of the most probable class of each sentence (B,) int64; ValueError as in logits."""
        found = np.empty(packed.sentences, np.int64)
        for sentences, logits in logits_by_batch(self.network, self.values, self.table, self._checked(packed)):
            found[sentences] = logits.argmax(axis=1)
        return found

    def _checked(self, packed):
        if self.relations and packed.positions is None:
            raise ValueError("a model of relations needs the positions of the entities")
        return check_packed(packed, _rows(self.table, packed))

    def predict_proba(self, texts: Sequence[str | bytes]) -> np.ndarray:
        """Probabilities (B, C) float32 of the classes, in the order of `labels`. An empty text gets some too."""
        logits = self.logits(self.pack(checked_texts(texts)))
        softmax(logits, logits)
        return logits

    def logits_and_known(self, texts: Sequence[str | bytes]) -> tuple[list[list[float]], list[int]]:
        """(logits, known): C logits of each text, and how many of its tokens are known words."""
        packed, known = self._pack(texts)
        return self.logits(packed).tolist(), known

    def ranked_and_known(
        self, texts: Sequence[str | bytes], top: int
    ) -> tuple[list[list[tuple[str, float]]], list[int]]:
        """(ranked, known): the `top` most probable (label, probability) of each text, best first, or all if there are
        fewer; and how many of its tokens are known words.
        """
        packed, known = self._pack(texts)
        logits = self.logits(packed)
        order = np.argsort(-logits, axis=1, kind="stable")[:, :top] if top > 1 else logits.argmax(axis=1)[:, None]
        softmax(logits, logits)
        probabilities = np.take_along_axis(logits, order, axis=1).tolist()
        labels = [[self.labels[c] for c in row] for row in order.tolist()]
        return [list(zip(*pair, strict=True)) for pair in zip(labels, probabilities, strict=True)], known

    def predict(self, texts: Sequence[str | bytes]) -> list[str]:
        """The most probable label of each text."""
        return [self.labels[c] for c in self.predicted(self.pack(checked_texts(texts)))]

    def explain(self, text: str | bytes, label: str | None = None):
        """What each word of a text does to a label, an embdistill.model.explanation.Explanation.

        label: the most probable one by default. UserError for a label that the model does not have, MarkError as pack.
        """
        from embdistill.model.explanation import explain
        from embdistill.model.left_out import LeftOut

        return explain(LeftOut(self), text, label)

    def digest(self) -> str:
        """SHA-256 of the table, of the weights in the order of their names, and of all that reads other words: equal
        for equal weights."""
        digest = hashlib.sha256(self.table.tobytes())
        for name in sorted(self.values):
            digest.update(np.ascontiguousarray(self.values[name]).tobytes())
        if self.subwords:
            digest.update(struct.pack("<2I", self.subwords.shortest, self.subwords.longest))
            digest.update(self.subwords.buckets.tobytes())
        if correction := self.correction:
            digest.update(struct.pack("<3I", correction.shortest, correction.longest, correction.least_class))
            digest.update(correction.letters.encode() + correction.classes.tobytes())
            digest.update("\n".join(correction.spellings).encode())
        return digest.hexdigest()

    @property
    def bytes(self) -> dict[str, int]:
        """Bytes of the table, of the weights of the network, of what reads words that the table lacks, if the model has
        it, and of all with the words and labels."""
        table = self.table.nbytes
        network = sum(value.nbytes for value in self.values.values())
        words = sum(len(word.encode()) + 1 for word in [*self.vocabulary.words, *self.labels])
        parts = {"table": table, "network": network}
        if self.correction:
            parts["correction"] = section_bytes(self.correction, len(self.vocabulary) - 1)
            parts["spellings"] = len(self.correction.spellings)  # bytes of the filter in an image
        if self.subwords:
            parts["subwords"] = self.subwords.buckets.nbytes
        return {**parts, "total": sum(parts.values()) + words}
