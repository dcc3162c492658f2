"""Models with less of what reads words that their tables lack."""

from dataclasses import replace

import numpy as np
import pytest

from embdistill.export.variants import variants, with_fewer_buckets
from embdistill.model.networks.mean import Mean
from embdistill.model.subwords import TRUST, fit
from model_helpers import random_model
from open_words_helpers import open_model

SPELLINGS = [f"{first}{second}" for first in "lamp song light turn".split() for second in "s er ing ed y".split()] * 300


def test_a_model_that_reads_no_other_words_is_its_only_variant():
    model = random_model(Mean(7, 3, 9))
    (variant,) = variants(model)
    assert variant.subwords is None and variant.correction is None and variant.table is model.table


def test_what_variants_have():
    model = open_model(Mean(7, 3, 9))
    model.correction = replace(model.correction, spellings=SPELLINGS)
    found = [
        (made.subwords and len(made.subwords.buckets), made.correction and len(made.correction.spellings))
        for made in variants(model)
    ]
    assert found == [(k, n) for k in (50, 12, 6, 3, None) for n in (6000, 5000, 0, None)]


@pytest.mark.parametrize("part", [2, 4])
def test_fewer_buckets_are_nearly_those_of_a_fit_to_the_same_words(part, monkeypatch):
    """But for the ridge: which both have, one after the other."""
    monkeypatch.setattr("embdistill.model.subwords.RIDGE", 1e-6)
    rng = np.random.default_rng(3)
    words = ["".join(rng.choice(list("abcdefgh"), 6)) for _ in range(3000)]
    vectors = rng.normal(size=(len(words), 7))
    model = open_model(Mean(7, 3, 9), ["lamp"])
    model.table[1] = 0
    weights = 1 / np.sqrt(np.arange(1, len(words) + 1))
    model.subwords = fit(words, vectors, weights, 64)
    model.correction = replace(model.correction, spellings=words)
    monkeypatch.setattr("embdistill.export.variants.rank_weights", lambda n: weights if n > 1 else np.full(1, 1e-9))
    expected = fit(words, vectors, weights, 64 // part).buckets
    np.testing.assert_allclose(with_fewer_buckets(model, 64 // part).buckets, expected, atol=1e-3 * TRUST)
