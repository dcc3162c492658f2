"""What the processes of a search do: train a teacher, rank the words, train an arm on, make images of one.

Each process has the dataset, which comparison.workers handed over.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from embdistill.comparison.workers import handed_over
from embdistill.export.budget import TYPOS, Budget, Candidate, candidates
from embdistill.export.prune import ranking
from embdistill.export.splits import RunSplits
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.progress import silent
from embdistill.searching.arms import DTYPE, Arm
from embdistill.training import experiment
from embdistill.training.checkpoint import Checkpoint
from embdistill.training.learner import Learner
from embdistill.training.loop import Epoch, best_of, fit
from embdistill.training.stages import stages, student
from embdistill.training.stages import train as train_stage


class Progress(NamedTuple):
    """How far an arm has been trained: its epochs, and the learner's arrays and counters after the last of them."""

    history: list[Epoch]
    arrays: dict[str, np.ndarray]
    counters: dict

    @property
    def best(self) -> Epoch:
        """The best of its epochs."""
        return best_of(self.history)


class Finished(NamedTuple):
    """What can be made of an arm, of all sizes; of the best that fits (None: nothing does) its image and its model."""

    considered: list[Candidate]
    best: Candidate | None
    image: bytes
    model: Model | None


def teach(config: Config) -> tuple[np.ndarray, float]:
    """The logits (B, C) of a teacher on the training split, and the seconds that it took to train."""
    dataset = handed_over()
    with silent():
        learner = student(dataset, config)
        seconds = train_stage(learner, "teacher", dataset, Checkpoint(None, {}))
    return learner.logits(dataset.train.packed), seconds


def rank(config: Config) -> np.ndarray:
    """The words, as rows (n,) of the table, those first without which a model with all words changes most."""
    dataset = handed_over()
    with silent():
        learner = student(dataset, config)
        train_stage(learner, "reference", dataset, Checkpoint(None, {}))
        return ranking(experiment.folded(learner, dataset), dataset.train.packed)


def advance(arm: Arm, progress: Progress | None, epochs: int) -> Progress:
    """Train an arm on until it has so many epochs, or does not get better. progress: what it came to; None: nothing."""
    dataset = handed_over().with_words(arm.rows)
    learner = _learner(dataset, replace(arm.config, epochs=min(epochs, arm.config.epochs)), progress)
    found = progress or Progress([], {}, {})

    def keep(epoch):
        nonlocal found
        arrays = {name: array.copy() for name, array in learner.weights.arrays().items()}
        found = Progress([*found.history, epoch], arrays, learner.progress())

    with silent():
        fit(learner, dataset.train, dataset.dev, list(found.history), lambda sentences, loss: None, keep)
    return found


def finish(arm: Arm, progress: Progress, budget: Budget, typos: bool) -> Finished:
    """Fold an arm, and score what can be made of it on dev; with `typos` with typing errors too."""
    dataset = handed_over().with_words(arm.rows)
    with silent():
        model = experiment.fold(_trained(dataset, arm, progress)).model
        splits = RunSplits(dataset.train, dataset.dev.texts, dataset.dev.labels)
        mistyped = TYPOS(splits.dev).texts if typos else None
        found = list(candidates(arm.title, model, splits, budget, [DTYPE], mistyped))
    fit = [each for each in found if each[0].fits]
    best = max(fit, key=lambda each: each[0].rank) if fit else (None, b"", None)
    return Finished(list(dict.fromkeys(candidate for candidate, _, _ in found)), *best)


def _learner(dataset, config, progress) -> Learner:
    learner = student(dataset, config)
    if progress:
        learner.restore(progress.arrays, progress.counters)
    return learner


def _trained(dataset, arm, progress) -> experiment.Trained:
    """The learners of all stages of an arm, of which the first has been trained."""
    checkpoint, learner = Checkpoint(None, {}), _learner(dataset, arm.config, progress)
    learner.weights.restore_best()
    first, *others = stages(arm.config)
    checkpoint.histories[first.name] = progress.history
    learners, best = [learner], progress.best
    for stage in others:
        learners.append(stage.begin(dataset, arm.config, learners[-1]))
        train_stage(learners[-1], stage.name, dataset, checkpoint, best)
        best = best_of(checkpoint.histories[stage.name])
    seconds = sum(epoch.seconds for history in checkpoint.histories.values() for epoch in history)
    return experiment.Trained(dataset, arm.config, learners, {"train": seconds}, [], checkpoint)
