"""Precomputing the first layer changes no logits."""

import numpy as np
import pytest

from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from model_helpers import CLOSE, HARD, NETWORKS, WORDS, made_for, random_model


@pytest.mark.parametrize("words", [1, 5, len(WORDS), 10**9])
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_precomputing_changes_nothing(pair, dtype, words):
    model, _ = pair
    texts = made_for(model, HARD)
    plain, precomputed = (EdmModel(edm_bytes(model, dtype), precompute) for precompute in (0, words))
    np.testing.assert_allclose(precomputed.predict_logits(texts), plain.predict_logits(texts), **CLOSE)


def test_a_negative_number_of_precomputed_words():
    with pytest.raises(ValueError, match="precompute: -1 words, must be 0 or more"):
        EdmModel(edm_bytes(random_model(NETWORKS["mean"]), "float32"), precompute=-1)
