"""Compiling before the clock runs."""

from dataclasses import replace

import numpy as np

from embdistill.data.dataset import Dataset, Split
from embdistill.data.packed import Packed
from embdistill.model.config import Config
from embdistill.training.learner import build_learner, fine_tuner


@np.errstate(over="ignore", invalid="ignore")  # whatever comes out is thrown away
def warm_up(dataset: Dataset, config: Config) -> None:
    """Run every kernel of a run once on next to nothing, so that compiling is not counted as training."""
    rng = np.random.default_rng(0)
    tiny = replace(config, dim=2)
    learner = build_learner(rng.random((5, 4), np.float32), 2, tiny, relations=dataset.relations)
    positions = np.zeros((3, 2), np.int32) if dataset.relations else None
    packed = Packed(np.array([1, 2, 0], np.int32), np.array([0, 2, 3]), positions)
    split = Split(packed, np.array([0, 1], np.int32), np.zeros((2, 2), np.float32))
    learner.epoch(split, 2)
    if "finetune" in config.parsed.stages:
        fine_tuner(learner, tiny).epoch(split, 2)
    learner.logits(split.packed)
