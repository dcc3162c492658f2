"""The most probable labels of a text, ranked in C for an .edm model, and by NumPy for a run."""

from dataclasses import replace

import numpy as np
import pytest

from embdistill.errors import MarkError
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.mean import Mean
from model_helpers import random_model

WORDS = "turn the lamp on play a song".split()
TEXTS = ["turn the lamp on", "", b"play \xff", "zzz", "a song the lamp"]


def pair(network, biases=None):
    """A model with random weights, and the same as .edm. biases: of the output; all else is then 0."""
    model = random_model(network, WORDS)
    if biases is not None:
        values = {name: np.zeros_like(value) for name, value in model.values.items()}
        model = replace(model, values=values | {"output.bias": biases})
    return model, EdmModel(edm_bytes(model, "float32"))


@pytest.mark.parametrize("classes", [2, 3, 8, 150, 1000])
@pytest.mark.parametrize("top", [1, 2, 3, 7, 64, 10_000])
def test_the_best_classes_in_order(classes, top):
    for model in pair(Mean(dim=4, classes=classes, hidden=5)):
        ranked, known = model.ranked_and_known(TEXTS, top)
        probabilities = model.predict_proba(TEXTS)
        assert known == [4, 0, 1, 0, 4]
        for row, found in zip(probabilities, ranked, strict=True):
            order = np.argsort(-row, kind="stable")[:top]
            assert [label for label, _ in found] == [model.labels[c] for c in order]
            np.testing.assert_allclose([probability for _, probability in found], row[order], rtol=1e-5, atol=1e-7)
        assert [found[0][0] for found in ranked] == model.predict(TEXTS)


@pytest.mark.parametrize("top", [1, 2, 5, 9, 10])
def test_equal_classes_come_in_the_order_of_the_labels(top):
    biases = np.array([0, 1, 1, 0, 2, 1, -0.0, 2, -1e4, 0], np.float32)
    order = [4, 7, 1, 2, 5, 0, 3, 6, 9, 8]
    for model in pair(Mean(dim=4, classes=10, hidden=5), biases):
        ((*found,),), _ = model.ranked_and_known(["lamp"], top)
        assert [label for label, _ in found] == [model.labels[c] for c in order[:top]]


def test_probabilities_of_all_classes_add_up():
    biases = np.linspace(-30, 30, 3000, dtype=np.float32)
    for model in pair(Mean(dim=4, classes=3000, hidden=5), biases):
        ((*found,),), _ = model.ranked_and_known(["lamp"], 3000)
        assert sum(probability for _, probability in found) == pytest.approx(1, abs=1e-5)
        assert len(dict(found)) == 3000


def test_no_texts():
    for model in pair(Mean(dim=4, classes=3, hidden=5)):
        assert model.ranked_and_known([], 2) == ([], [])


def test_marks_that_are_not_sound_are_raised_with_the_index_of_their_text():
    for model in pair(Cnn(dim=4, classes=3, filters=5, widths=(2,), position_dim=3, position_reach=4)):
        sound = "the <e1>lamp</e1> on <e2>a song</e2>"
        assert len(model.ranked_and_known([sound], 3)[0][0]) == 3
        with pytest.raises(MarkError) as caught:
            model.ranked_and_known([sound, "lamp", sound], 3)
        assert caught.value.index == 1


@pytest.mark.parametrize("arguments", [(), (["lamp"],), (["lamp"], "2"), ("lamp", 1), (["lamp"], 1, 1)])
def test_wrong_arguments(arguments):
    _, edm = pair(Mean(dim=4, classes=3, hidden=5))
    with pytest.raises(TypeError):
        edm._ranked(*arguments)


@pytest.mark.parametrize(("top", "error"), [(0, ValueError), (-1, ValueError), (2**70, OverflowError)])
def test_a_number_that_is_none(top, error):
    _, edm = pair(Mean(dim=4, classes=3, hidden=5))
    with pytest.raises(error):
        edm._ranked(["lamp"], top)
