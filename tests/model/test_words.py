"""How words are read: in Python as in plain loops, and as the C runtime reads an image of the same model."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest

import naive.correction
from conftest import JIT_DISABLED
from embdistill.data.corpora import read_corpus
from embdistill.data.typos import Typos
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from embdistill.model.words import BY_SUBWORDS, CORRECTED, KNOWN, UNREAD
from model_helpers import CLOSE, NETWORKS, made_for, random_model
from open_words_helpers import TEXTS, WORDS, open_model


@pytest.mark.parametrize("correct", [True, False])
@pytest.mark.parametrize("subwords", [True, False])
def test_how_words_are_read(correct, subwords):
    words = open_model(NETWORKS["mean"], correct=correct, subwords=subwords).words
    other = (BY_SUBWORDS if subwords else UNREAD, 0)
    row = words.vocabulary.index
    assert words.read("lamp") == (KNOWN, row["lamp"])
    assert words.read("kitchne") == ((CORRECTED, row["kitchen"]) if correct else other)
    assert words.read("музика") == ((CORRECTED, row["музыка"]) if correct else other)
    assert words.read("zzzz") == other


def test_words_are_corrected_as_by_the_naive_twin():
    model = open_model(NETWORKS["mean"])
    classes = dict(zip(model.vocabulary.words, model.correction.classes.tolist(), strict=True))
    del classes["<unk>"]
    edits = {edit for word in WORDS if 4 <= len(word) < 8 for edit in naive.correction.edits(word, list("aeß"))}
    corrected = 0
    for word in edits - {*WORDS}:
        expected = naive.correction.correct(word, classes, list(model.correction.letters))
        assert model.words.read(word) == (
            (CORRECTED, model.vocabulary.index[expected]) if expected else (BY_SUBWORDS, 0)
        )
        corrected += expected is not None
    assert corrected > 100


@pytest.mark.parametrize("subwords", [True, False])
def test_spellings_are_not_corrected_in_python_and_in_c(subwords):
    model = open_model(NETWORKS["mean"], subwords=subwords)
    assert model.words.read("kitchens").how == CORRECTED
    spelt = replace(model, correction=replace(model.correction, spellings=["kitchens", "lampe", "музыке"]))
    texts = ["kitchens", "lampe", "музыке", "turn the kitchens lampz on", *TEXTS]
    assert [spelt.words.read(text).how for text in texts[:3]] == [BY_SUBWORDS if subwords else UNREAD] * 3
    assert spelt.words.read("lampz").how == CORRECTED
    edm = EdmModel(edm_bytes(spelt))
    np.testing.assert_allclose(edm.predict_logits(texts), spelt.logits(spelt.pack(texts)), rtol=1e-5, atol=1e-4)
    assert not np.allclose(edm.predict_logits(texts[:3]), model.logits(model.pack(texts[:3])), atol=1e-3)


def test_packed_texts():
    model = open_model(NETWORKS["mean"])
    packed = model.pack(["the lamp", "zzz lammp qqq", "", "zzz"])
    row, size = model.vocabulary.index, len(model.vocabulary)
    assert packed.ids.tolist() == [row["the"], row["lamp"], size, row["lamp"], size + 1, size]
    assert packed.offsets.tolist() == [0, 2, 5, 5, 6]
    assert np.array_equal(packed.composed, model.subwords.vectors(["zzz", "qqq"]))
    found = model.small_vectors(["the", "zzz", "lammp"])
    assert np.array_equal(found, [model.table[row["the"]], packed.composed[0], model.table[row["lamp"]]])
    assert model.pack(["the lamp"]).composed.shape == (0, 7)
    with pytest.raises(ValueError, match="do not fit a table"):
        model.logits(packed._replace(composed=packed.composed[:1]))


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("correct", [True, False])
@pytest.mark.parametrize("subwords", [True, False])
def test_texts_have_the_same_logits_in_c(network, correct, subwords):
    model = open_model(NETWORKS[network], correct=correct, subwords=subwords)
    edm, texts = EdmModel(edm_bytes(model)), made_for(model, TEXTS)
    logits, known = model.logits_and_known(texts)
    np.testing.assert_allclose(edm.predict_logits(texts), logits, rtol=1e-5, atol=CLOSE["atol"])
    assert edm.logits_and_known(texts)[1] == known == random_model(NETWORKS[network], WORDS).logits_and_known(texts)[1]
    assert edm.predict(texts) == model.predict(texts)


def test_a_used_model_is_pickled_and_copied():
    model = open_model(NETWORKS["cnn"])
    expected = model.logits_and_known(TEXTS)  # which makes what it reads words with
    for same in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert same.logits_and_known(TEXTS) == expected


def test_an_image_is_pickled_with_what_it_was_opened_with():
    image = edm_bytes(open_model(NETWORKS["cnn"]), "int8")
    for options in ({}, {"precompute": 5}, {"correct": False, "subwords": False}):
        model = EdmModel(image, **options)
        same = pickle.loads(pickle.dumps(model))
        assert same.logits_and_known(TEXTS) == model.logits_and_known(TEXTS) and same.name == model.name


def test_labels_of_texts_with_typing_errors_are_the_same_in_c(data):
    if JIT_DISABLED:
        pytest.skip("1,000 texts take long without the JIT")
    texts = [example.text for example in read_corpus(data / "trec/test.label").examples]
    mistyped, _, edited = Typos(0.2)(texts)
    assert edited > 200
    distinct = sorted({token for text in texts for token in random_model(NETWORKS["cnn"]).tokenizer(text)})
    for words in (distinct, distinct[::2]):
        model = open_model(NETWORKS["cnn"], words)
        assert EdmModel(edm_bytes(model)).predict(texts + mistyped) == model.predict(texts + mistyped)
