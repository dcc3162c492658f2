"""The class that a word speaks for."""

import numpy as np
import pytest

from embdistill.model.word_classes import strongest, word_classes
from model_helpers import NETWORKS, random_model


def test_it_is_the_label_of_a_text_of_the_word_alone():
    model = random_model(NETWORKS["cnn"])
    words = [word for word in model.vocabulary.words[1:] if model.tokenizer(word, model.known_words) == [word]]
    classes, probabilities = word_classes(model, words)
    assert [model.labels[c] for c in classes] == model.predict(words)
    np.testing.assert_allclose(probabilities, model.predict_proba(words).max(axis=1), atol=1e-6)
    with pytest.raises(ValueError, match="positions of the entities"):
        word_classes(random_model(NETWORKS["relations cnn"]), ["lamp"])


def test_as_many_words_of_each_class_the_strongest_first():
    classes = np.array([1, 0, 1, 1, 2, 1])
    probabilities = np.array([0.5, 0.9, 0.8, 0.6, 0.4, 0.7])
    assert strongest(classes, probabilities, 3).tolist() == [1, 2, 4]
    assert strongest(classes, probabilities, 5).tolist() == [1, 2, 5, 3, 4]
    assert strongest(classes, probabilities, 99).tolist() == [1, 2, 5, 3, 0, 4]
