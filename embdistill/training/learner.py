"""The model while it learns: a table and a network, forward, backward and a step of Adam."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from embdistill import stopping
from embdistill.data.batches import pick_batch
from embdistill.data.dataset import Split
from embdistill.data.packed import Packed
from embdistill.kernels.dropout import draw_mask
from embdistill.model.choices import CODES, OBJECTIVES, TABLES
from embdistill.model.classifier import logits_by_batch, packed_logits
from embdistill.model.networks import build_network
from embdistill.model.parameters import Parameters
from embdistill.model.tables import CodedTable, TunedTable
from embdistill.training.adam import Adam
from embdistill.training.weights import Weights
from embdistill.training.word_dropout import drop_words

DRAWS = 2**16  # values of a random draw of dropout


class Learner:
    """A table and a network over one set of parameters. build_learner, fine_tuner and code_tuner make one."""

    def __init__(self, table, network, config, dtype, rate: float, shuffle_rng, dropout_rng, word_rng):
        """rate: learning rate of Adam. The weights are zero; whoever makes a learner initialises them."""
        self.table, self.network, self.config = table, network, config
        self.shuffle_rng, self.dropout_rng, self.word_rng = shuffle_rng, dropout_rng, word_rng
        self.parameters = Parameters({**table.shapes(), **network.shapes()}, dtype)
        self.weights = Weights(self.parameters, table.rows)
        self.adam = Adam(rate)
        self.objective = OBJECTIVES[config.parsed.objective].load()
        self.scratch = np.full(table.words, -1, np.int32)
        self.epoch_start = None  # states of shuffle_rng and word_rng before the epoch under way; None between epochs
        self.epoch_done, self.epoch_loss = 0, 0.0  # of the epoch under way: sentences, and the sum of their losses

    def loss(self, split: Split, sentences: np.ndarray) -> float:
        """Mean loss of the sentences of the indices (B,) int64; its gradients are left in the parameters."""
        values, gradients = self.parameters.values, self.parameters.gradients
        words, batch = pick_batch(split.packed, sentences, self.scratch)
        embeddings, table_backward = self.table.forward(values, words)
        mask = self.dropout_mask(len(sentences), embeddings.dtype)
        logits, network_backward = self.network.forward(values, embeddings, batch, mask)
        dlogits = np.empty_like(logits)
        teacher = None if split.targets is None else split.targets[sentences]
        weights = np.ones(len(sentences)) if split.weights is None else split.weights[sentences]
        loss = self.objective(dlogits, logits, split.labels[sentences], weights, teacher, self.config)
        table_backward(network_backward(dlogits, gradients), gradients)
        return float(loss)

    def dropout_mask(self, sentences: int, dtype) -> np.ndarray | None:
        """A fresh mask (B, F) of the features: 0 for a share of about config.dropout, the others scaled up for it."""
        if self.config.dropout == 0:
            return None
        mask = np.empty((sentences, self.network.features), dtype)
        seed = np.uint64(self.dropout_rng.bit_generator.random_raw())
        dropped = min(round(self.config.dropout * DRAWS), DRAWS - 1)  # a draw below this drops the feature
        draw_mask(mask.reshape(-1), seed, dropped, dtype.type(DRAWS / (DRAWS - dropped)))
        return mask

    def epoch(
        self, split: Split, size: int, seen: Callable[[int, float], None] = lambda sentences, loss: None
    ) -> float:
        """One pass over a split in random order, or the rest of one that was stopped, `size` sentences a step. Returns
        the mean loss.

        seen is called after each step with its sentences and loss. Raises Stopped between two steps.
        """
        self.epoch_start = self._epoch_states()
        order = self.shuffle_rng.permutation(split.packed.sentences)
        if self.config.word_dropout:
            split = replace(split, packed=drop_words(split.packed, self.config.word_dropout, self.word_rng))
        while self.epoch_done < len(order):
            stopping.check()
            sentences = order[self.epoch_done : self.epoch_done + size]
            loss = self.loss(split, sentences)
            self.adam.step(self.parameters, self.table.rows)
            self.epoch_loss += loss * len(sentences)
            self.epoch_done += len(sentences)
            seen(len(sentences), loss)
        mean = self.epoch_loss / len(order)
        self.epoch_start, self.epoch_done, self.epoch_loss = None, 0, 0.0
        return mean

    def _epoch_states(self):
        return self.shuffle_rng.bit_generator.state, self.word_rng.bit_generator.state

    def fold(self) -> np.ndarray:
        """The small table (V, d) as it would be shipped now."""
        return self.table.fold(self.parameters.values)

    def logits(self, packed: Packed) -> np.ndarray:
        """Logits (B, C) of a packed corpus, computed as the shipped model will compute them."""
        return packed_logits(self.network, self.parameters.values, self.fold(), packed)

    def logits_by_batch(self, packed: Packed) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The same batch by batch: the indices (b,) of its sentences, and their logits (b, C)."""
        return logits_by_batch(self.network, self.parameters.values, self.fold(), packed)

    def progress(self) -> dict:
        """The state beside the arrays of the weights, as JSON can hold it."""
        order, words = self.epoch_start or self._epoch_states()
        generators = {"order": order, "drop": self.dropout_rng.bit_generator.state, "words": words}
        return {"steps": self.adam.steps, "done": self.epoch_done, "loss": self.epoch_loss, **generators}

    def restore(self, arrays: dict[str, np.ndarray], progress: dict) -> None:
        """Go back to the state that weights.arrays() and progress() gave."""
        for name, array in self.weights.arrays().items():
            array[:] = arrays[name]
        self.adam.steps = progress["steps"]
        self.epoch_done, self.epoch_loss = progress["done"], progress["loss"]
        self.shuffle_rng.bit_generator.state = progress["order"]
        self.dropout_rng.bit_generator.state = progress["drop"]
        self.word_rng.bit_generator.state = progress["words"]


