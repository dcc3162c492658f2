"""Logits of several teachers combined."""

import numpy as np
import pytest

import naive.ensemble
from embdistill.model import ensemble
from embdistill.model.choices import COMBINATIONS


@pytest.mark.parametrize("teachers", [1, 2, 5])
def test_combinations_are_those_of_the_plain_loops(rng, teachers):
    logits = 3 * rng.normal(size=(teachers, 6, 4))
    logits[:, 0] = 0
    np.testing.assert_allclose(ensemble.mean(logits), naive.ensemble.ensemble_mean(logits), rtol=1e-12)
    for combine, sign in ((ensemble.agreement, 1), (ensemble.disagreement, -1)):
        np.testing.assert_allclose(combine(logits), naive.ensemble.routed(logits, sign)[0], rtol=1e-9, atol=1e-12)
        if teachers == 1:
            np.testing.assert_allclose(combine(logits), logits[0], rtol=1e-12)
        assert combine(logits.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("combine", COMBINATIONS)
def test_teachers_that_are_alike_weigh_alike(rng, combine):
    logits = np.stack([rng.normal(size=(6, 4))] * 3)
    np.testing.assert_allclose(COMBINATIONS[combine].load()(logits), logits[0], rtol=1e-12)


def test_routing_weighs_an_outlier_down_or_up():
    logits = np.array([[[4.0, 0, 0]], [[4.0, 0.1, 0]], [[0.0, 0, 4]]])
    agreed, even, differed = (f(logits)[0] for f in (ensemble.agreement, ensemble.mean, ensemble.disagreement))
    assert agreed[2] < even[2] < differed[2]
    assert agreed[0] > even[0] > differed[0]
