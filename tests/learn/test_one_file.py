"""docs/learn/one_file.py against embdistill: the same parameters and batch give the same gradients, step and table."""

import subprocess
import sys

import numpy as np
import pytest

from embdistill.data.dataset import Split
from embdistill.data.packed import Packed
from embdistill.model.config import Config
from embdistill.training.learner import build_learner
from learn_helpers import LEARN, load

one_file = load(LEARN / "one_file.py")

NAMES = {  # of its parameters
    "W": "encoder1.weight",
    "b": "encoder1.bias",
    "W1": "hidden.weight",
    "b1": "hidden.bias",
    "W2": "output.weight",
    "b2": "output.bias",
}
SENTENCES = [np.array([3, 1, 1, 6]), np.array([2]), np.array([0, 6, 5, 4, 3, 2, 1])]
LABELS = np.array([0, 2, 1], np.int32)


@pytest.fixture
def task(rng):
    """A learner of embdistill over seven words, a split of three sentences, and the same parameters by their names."""
    config = Config(
        method="encode+soft",
        network="mean",
        dim=3,
        hidden=5,
        dropout=0,
        mixing=one_file.ALPHA,
        temperature=one_file.T,
        rate=one_file.RATE,
    )
    learner = build_learner(rng.normal(size=(7, 4)), 3, config)
    learner.parameters.flat[:] = rng.normal(size=learner.parameters.flat.shape)
    lengths = [len(ids) for ids in SENTENCES]
    packed = Packed(np.concatenate(SENTENCES).astype(np.int32), np.cumsum([0, *lengths]))
    split = Split(packed, LABELS, 2 * rng.normal(size=(3, 3)))
    return learner, split, {name: learner.parameters.values[theirs].copy() for name, theirs in NAMES.items()}


def gradients(learner, split, p):
    words, A = one_file.shares(SENTENCES)
    phi = learner.table.vectors[words]
    return one_file.student_gradients(p, phi, A, LABELS, split.targets, one_file.ALPHA)


def test_gradients(task):
    learner, split, _ = task
    loss, found = gradients(*task)
    assert loss == pytest.approx(learner.loss(split, np.arange(3)), rel=1e-12)
    assert set(found) == set(NAMES)
    for name, gradient in found.items():
        np.testing.assert_allclose(gradient, learner.parameters.gradients[NAMES[name]], rtol=1e-9, atol=1e-12)
        assert np.abs(gradient).max() > 1e-3


def test_three_steps_of_adam_and_the_folded_table(task):
    learner, split, p = task
    moments = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in p.items()}
    before = learner.fold().copy()
    for step in (1, 2, 3):
        one_file.adam(p, gradients(learner, split, p)[1], moments, step)
        learner.loss(split, np.arange(3))
        learner.adam.step(learner.parameters, learner.table.rows)
    for name, value in p.items():
        np.testing.assert_allclose(value, learner.parameters.values[NAMES[name]], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(one_file.fold(p, learner.table.vectors), learner.fold(), rtol=1e-6)
    assert np.abs(learner.fold() - before).max() > 1e-3


def test_it_fits_on_three_screens_and_trains_the_demo():
    assert len((LEARN / "one_file.py").read_text().splitlines()) <= 150
    finished = subprocess.run([sys.executable, LEARN / "one_file.py"], check=True, capture_output=True, text=True)
    large, folded = finished.stdout.splitlines()
    assert large.startswith("large: dev ") and large.endswith("4,741,200 bytes in float32")
    assert folded.startswith("folded: dev ") and folded.endswith("158,040 bytes in float32")
    assert float(folded.split()[2]) > 75 and float(folded.split()[5]) > 55  # percent; ten classes, 10 by chance
