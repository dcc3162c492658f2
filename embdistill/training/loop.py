"""The training loop: epochs until dev is no longer better, of which the best is kept."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from embdistill.data.dataset import Split
from embdistill.errors import UserError
from embdistill.kernels.losses import cross_entropy
from embdistill.model import metrics
from embdistill.model.losses import sentence_weights
from embdistill.stopping import held
from embdistill.training.learner import Learner

SCORES = {"accuracy": metrics.accuracy, "macro_f1": metrics.macro_f1}  # config.select


class Epoch(NamedTuple):
    """What one pass over the training split came to.

    loss, dev_loss: means, in nats; dev_accuracy: percent; seconds: of training, evaluation not counted. dev_score: that
    by which the best epoch is chosen (config.select), percent.
    """

    number: int
    loss: float
    dev_loss: float
    dev_accuracy: float
    seconds: float
    dev_score: float

    def better_than(self, other: "Epoch | None") -> bool:
        """Higher dev score, or as high with a lower dev loss."""
        return other is None or (self.dev_score, -self.dev_loss) > (other.dev_score, -other.dev_loss)


@np.errstate(over="ignore", invalid="ignore")  # a loss that is not finite is refused, in one line
def fit(
    learner: Learner,
    train: Split,
    dev: Split,
    history: list[Epoch],
    step: Callable[[int, float], None],
    epoch_done: Callable[[Epoch], None],
    start: Epoch | None = None,
) -> None:
    """Train until config.patience epochs have not been better on dev, or config.epochs are over; keep the best weights.

    What is measured on dev, and kept, are the weights averaged over the epochs.

    history: the epochs already done, to which the new ones are added. step is called after each batch with its
    sentences and loss; epoch_done after each epoch, when the learner can be saved. start: what the weights reach as
    they are, if they are worth keeping (None: they are not). Raises Stopped where the learner can be saved too.
    """
    config, weights = learner.config, learner.weights
    train = replace(train, weights=sentence_weights(train.labels, config.class_weights))
    best = best_of(history, start and start._replace(number=0))
    while len(history) < config.epochs and (best is None or len(history) - best.number < config.patience):
        with held():
            epoch = _epoch(learner, train, dev, len(history) + 1, step)
            history.append(epoch)
            if epoch.better_than(best):
                best = epoch
                weights.keep_average()
            epoch_done(epoch)
    weights.restore_best()


def _epoch(learner, train, dev, number, step) -> Epoch:
    begun = time.perf_counter()
    loss = learner.epoch(train, learner.config.batch, step)
    seconds = time.perf_counter() - begun
    learner.weights.update_average(first=number == 1)
    with learner.weights.averaged():
        predicted, dev_loss = measure(learner, dev)
    if not math.isfinite(loss + dev_loss):
        raise UserError(f"the loss is no longer finite in epoch {number}; lower --rate")
    dev_accuracy, dev_score = (SCORES[name](dev.labels, predicted) for name in ("accuracy", learner.config.select))
    return Epoch(number, loss, dev_loss, dev_accuracy, seconds, dev_score)


def best_of(history: list[Epoch], start: Epoch | None = None) -> Epoch | None:
    """The best epoch of a history, or `start` if none is better."""
    best = start
    for epoch in history:
        best = epoch if epoch.better_than(best) else best
    return best


def measure(learner: Learner, split: Split) -> tuple[np.ndarray, float]:
    """The predicted classes (B,) int64 of the model as it would be shipped, and its mean cross-entropy with the gold
    labels, in nats and without weights."""
    predicted, total = np.empty(split.packed.sentences, np.int64), 0.0
    for sentences, logits in learner.logits_by_batch(split.packed):
        predicted[sentences] = logits.argmax(axis=1)
        weights = np.ones(len(sentences))
        total += len(sentences) * cross_entropy(np.empty_like(logits), logits, split.labels[sentences], weights)
    return predicted, float(total / split.packed.sentences)
