"""Gradients of whole models against central differences of the loss that training reports, in float64."""

from types import SimpleNamespace

import numpy as np
import pytest

from embdistill.data.dataset import Split
from embdistill.kernels.losses import cross_entropy
from embdistill.model import tables
from embdistill.model.config import Config
from embdistill.model.losses import soft_cross_entropy
from embdistill.model.parameters import Parameters
from embdistill.training.learner import build_learner, fine_tuner
from embdistill.training.pretraining import reconstruction
from gradient_check import FOUR, SIZES, check, gradients_agree, small_batch


@pytest.fixture
def batch():
    return small_batch()


TABLES = {
    "large": {},
    "large-frozen": {},
    "direct": {},
    "pca": {},
    "pca-tuned": {},
    "encode": {},
    "encode relu": {"activation": "relu"},
    "encode identity": {"activation": "identity"},
    "encode2": {},
}
NETWORKS = {
    "mean": {},
    "cnn": {},
    "lstm last": {"pooling": "last"},
    "lstm max": {"pooling": "max"},
}
OBJECTIVES = {
    "labels": {},
    "soft, half each": {"temperature": 1.0, "mixing": 0.5},
    "soft, hot": {"temperature": 4.0, "mixing": 0.3},
    "soft, labels alone": {"temperature": 4.0, "mixing": 0.0},
    "soft, teacher alone": {"temperature": 4.0, "mixing": 1.0},
    "logits": {},
    "labels, balanced": {"class_weights": "balanced"},
    "soft, balanced": {"temperature": 4.0, "mixing": 0.3, "class_weights": "balanced"},
}


@pytest.mark.parametrize("table", TABLES)
def test_gradient_of_every_table(batch, table):
    learner = gradients_agree(batch, table.split()[0], "mean", **TABLES[table])
    encoders = [name for name in learner.parameters.values if name.startswith("encoder")]
    kinds = {"large": "rows", "direct": "rows", "pca-tuned": "rows", "large-frozen": None, "pca": None}
    assert (learner.table.rows is not None) == (kinds.get(table) == "rows")
    assert len(encoders) == {"encode2": 4}.get(table, 2 if table.startswith("encode") else 0)


@pytest.mark.parametrize("dropout", [0, 0.4])
@pytest.mark.parametrize("method", ["direct", "encode2"])
@pytest.mark.parametrize("network", NETWORKS)
def test_gradient_of_every_network(batch, network, method, dropout):
    gradients_agree(batch, method, network.split()[0], dropout=dropout, **NETWORKS[network])


@pytest.mark.parametrize("network", [network for network in NETWORKS if network != "mean"])
def test_gradient_with_positions(batch, network):
    learner = gradients_agree(batch, "encode", network.split()[0], relations=True, **NETWORKS[network])
    assert sum("position" in name for name in learner.parameters.values) == 4


@pytest.mark.parametrize("network", ["mean", "lstm"])
@pytest.mark.parametrize("match", OBJECTIVES)
def test_gradient_of_every_match(batch, match, network):
    gradients_agree(batch, "encode+" + match.split(",")[0], network, dropout=0.4, **OBJECTIVES[match])


def test_gradient_after_folding(batch):
    """finetune trains the folded table with the same loss."""
    rng = np.random.default_rng(4)
    config = Config(method="encode+soft+finetune", network="cnn", **SIZES, dropout=0)
    learner = build_learner(rng.normal(size=(6, 4)), 3, config)
    learner.parameters.flat[:] = rng.normal(size=learner.parameters.flat.shape)
    tuned = fine_tuner(learner, config)
    split = Split(batch, np.array([0, 2, 1, 1], np.int32), rng.normal(size=(4, 3)))
    assert tuned.loss(split, FOUR) == pytest.approx(learner.loss(split, FOUR), rel=1e-12)
    assert tuned.adam.rate == config.finetune_rate and tuned.table.rows is not None
    words, row_gradient = tuned.table.rows.touched
    gradient = np.zeros_like(tuned.table.rows.values)
    gradient[words] = row_gradient
    check(tuned.parameters.flat, tuned.parameters.flat_gradient.copy(), lambda: tuned.loss(split, FOUR))
    check(tuned.table.rows.values, gradient, lambda: tuned.loss(split, FOUR))


@pytest.mark.parametrize("table", [table for table in TABLES if table.startswith("encode")])
def test_gradient_of_the_reconstruction(table):
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(6, 4))
    encoder = getattr(tables, table.split()[0])(vectors, None, Config(**SIZES | TABLES[table]), rng)
    shapes = {**encoder.shapes(), "decoder.weight": (4, 3), "decoder.bias": (4,)}
    parameters = Parameters(shapes, np.float64)
    parameters.flat[:] = rng.normal(size=parameters.flat.shape)
    words = np.array([1, 4, 2], np.int32)

    def loss():
        return reconstruction(encoder, parameters.values, parameters.gradients, words)

    parameters.flat_gradient[:] = np.nan
    small, _ = encoder.forward(parameters.values, words)
    back = small @ parameters.values["decoder.weight"].T + parameters.values["decoder.bias"]
    assert loss() == pytest.approx(np.mean((vectors[words] - back) ** 2) / 2, rel=1e-12)
    check(parameters.flat, parameters.flat_gradient.copy(), loss)


def test_the_factor_of_the_squared_temperature():
    """Hinton et al. 2015, section 2.1: with it, the gradient at high T is that of matching logits, (z - v) / C."""
    rng = np.random.default_rng(6)
    logits, teacher = (values - values.mean(axis=1, keepdims=True) for values in rng.normal(size=(2, 5, 4)))
    labels, dlogits, ones = np.zeros(5, np.int32), np.empty((5, 4)), np.ones(5)
    limit = (logits - teacher) / 4 / len(logits)
    errors = []
    for temperature in (100.0, 1000.0, 10000.0):
        soft_cross_entropy(dlogits, logits, labels, ones, teacher, SimpleNamespace(temperature=temperature, mixing=1))
        errors.append(np.abs(dlogits - limit).max() / np.abs(limit).max())
    assert errors[0] < 0.05 and errors[1] < errors[0] / 5 and errors[2] < errors[1] / 5
    # The mixing weight keeps its meaning: half the teacher, half the labels, at any temperature.
    both, hard = np.empty_like(dlogits), np.empty_like(dlogits)
    soft_cross_entropy(both, logits, labels, ones, teacher, SimpleNamespace(temperature=10000.0, mixing=0.5))
    cross_entropy(hard, logits, labels, ones)
    np.testing.assert_allclose(both, (hard + limit) / 2, atol=1e-4)


@pytest.mark.parametrize("rate, within", [(0.4, 0.02), (0.99, 0.2), (0.9999999, 1)])
def test_dropout_keeps_the_expectation(rate, within):
    learner = build_learner(np.ones((3, 4)), 2, Config(dim=3, filters=50, dropout=rate))
    mask = learner.dropout_mask(4000, np.dtype("float32"))
    scale = 2**16 / (2**16 - min(round(rate * 2**16), 2**16 - 1))
    assert set(np.unique(mask)) == {np.float32(0), np.float32(scale)}
    assert scale == pytest.approx(1 / (1 - min(rate, 1 - 2**-16)), rel=0.01)
    assert mask.mean() == pytest.approx(1, abs=within)
