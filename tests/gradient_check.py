"""Gradients of whole models against central differences of the loss that training reports, in float64."""

import numpy as np

from embdistill.data.dataset import Split
from embdistill.data.packed import Packed
from embdistill.model.config import Config
from embdistill.model.losses import sentence_weights
from embdistill.training.learner import build_learner

DIFFERENCE = 1e-6
SENTENCES = [[1, 2, 2, 5], [], [0], [5, 4, 3, 2, 1, 0, 1]]  # one empty, one shorter than every filter
FOUR = np.arange(4)
SIZES = dict(dim=3, filters=3, widths=(2, 3), hidden=5, units=2, position_dim=2, position_reach=3, encoder_hidden=5)


def small_batch() -> Packed:
    """A packed batch over six words."""
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


def gradients_agree(batch, method, network, relations=False, **settings):
    """All that the learner trains, against differences of what Learner.loss returns."""
    rng = np.random.default_rng(3)
    config = Config(method=method, network=network, **SIZES | {"dropout": 0} | settings)
    learner = build_learner(rng.normal(size=(6, 4)), 3, config, relations=relations)
    # Random biases and outputs of a size that no unit of the network stands at a kink by chance or symmetry.
    learner.parameters.flat[:] = rng.normal(size=learner.parameters.flat.shape)
    if learner.table.rows is not None:
        learner.table.rows.values[:] = rng.normal(size=learner.table.rows.values.shape)
    if relations:  # some farther than the reach
        batch = batch._replace(positions=rng.integers(-5, 6, (len(batch.ids), 2)).astype(np.int32))
    labels = np.array([0, 2, 1, 1], np.int32)
    weights = sentence_weights(labels, config.class_weights)
    split = Split(batch, labels, 2 * rng.normal(size=(4, 3)), weights)
    drop = learner.dropout_rng.bit_generator.state

    def loss():
        learner.dropout_rng.bit_generator.state = drop  # the same units are dropped at every call
        return learner.loss(split, FOUR)

    learner.parameters.flat_gradient[:] = np.nan  # the backward pass must write all of it, and add to none of it
    loss()
    gradient = learner.parameters.flat_gradient.copy()
    if learner.table.rows is not None:
        words, row_gradient = (split.copy() for split in learner.table.rows.touched)
        table_gradient = np.zeros_like(learner.table.rows.values)
        table_gradient[words] = row_gradient
        check(learner.table.rows.values, table_gradient, loss)
    check(learner.parameters.flat, gradient, loss)
    return learner
