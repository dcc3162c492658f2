"""The sizes that are predicted are those that are written."""

from dataclasses import replace

import numpy as np
import pytest

from embdistill.export.edm import edm_bytes
from embdistill.export.prune import prune
from embdistill.export.sizes import image_bytes, most_words, ram_bytes
from embdistill.model.networks.mean import Mean
from open_words_helpers import open_model


@pytest.mark.parametrize("dtype", ["float32", "int8", "int4"])
@pytest.mark.parametrize("words", [1, 5, 21])
def test_sizes_are_those_of_the_writer(few_model, few_packed, dtype, words):
    pruned = prune(few_model, np.arange(1, words + 1), few_packed)
    size = len(edm_bytes(pruned, dtype, common=0))
    ranked = np.arange(1, len(few_model.vocabulary))
    assert image_bytes(few_model, ranked[:words], dtype) == size
    assert most_words(few_model, ranked, size, dtype) >= words > most_words(few_model, ranked, size - 1 - 16, dtype)


def test_ram_counts_the_network(few_model):
    assert ram_bytes(few_model, "int8", 128) - ram_bytes(few_model, "int8", 64) == 4 * 64


@pytest.mark.parametrize("dtype", ["float32", "int8", "int4"])
@pytest.mark.parametrize("words", [1, 2, 21])
def test_sizes_of_models_that_read_other_words(dtype, words):
    """The words that are removed are spellings, and take bytes."""
    model = open_model(Mean(7, 3, 9))
    for spellings in ([], ["lampe", "songs", "music9", "tun"]):
        model.correction = replace(model.correction, spellings=spellings)
        rows = np.arange(1, words + 1)
        pruned = prune(model, rows, model.pack([]))
        size = len(edm_bytes(pruned, dtype, common=0))
        assert image_bytes(model, rows, dtype) == size
        assert most_words(model, np.arange(1, len(model.vocabulary)), size, dtype) >= words
