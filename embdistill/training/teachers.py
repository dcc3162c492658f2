"""What a student matches: the logits of its teacher or teachers on the training split, computed once."""

from collections.abc import Sequence

import numpy as np

from embdistill.data.dataset import Dataset
from embdistill.errors import UserError
from embdistill.model.choices import COMBINATIONS
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.model.run_file import load_run
from embdistill.training.checkpoint import Checkpoint
from embdistill.training.stages import student, train
from embdistill.training.teacher_cache import TeacherCache, logits_kind
from embdistill.training.warm_up import warm_up

STUDENT_ONLY = (
    "dim", "activation", "encoder_hidden", "temperature", "mixing", "teachers", "teacher_networks", "combine",
    "pretrain_epochs", "finetune_rate", "subwords", "correct", "spellings",
)  # fmt: skip
SEED_STEP = 2**32  # between the seeds of the teachers of one run, so that no other run is likely to have them


def teacher_configs(config: Config) -> list[Config]:
    """Settings of the teachers that are trained on the spot: `large`, with seeds, and networks, of their own."""
    count = config.teachers if "ensemble" in config.parsed.stages else 1
    networks = config.teacher_networks or (config.network,)
    # What matters to the student alone is left at its default, so that students of all kinds share a cached teacher.
    shared = {name: value for name, value in vars(config).items() if name not in STUDENT_ONLY}
    return [
        Config(
            **shared
            | dict(method="large", network=networks[k % len(networks)], seed=(config.seed + k * SEED_STEP) % 2**63)
        )
        for k in range(count)
    ]


def teacher_logits(
    dataset: Dataset, config: Config, checkpoint: Checkpoint, paths: Sequence, cache
) -> tuple[np.ndarray | None, float]:
    """The logits (B, C) that the student matches, None if it matches the labels alone, and the seconds that the
    teachers took to train.

    paths: run files of teachers; without them, teachers are trained on the spot. cache: as in experiment.run.
    """
    given = given_logits(paths, dataset, config) if paths else []
    if not config.parsed.has_teacher:
        return None, 0.0
    logits, seconds = (given, 0.0) if given else _trained_logits(dataset, config, checkpoint, cache)
    combined = COMBINATIONS[config.combine].load()(np.stack(logits)) if len(logits) > 1 else logits[0]
    return combined, seconds


def _trained_logits(dataset, config, checkpoint, cache):
    """The logits of each teacher, and the seconds that they took in all."""
    logits, seconds = [], 0.0
    configs = teacher_configs(config)
    for teacher in configs:
        warm_up(dataset, teacher)  # a network that cannot do the task is refused before any is trained
    cached = TeacherCache(cache, dataset)
    for index, teacher in enumerate(configs):
        stage = f"teacher{index}"
        if checkpoint.done(stage):
            logits.append(checkpoint.outcome(stage, *logits_kind(dataset)))
            seconds += sum(epoch.seconds for epoch in checkpoint.histories[stage])
            continue
        with cached.alone(teacher):
            found = cached.get(teacher)
            if found is None:
                learner = student(dataset, teacher)
                took = train(learner, stage, dataset, checkpoint)
                found = learner.logits(dataset.train.packed), took
                cached.put(teacher, *found)
                checkpoint.outcomes[stage] = found[0]
        logits.append(found[0])
        seconds += found[1]
    return logits, seconds


def given_logits(paths: Sequence, dataset: Dataset, config: Config) -> list[np.ndarray]:
    """Logits (B, C) on the training split of the teachers in run files.

    UserError for a teacher with other classes, another vocabulary or another task than the student's, and for several
    teachers without the stage `ensemble`.
    """
    if not config.parsed.has_teacher:
        raise UserError(f"--teacher: method {config.method} matches labels alone; add +soft or +logits to it")
    if len(paths) > 1 and "ensemble" not in config.parsed.stages:
        raise UserError(f"--teacher: {len(paths)} teachers are an ensemble; add +ensemble to the method, or give one")
    return [_checked(path, load_run(path), dataset).logits(dataset.train.packed) for path in paths]


def _checked(path, teacher: Model, dataset: Dataset) -> Model:
    if teacher.relations != dataset.relations:
        kinds = {True: "relations between marked entities", False: "whole texts"}
        raise UserError(
            f"{path}: a teacher of another task, {kinds[teacher.relations]} and not {kinds[dataset.relations]}; "
            "train one on these files"
        )
    if teacher.labels != dataset.labels:
        theirs = ", ".join(sorted(set(teacher.labels) ^ set(dataset.labels))[:3])
        raise UserError(f"{path}: a teacher of other classes (not shared: {theirs}); train one on these files")
    if teacher.tokenizer != dataset.tokenizer:
        raise UserError(f"{path}: the teacher's texts are split otherwise; give it and the student the same --split")
    if teacher.vocabulary.words != dataset.vocabulary.words:
        raise UserError(
            f"{path}: a teacher of another vocabulary ({len(teacher.vocabulary)} words, not "
            f"{len(dataset.vocabulary)}); train it with the same files, --words and --transductive"
        )
    return teacher
