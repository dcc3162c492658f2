"""The one training loop: batches, forward, backward, Adam, early stopping, folding."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from embdistill.data.batches import batches
from embdistill.data.dataset import Split
from embdistill.data.packed import Packed
from embdistill.errors import UserError
from embdistill.kernels.dropout import draw_keep
from embdistill.kernels.machine.scratch import Scratch
from embdistill.kernels.machine.threads import Pace
from embdistill.kernels.softmax import cross_entropy
from embdistill.model import metrics
from embdistill.model.classifier import packed_logits
from embdistill.model.losses import LOSSES
from embdistill.model.networks import build_network
from embdistill.model.parameters import Adam, Parameters
from embdistill.model.tables import TABLES, TunedTable

# Share of the earlier epochs in the moving average of the weights (Polyak & Juditsky 1992; once an epoch as in Izmailov
# et al. 2018). Averaged weights do better on sentences that the choice of the epoch did not see: docs/method.md.
AVERAGING = 0.7


class Epoch(NamedTuple):
    """What one pass over the training part came to.

    loss, dev_loss: means, in nats; dev_accuracy: percent; seconds: of training, evaluation not counted.
    """

    number: int
    loss: float
    dev_loss: float
    dev_accuracy: float
    seconds: float

    def better_than(self, other: "Epoch | None") -> bool:
        """Higher dev accuracy, or as high with a lower dev loss."""
        return other is None or (self.dev_accuracy, -self.dev_loss) > (other.dev_accuracy, -other.dev_loss)


class Learner:
    """The model while it learns: a table and a network over one set of parameters.

    Everything random comes from one seed, through a generator for each use, so that none disturbs another.
    """

    def __init__(self, vectors: np.ndarray, classes: int, config, small_vectors=None, relations: bool = False):
        """vectors (V, D) float: the large vectors, row 0 for unknown words. small_vectors, relations: as in Task."""
        seeds = np.random.SeedSequence(config.seed).spawn(4)
        network_start, table_start, order, drop = map(np.random.default_rng, seeds)
        table = TABLES[config.parsed.table](vectors, small_vectors, config, table_start)
        network = build_network(config, table.dim, classes, relations)
        self._begin(table, network, vectors.dtype, config, order, drop)
        table.initialise(self.parameters.values, table_start)
        network.initialise(self.parameters.values, network_start)

    def folded(self, config) -> "Learner":
        """The same model over its folded table, which is trained from now on, as finely as config.finetune_rate."""
        seeds = np.random.SeedSequence(config.seed).spawn(6)[4:]
        tuned = object.__new__(Learner)
        table = TunedTable(self.fold().copy())
        dtype = table.rows.values.dtype
        tuned._begin(table, self.network, dtype, config, *map(np.random.default_rng, seeds))
        for name, value in tuned.parameters.values.items():
            value[:] = self.parameters.values[name]
        tuned.adam.rate = config.finetune_rate
        tuned.keep_best()
        return tuned

    def _begin(self, table, network, dtype, config, order, drop):
        self.table, self.network, self.config, self.order, self.drop = table, network, config, order, drop
        self.parameters = Parameters({**table.shapes(), **network.shapes()}, dtype)
        self.adam = Adam(config.rate)
        self.match = LOSSES[config.parsed.objective]
        self.slot = np.full(table.words, -1, np.int32)
        self.scratch, self.pace = Scratch(), Pace()
        self.trained = [self.parameters] if self.table.rows is None else [self.parameters, self.table.rows]
        self.average = [trained.values_now().copy() for trained in self.trained]
        self.best = [trained.values_now().copy() for trained in self.trained]

    def loss(self, split: Split, sentences: np.ndarray) -> float:
        """Mean loss of the sentences of the given numbers (B,) int64; its gradients are left in the parameters."""
        (batch,) = batches(split.packed, sentences, len(sentences), self.slot)
        return self._loss(split, *batch)

    def _loss(self, split, sentences, words, batch):
        values, gradients = self.parameters.values, self.parameters.gradients
        embeddings, table_backward = self.table.forward(values, words, self.scratch)
        keep = self._keep(len(sentences), embeddings.dtype)
        logits, network_backward = self.network.forward(values, embeddings, batch, keep, self.scratch)
        dlogits = np.empty_like(logits)
        targets = None if split.targets is None else split.targets[sentences]
        loss = self.match(dlogits, logits, split.labels[sentences], targets, self.config)
        table_backward(network_backward(dlogits, gradients), gradients)
        return float(loss)

    def _keep(self, sentences, dtype):
        rate = self.config.dropout
        if rate == 0:
            return None
        shape = (sentences, self.network.features)
        keep = self.scratch.empty("keep", shape, dtype)
        seed = np.uint64(self.drop.bit_generator.random_raw())
        dropped = min(round(rate * 2**16), 2**16 - 1)  # of so many numbers that are drawn alike
        draw_keep(keep.reshape(-1), seed, dropped, dtype.type(2**16 / (2**16 - dropped)))
        return keep

    def epoch(
        self, split: Split, size: int, seen: Callable[[int, float], None] = lambda sentences, loss: None
    ) -> float:
        """One pass over a part in random order, `size` sentences a step. Returns the mean loss.

        seen is called after each step with its sentences and loss.
        """
        order = self.order.permutation(split.packed.sentences)
        total = 0.0
        for sentences, words, batch in batches(split.packed, order, size, self.slot):
            with self.pace.step(len(batch.ids)):
                loss = self._loss(split, sentences, words, batch)
                self.adam.step(self.parameters, self.table.rows)
            total += loss * len(sentences)
            seen(len(sentences), loss)
        return total / len(order)

    def fold(self) -> np.ndarray:
        """The small table (V, d) as it would be shipped now."""
        return self.table.fold(self.parameters.values)

    def logits(self, packed: Packed) -> np.ndarray:
        """Logits (B, C) of a packed corpus, computed as the shipped model will compute them."""
        return packed_logits(self.network, self.parameters.values, self.fold(), packed)

    def update_average(self, first: bool) -> None:
        """Take the weights of now into their moving average over the epochs; the first epoch begins it."""
        for average, trained in zip(self.average, self.trained, strict=True):
            average += (1 if first else 1 - AVERAGING) * (trained.values_now() - average)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Within the block, the averaged weights stand in for those of now."""
        now = [trained.values_now().copy() for trained in self.trained]
        self._set(self.average)
        try:
            yield
        finally:
            self._set(now)

    def _set(self, weights):
        for trained, values in zip(self.trained, weights, strict=True):
            trained.values_now()[:] = values

    def keep_best(self) -> None:
        """Remember the weights of now."""
        for best, trained in zip(self.best, self.trained, strict=True):
            best[:] = trained.values_now()

    def restore_best(self) -> None:
        """Go back to the weights remembered last."""
        self._set(self.best)

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays that training changes, themselves and not copies: what a checkpoint holds."""
        arrays = {f"best{i}": best for i, best in enumerate(self.best)}
        arrays |= {f"average{i}": average for i, average in enumerate(self.average)}
        for i, trained in enumerate(self.trained):
            arrays |= {f"{name}{i}": array for name, array in trained.arrays().items()}
        return arrays

    def counters(self) -> dict:
        """The rest of the state, as JSON can hold it."""
        generators = {"order": self.order.bit_generator.state, "drop": self.drop.bit_generator.state}
        return {"steps": self.adam.steps, **generators}

    def restore(self, arrays: dict[str, np.ndarray], counters: dict) -> None:
        """Go back to the state that arrays() and counters() gave."""
        for name, array in self.arrays().items():
            array[:] = arrays[name]
        self.adam.steps = counters["steps"]
        self.order.bit_generator.state, self.drop.bit_generator.state = counters["order"], counters["drop"]


@np.errstate(over="ignore", invalid="ignore")  # a loss that is not finite is refused, in one line
def fit(
    learner: Learner,
    train: Split,
    dev: Split,
    config,
    history: list[Epoch],
    step: Callable[[int, float], None],
    epoch_done: Callable[[Epoch], None],
    start: Epoch | None = None,
) -> None:
    """Train until config.patience epochs have not been better on dev, or config.epochs are over; keep the best weights.

    What is measured on dev, and kept, are the weights averaged over the epochs.

    history: the epochs already done, to which the new ones are added. step is called after each batch with its
    sentences and loss; epoch_done after each epoch, when the learner can be saved. start: what the weights reach as
    they are, if they are worth keeping (None: they are not).
    """
    best = best_of(history, start and start._replace(number=0))
    while len(history) < config.epochs and (best is None or len(history) - best.number < config.patience):
        begun = time.perf_counter()
        loss = learner.epoch(train, config.batch, step)
        seconds = time.perf_counter() - begun
        learner.update_average(first=not history)
        with learner.averaged():
            dev_accuracy, dev_loss = measure(learner, dev)
            if not math.isfinite(loss + dev_loss):
                raise UserError(f"the loss is no longer finite in epoch {len(history) + 1}; lower --rate")
            epoch = Epoch(len(history) + 1, loss, dev_loss, dev_accuracy, seconds)
            history.append(epoch)
            if epoch.better_than(best):
                best = epoch
                learner.keep_best()
        epoch_done(epoch)
    learner.restore_best()


def best_of(history: list[Epoch], start: Epoch | None = None) -> Epoch | None:
    """The best epoch of a history, or `start` if none is better."""
    best = start
    for epoch in history:
        best = epoch if epoch.better_than(best) else best
    return best


def measure(learner: Learner, split: Split) -> tuple[float, float]:
    """Accuracy in percent, and mean cross-entropy with the gold labels in nats, of the model as it would be shipped."""
    logits = learner.logits(split.packed)
    loss = float(cross_entropy(np.empty_like(logits), logits, split.labels))
    return metrics.accuracy(split.labels, logits.argmax(axis=1)), loss
