"""What a student is to match: the logits of its teacher or teachers on the training part, computed once."""

from collections.abc import Sequence

import numpy as np

from embdistill.data.dataset import Dataset
from embdistill.errors import UserError
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.training.ensemble import COMBINATIONS

STUDENT_ONLY = (
    "dim", "activation", "encoder_hidden", "temperature", "mixing", "teachers", "teacher_networks", "combine",
    "pretrain_epochs", "finetune_rate",
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


def given_logits(paths: Sequence, dataset: Dataset, config: Config) -> list[np.ndarray]:
    """Logits (B, C) on the training part of the teachers in run files.

    UserError for a teacher with other classes, another vocabulary or another task than the student's, and for several
    teachers without the stage `ensemble`.
    """
    from embdistill.model.run_file import load_run

    if config.parsed.objective == "labels":
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
            f"{len(dataset.vocabulary)}); train it with the same --data, --dev, --test, --vocab and --vectors"
        )
    return teacher


def targets(logits: Sequence[np.ndarray], config: Config) -> np.ndarray:
    """The logits (B, C) that the student matches: those of the one teacher, or the combination of several."""
    return COMBINATIONS[config.combine](np.stack(logits)) if len(logits) > 1 else logits[0]
