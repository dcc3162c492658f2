"""What the processes of a search do: train a teacher, rank the words, train an arm on, make images of one.

Each process has the dataset, which comparison.workers handed over.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from embdistill.comparison.workers import handed_over
from embdistill.export.budget import TYPOS, Budget, Candidate, candidates
from embdistill.export.edm import edm_bytes
from embdistill.export.prune import prune, ranking
from embdistill.export.splits import RunSplits
from embdistill.export.variants import variants
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.progress import silent
from embdistill.searching.arms import Arm
from embdistill.training import experiment
from embdistill.training.checkpoint import Checkpoint
from embdistill.training.learner import Learner
from embdistill.training.loop import Epoch, best_of, fit
from embdistill.training.open_vocabulary import open_vocabulary
from embdistill.training.refitting import refit
from embdistill.training.stages import stages, student
from embdistill.training.stages import train as train_stage

DTYPES = ("int8", "int4")  # of images


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
    """What can be made of an arm, of all sizes; of the best that fits (None: nothing does) its image and its model; and
    how many epochs each stage had, 0 for one that made it no better."""

    considered: list[Candidate]
    best: Candidate | None
    image: bytes
    model: Model | None
    epochs: dict[str, int]


def teach(config: Config) -> list[np.ndarray]:
    """The logits (B, C) of a teacher, trained on the training split, on this and on the dev split."""
    dataset = handed_over()
    with silent():
        learner = student(dataset, config)
        train_stage(learner, "teacher", dataset, Checkpoint(None, {}))
    return [learner.logits(split.packed) for split in (dataset.train, dataset.dev)]


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
        trained = _trained(dataset, arm, progress)
        model = experiment.fold(trained).model
        splits = RunSplits(dataset.train, dataset.dev.texts, dataset.dev.labels)
        mistyped = TYPOS(splits.dev).texts if typos else None
        words = np.searchsorted(arm.rows, arm.words)  # of the smaller table, the most important one first
        found = list(candidates(arm.title, model, splits, budget, DTYPES, mistyped, lambda *_: words))
    fit = [each for each in found if each[0].fits]
    best = max(fit, key=lambda each: each[0].rank) if fit else (None, b"", None)
    considered = list(dict.fromkeys(candidate for candidate, _, _ in found))
    return Finished(considered, *best, _epochs(trained.histories))


def refitted(arm: Arm, finished: Finished) -> tuple[bytes, Model]:
    """The best image of a finished arm, and its model, trained again on train and dev; of the same words and size."""
    dataset, found = handed_over().with_words(arm.rows), finished.best
    with silent():
        learners = refit(dataset, arm.config, finished.epochs)
        whole = open_vocabulary(experiment.folded(learners[-1], dataset), learners[0], dataset, arm.config)
    like = next(each for each in variants(whole) if _parts(each) == (found.subwords, found.correct, found.right))
    rows = np.array([dataset.vocabulary.index[word] for word in finished.model.vocabulary.words[1:]])
    model = prune(like, rows, like.pack(dataset.train.texts))
    model.about = finished.model.about
    return edm_bytes(model, found.dtype, common=0), model


def _epochs(histories):
    """How many epochs each stage was trained, 0 where that made nothing better."""
    found, best = {}, None
    for stage, history in histories.items():
        best = best_of(history, best and best._replace(number=0))
        found[stage] = len(history) if best.number else 0
    return found


def _parts(model):
    """What tells the variants of a model apart, as a Candidate names it."""
    subwords = len(model.subwords.buckets) if model.subwords else 0
    return subwords, model.correction is not None, len(model.correction.spellings) if model.correction else 0


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
