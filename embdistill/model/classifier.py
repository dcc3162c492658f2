"""A trained classifier as it is used: words, a small table, a network. Nothing of the size of the large vectors."""

import hashlib
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from embdistill.data.batches import batches
from embdistill.data.packed import Packed, check_packed, known_words
from embdistill.data.relations import tokenize_relations
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vocabulary import Vocabulary
from embdistill.kernels.losses import softmax

EVALUATION_BATCH = 256


def logits_by_batch(
    network, values, table, packed: Packed, batch: int = EVALUATION_BATCH
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The sentences (b,) int64 of each batch of a packed corpus, and their logits (b, C), without dropout.

    values: the weights of the network by name. table: folded, (V, d). The batch size bounds the memory, since with many
    classes the logits of a corpus are larger than all else; it does not change the result beyond round-off.
    """
    scratch = np.full(len(table), -1, np.int32)
    for sentences, words, picked in batches(packed, np.arange(packed.sentences), batch, scratch):
        yield sentences, network.forward(values, table.take(words, axis=0), picked)[0]


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
    """

    labels: list[str]
    tokenizer: Tokenizer
    vocabulary: Vocabulary
    table: np.ndarray
    network: object
    values: dict[str, np.ndarray]
    about: dict

    @property
    def relations(self) -> bool:
        """Whether texts have entities marked with <e1>, </e1>, <e2>, </e2>, and the classes are their relations."""
        return bool(getattr(self.network, "position_dim", 0))

    @property
    def known_words(self) -> Container[str]:
        """What finds the words that the model knows by `in`."""
        return self.vocabulary.index

    def pack(self, texts: Sequence[str | bytes]) -> Packed:
        """Tokenize texts and look up their words; embdistill.data.relations.MarkError where an entity is not marked."""
        if not self.relations:
            return self.vocabulary.pack(self.tokenizer(text, self.known_words) for text in texts)
        tokens, positions = tokenize_relations(self.tokenizer, texts, self.known_words)
        return self.vocabulary.pack(tokens)._replace(positions=positions)

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
        return check_packed(packed, len(self.table))

    def predict_proba(self, texts: Sequence[str | bytes]) -> np.ndarray:
        """Probabilities (B, C) float32 of the classes, in the order of `labels`. An empty text gets some too."""
        _check_list(texts)
        logits = self.logits(self.pack(texts))
        softmax(logits, logits)
        return logits

    def logits_and_known(self, texts: Sequence[str | bytes]) -> tuple[list[list[float]], list[int]]:
        """(logits, known): C logits of each text, and how many of its tokens are known words."""
        packed = self.pack(texts)
        return self.logits(packed).tolist(), known_words(packed)

    def ranked_and_known(
        self, texts: Sequence[str | bytes], top: int
    ) -> tuple[list[list[tuple[str, float]]], list[int]]:
        """(ranked, known): the `top` most probable (label, probability) of each text, best first, or all if there are
        fewer; and how many of its tokens are known words.
        """
        packed = self.pack(texts)
        logits = self.logits(packed)
        order = np.argsort(-logits, axis=1, kind="stable")[:, :top] if top > 1 else logits.argmax(axis=1)[:, None]
        softmax(logits, logits)
        probabilities = np.take_along_axis(logits, order, axis=1).tolist()
        labels = [[self.labels[c] for c in row] for row in order.tolist()]
        return [list(zip(*pair, strict=True)) for pair in zip(labels, probabilities, strict=True)], known_words(packed)

    def predict(self, texts: Sequence[str | bytes]) -> list[str]:
        """The most probable label of each text."""
        _check_list(texts)
        return [self.labels[c] for c in self.predicted(self.pack(texts))]

    def digest(self) -> str:
        """SHA-256 of the table and of the weights in the order of their names: equal for equal weights."""
        digest = hashlib.sha256(self.table.tobytes())
        for name in sorted(self.values):
            digest.update(np.ascontiguousarray(self.values[name]).tobytes())
        return digest.hexdigest()

    @property
    def bytes(self) -> dict[str, int]:
        """Bytes of the table, of the weights of the network, and of both with the words and labels."""
        table = self.table.nbytes
        network = sum(value.nbytes for value in self.values.values())
        words = sum(len(word.encode()) + 1 for word in [*self.vocabulary.words, *self.labels])
        return {"table": table, "network": network, "total": table + network + words}


def _check_list(texts):
    if isinstance(texts, (str, bytes)):
        raise TypeError("predict takes a list of texts, not one text")
