"""Gradients of whole models against central differences of the loss that training reports, in float64."""

import numpy as np
import pytest

from embdistill.config import Config
from embdistill.task import Part
from embdistill.text import Packed
from embdistill.training import Learner

DIFFERENCE = 1e-6
SENTENCES = [[1, 2, 2, 5], [], [0], [5, 4, 3, 2, 1, 0, 1]]  # one empty, one shorter than every filter


@pytest.fixture
def batch():
    lengths = [len(sentence) for sentence in SENTENCES]
    return Packed(np.array(sum(SENTENCES, []), np.int32), np.cumsum([0, *lengths]).astype(np.int64))


def check(values, gradient, loss):
    """Every number of values moved a little either way changes the loss as the gradient says."""
    difference = np.empty_like(values)
    for index in np.ndindex(values.shape):
        kept = values[index]
        values[index] = kept + DIFFERENCE
        above = loss()
        values[index] = kept - DIFFERENCE
        below = loss()
        values[index] = kept
        difference[index] = (above - below) / (2 * DIFFERENCE)
    np.testing.assert_allclose(gradient, difference, rtol=1e-4, atol=1e-8)
    assert np.abs(gradient).max() > 1e-4, "a gradient of zeros would pass any comparison with zeros"


@pytest.mark.parametrize("dropout", [0, 0.4])
@pytest.mark.parametrize("method", ["large", "direct", "encode"])
@pytest.mark.parametrize("network", ["mean", "cnn"])
def test_gradient_of_the_reported_loss(batch, network, method, dropout):
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(6, 4))
    config = Config(method=method, network=network, dim=3, filters=4, widths=(2, 3), hidden=5, dropout=dropout)
    learner = Learner(vectors, 3, config)
    # Random biases and outputs of a size that no unit of the network stands at a kink by chance or symmetry.
    learner.parameters.flat[:] = rng.normal(size=learner.parameters.flat.shape)
    if learner.table.rows is not None:
        learner.table.rows.values[:] = rng.normal(size=learner.table.rows.values.shape)
    part = Part(batch, np.array([0, 2, 1, 1], np.int32))
    drop = learner.drop.bit_generator.state

    def loss():
        learner.drop.bit_generator.state = drop  # the same units are dropped at every call
        return learner.loss(part)

    learner.parameters.flat_gradient[:] = np.nan  # the backward pass must write all of it, and add to none of it
    loss()
    gradient = learner.parameters.flat_gradient.copy()
    if learner.table.rows is not None:
        words, row_gradient = (part.copy() for part in learner.table.rows.touched)
        table_gradient = np.zeros_like(learner.table.rows.values)
        table_gradient[words] = row_gradient
        check(learner.table.rows.values, table_gradient, loss)
    check(learner.parameters.flat, gradient, loss)


def test_dropout_keeps_the_expectation():
    learner = Learner(np.ones((3, 4)), 2, Config(dim=3, filters=50, dropout=0.4))
    keep = learner._keep(400, np.dtype("float32"))
    assert set(np.unique(keep)) == {np.float32(0), np.float32(1 / 0.6)}
    assert keep.mean() == pytest.approx(1, abs=0.02)