def build_learner(vectors: np.ndarray, classes: int, config, small_vectors=None, relations: bool = False) -> Learner:
    """A learner as it starts. vectors (V, D) float: the large vectors, row 0 for unknown words; small_vectors and
    relations as in Dataset.

    Everything random comes from one seed, through a generator for each use, so that none disturbs another.
    """
    network_rng, table_rng, shuffle_rng, dropout_rng, word_rng = _generators(config.seed, 0, 1, 2, 3, 7)
    table = TABLES[config.parsed.table].load()(vectors, small_vectors, config, table_rng)
    network = build_network(config, table.dim, classes, relations)
    learner = Learner(table, network, config, vectors.dtype, config.rate, shuffle_rng, dropout_rng, word_rng)
    table.initialise(learner.parameters.values, table_rng)
    network.initialise(learner.parameters.values, network_rng)
    return learner


def fine_tuner(learner: Learner, config) -> Learner:
    """The same model over its folded table, which is now trained itself, with learning rate config.finetune_rate."""
    # Other generators than build_learner takes; 6 is that of pretraining.
    return _tuner(TunedTable(learner.fold().copy()), learner, config, _generators(config.seed, 4, 5, 8))


def code_tuner(learner: Learner, counts: np.ndarray, config) -> Learner:
    """The same model over the codes of its folded table, which stay; the network is trained on, as by fine_tuner.

    counts (V): how often each word occurs in training.
    """
    codes_rng, *generators = _generators(config.seed, 9, 10, 11, 12)
    codes = CODES[config.parsed.codes].load()(learner.fold(), counts, codes_rng)
    return _tuner(CodedTable(codes, learner.table.dim), learner, config, generators)


def _tuner(table, learner, config, generators):
    """A learner over another table, which goes on from the network of the one before."""
    tuner = Learner(table, learner.network, config, table.values.dtype, config.finetune_rate, *generators)
    for name, value in tuner.parameters.values.items():
        value[:] = learner.parameters.values[name]
    tuner.weights.keep_best()
    return tuner


def _generators(seed, *uses):
    return [np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(use,))) for use in uses]
