"""Texts with words that are not in the vocabulary, in C and as the plain model reads them."""

import numpy as np
import pytest

from embdistill.data.tokenizer import Tokenizer
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from model_helpers import CLOSE, HARD, NETWORKS, made_for
from open_words_helpers import TEXTS, OpenModel

INT8 = dict(rtol=0, atol=0.2)  # of the weights, which are rounded


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(("correct", "subwords"), [(True, True), (True, False), (False, True)])
def test_texts_in_both(network, correct, subwords):
    made = OpenModel(NETWORKS[network], correct=correct, subwords=subwords)
    edm, texts = EdmModel(made.image), made_for(made.model, TEXTS)
    np.testing.assert_allclose(edm.predict_logits(texts), made.logits(texts), **CLOSE)
    assert edm.logits_and_known(texts)[1] == made.model.logits_and_known(texts)[1]  # words of the vocabulary only
