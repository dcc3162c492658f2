"""The one training loop: batches, forward, backward, Adam, early stopping, folding."""

import time
from dataclasses import dataclass

import numpy as np

from embdistill import metrics
from embdistill.kernels.batches import distinct, pack
from embdistill.kernels.softmax import cross_entropy
from embdistill.methods import METHODS
from embdistill.model import packed_logits
from embdistill.networks import build_network
from embdistill.parameters import Adam, Parameters
from embdistill.tables import TABLES
from embdistill.text import Packed


@dataclass
class Epoch:
    """What one pass over the training part came to. loss: mean, in nats; accuracy of dev in percent; time in seconds."""

    number: int
    loss: float
    dev_loss: float
    dev_accuracy: float
    seconds: float


class Learner:
    """The model while it learns: a table and a network over one set of parameters.

    Everything random comes from one seed, through a generator for each use, so that none disturbs another.
    """

    def __init__(self, vectors: np.ndarray, classes: int, config):
        """vectors (V, D) float: the large vectors, row 0 for unknown words."""
        start, self.order, self.drop = (np.random.default_rng(s) for s in np.random.SeedSequence(config.seed).spawn(3))
        self.table = TABLES[METHODS[config.method].table](vectors, config, start)
        self.network = build_network(config, self.table.dim, classes)
        self.parameters = Parameters({**self.table.shapes(), **self.network.shapes()}, vectors.dtype)
        self.table.initialise(self.parameters.values, start)
        self.network.initialise(self.parameters.values, start)
        self.adam = Adam(config.rate)
        self.dropout = config.dropout
        self.slot = np.full(len(vectors), -1, np.int32)

    def loss(self, batch: Packed, labels: np.ndarray) -> float:
        """Mean loss of a batch; its gradients are left in the parameters. labels (B,) int32."""
        words, local = np.empty(len(batch.ids), np.int32), np.empty(len(batch.ids), np.int32)
        words = words[: distinct(words, local, self.slot, batch.ids)]
        values, gradients = self.parameters.values, self.parameters.gradients
        embeddings, table_backward = self.table.forward(values, words)
        keep = self._keep(batch.sentences, embeddings.dtype)
        logits, network_backward = self.network.forward(values, embeddings, Packed(local, batch.offsets), keep)
        dlogits = np.empty_like(logits)
        loss = cross_entropy(dlogits, logits, labels)
        table_backward(network_backward(dlogits, gradients), gradients)
        return loss

    def _keep(self, sentences, dtype):
        if self.dropout == 0:
            return None
        keep = self.drop.random((sentences, self.network.dropped), np.float32) >= self.dropout
        return keep.astype(dtype) / dtype.type(1 - self.dropout)

    def epoch(self, packed: Packed, labels: np.ndarray, size: int, seen=lambda sentences, loss: None) -> float:
        """One pass over the corpus in random order, `size` sentences a step. Returns the mean loss."""
        order = self.order.permutation(packed.sentences)
        total = 0.0
        lengths = np.diff(packed.offsets)
        for first in range(0, len(order), size):
            chosen = order[first : first + size]
            ids, offsets = np.empty(lengths[chosen].sum(), np.int32), np.empty(len(chosen) + 1, np.int64)
            pack(ids, offsets, packed.ids, packed.offsets, chosen)
            loss = self.loss(Packed(ids, offsets), labels[chosen])
            self.adam.step(self.parameters, self.table.rows)
            total += loss * len(chosen)
            seen(len(chosen), loss)
        return total / len(order)

    def fold(self) -> np.ndarray:
        """The small table (V, d) as it would be shipped now."""
        return self.table.fold(self.parameters.values)

    def logits(self, packed: Packed) -> np.ndarray:
        """Logits (B, C) of a packed corpus, computed as the shipped model will compute them."""
        return packed_logits(self.network, self.parameters.values, self.fold(), packed)
