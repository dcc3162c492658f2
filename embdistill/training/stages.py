"""The stages of a run: learners that are trained one after the other, each from where the one before ended."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from embdistill.data.dataset import Dataset
from embdistill.model.config import Config
from embdistill.progress import TrainingProgress
from embdistill.stopping import Stopped
from embdistill.training.checkpoint import Checkpoint
from embdistill.training.learner import Learner, build_learner, code_tuner, fine_tuner
from embdistill.training.loop import Epoch, fit
from embdistill.training.pretraining import pretrain


class Stage(NamedTuple):
    """name: in checkpoints and histories. begin: its learner, from the dataset, the Config and the learner before.
    keeps_score: whether it begins with the scores of the learner before."""

    name: str
    begin: Callable[[Dataset, Config, Learner | None], Learner]
    keeps_score: bool = False


def student(dataset: Dataset, config: Config, before: Learner | None = None) -> Learner:
    """The learner of a method as it starts, its encoder pretrained if the method says so."""
    learner = build_learner(dataset.vectors, len(dataset.labels), config, dataset.small_vectors, dataset.relations)
    if "pretrain" in config.parsed.stages:
        pretrain(learner.table, learner.parameters.values, config.pretrain_epochs, config.seed)
    return learner


def stages(config: Config) -> list[Stage]:
    """The learners of a method in their order.

    Of choices.STAGES, only `finetune` is a learner of its own: `pretrain` is how the student begins, and the teachers
    of an `ensemble` come before it (teachers.py). Codes are made, and the network is trained on over them, at the end.
    """
    method = config.parsed
    finetune = Stage("finetune", lambda dataset, config, before: fine_tuner(before, config), keeps_score=True)
    return [
        Stage("student", student),
        *([finetune] if "finetune" in method.stages else []),
        *([Stage("codes", _coded)] if method.codes else []),
    ]


def _coded(dataset, config, before):
    counts = np.bincount(dataset.train.packed.ids, minlength=len(dataset.vocabulary))
    return code_tuner(before, counts, config)


def train(learner: Learner, stage: str, dataset: Dataset, checkpoint: Checkpoint, start: Epoch | None = None) -> float:
    """Train a learner as one stage of a run, with a bar and checkpoints; returns the seconds that it took in all.

    start: the best epoch of the previous stage, if training starts from its weights; else None.
    """
    left = _left_to_later_stages(learner)
    if checkpoint.done(stage):
        checkpoint.restore_outcomes(stage, left)
        return sum(epoch.seconds for epoch in checkpoint.histories[stage])
    config, history = learner.config, checkpoint.begin(stage, learner)
    begun = time.perf_counter() - sum(epoch.seconds for epoch in history)
    title = f"{config.method} {config.network} d={learner.table.dim} seed {config.seed}"
    title = title if stage == "student" else f"{stage}: {title}"
    progress = TrainingProgress(title, config.epochs, dataset.train.packed.sentences, len(history))

    def epoch_done(epoch):
        progress.epoch(epoch)
        checkpoint.save_in_time(learner)

    try:
        fit(learner, dataset.train, dataset.dev, history, progress.step, epoch_done, start)
    except Stopped:
        checkpoint.save_at_end(learner)
        raise
    finally:
        progress.close()
    checkpoint.keep_outcomes(stage, left)
    return time.perf_counter() - begun


def _left_to_later_stages(learner):
    """By name, the weights of the encoder, which maps words outside the table, and the rows that codes are made of."""
    encoder = {name: learner.parameters.values[name] for name in learner.table.shapes()}
    rows = {"rows": learner.table.rows.values} if learner.table.rows and learner.config.parsed.codes else {}
    return encoder | rows
