"""Training again on train and dev: the same as training on a split that has the texts of both."""

from dataclasses import replace

import numpy as np
import pytest

from embdistill.data.packed import Packed
from embdistill.training.learner import build_learner
from embdistill.training.refitting import refit
from training_helpers import config


def test_it_is_training_on_the_texts_of_both(dataset):
    settings, train, dev = config(), dataset.train, dataset.dev
    (again,) = refit(dataset, settings, {"student": 2})
    learner, texts = build_learner(dataset.vectors, len(dataset.labels), settings), [*train.texts, *dev.texts]
    both = replace(train, packed=dataset.vocabulary.pack([dataset.tokenizer(text) for text in texts]))
    both = replace(both, labels=np.concatenate([train.labels, dev.labels]))
    for first in (True, False):
        learner.epoch(both, settings.batch)
        learner.weights.update_average(first)
    for found, expected in zip(again.weights.now, learner.weights.average, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("epochs", [0, 2])
def test_a_stage_that_made_nothing_better_is_left_out(dataset, epochs):
    student, tuned = refit(dataset, config("encode+finetune"), {"student": 1, "finetune": epochs})
    assert np.array_equal(student.fold(), tuned.fold()) == (epochs == 0)


def test_targets_and_positions_are_joined(dataset):
    def split(sentences, value):
        packed = Packed(np.full(2 * sentences, value, np.int32), np.arange(sentences + 1) * 2)
        positions = np.full((2 * sentences, 2), value, np.int32)
        labels = np.full(sentences, value, np.int32)
        targets = np.full((sentences, 3), value, np.float32)
        return replace(dataset.dev, packed=packed._replace(positions=positions), labels=labels, targets=targets)

    both = split(2, 1).joined(split(1, 2))
    assert both.packed.ids.tolist() == [1, 1, 1, 1, 2, 2] and both.packed.offsets.tolist() == [0, 2, 4, 6]
    assert both.packed.positions[:, 0].tolist() == both.packed.ids.tolist()
    assert both.targets[:, 0].tolist() == both.labels.tolist() == [1, 1, 2]
