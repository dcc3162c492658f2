"""Leaving out words: a model and its image, against texts that are written without the word."""

import math

import numpy as np
import pytest

from conftest import JIT_DISABLED
from embdistill.data.corpora import read_corpus
from embdistill.errors import MarkError, UserError
from embdistill.export.edm import edm_bytes
from embdistill.model import explanation
from embdistill.model.edm import EdmModel
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.mean import Mean
from model_helpers import CLOSE, HARD, NETWORKS, made_for, random_model
from open_words_helpers import TEXTS, WORDS, open_model

TEXT = "turn the lamp on off play a song"  # each word known, so that it is read alike in any text
TWICE = dict(rtol=0, atol=2 * CLOSE["atol"])  # of what two logits differ by
SHORT = [text for text in HARD + TEXTS if len(text) < 1000]


def logits(model, texts):
    return np.array(model.logits_and_known(texts)[0])


def probabilities(values):
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_a_word_adds_what_the_text_loses_without_it(pair):
    for model in pair:
        if model.relations:
            continue
        words = TEXT.split()
        without = [" ".join(words[:i] + words[i + 1 :]) for i in range(len(words))]
        full, rest = logits(model, [TEXT]), logits(model, without)
        for chosen, label in enumerate(model.labels):
            found = model.explain(TEXT, label)
            assert (found.label, found.predicted) == (label, model.labels[int(full.argmax())])
            assert [word.text for word in found.words] == words
            np.testing.assert_allclose([word.logit for word in found.words], (full - rest)[:, chosen], **CLOSE)
            lost = (probabilities(full) - probabilities(rest))[:, chosen]
            np.testing.assert_allclose([word.probability for word in found.words], lost, **CLOSE)


@pytest.mark.parametrize("name", ["relations cnn", "relations lstm"])
def test_marks_stay_and_the_only_word_of_an_entity_is_read_as_unknown(name):
    model = random_model(NETWORKS[name])
    text = "play <e1>the lamp</e1> off <e2>song</e2> on"
    without = [
        "<e1>the lamp</e1> off <e2>song</e2> on",
        "play <e1>lamp</e1> off <e2>song</e2> on",
        "play <e1>the</e1> off <e2>song</e2> on",
        "play <e1>the lamp</e1> <e2>song</e2> on",
        "play <e1>the lamp</e1> off <e2>zzzzz</e2> on",
        "play <e1>the lamp</e1> off <e2>song</e2>",
    ]
    for one in (model, EdmModel(edm_bytes(model))):
        found = one.explain(text)
        assert [word.text for word in found.words] == ["play", "the", "lamp", "off", "song", "on"]
        assert [text[word.start : word.end] for word in found.words] == [word.text for word in found.words]
        lost = (logits(one, [text]) - logits(one, without))[:, one.labels.index(found.label)]
        np.testing.assert_allclose([word.logit for word in found.words], lost, **CLOSE)
        with pytest.raises(MarkError, match="no <e1>"):
            one.explain("the lamp")


def test_a_model_and_its_image_explain_alike():
    for network in NETWORKS.values():
        model = open_model(network, WORDS)
        edm = EdmModel(edm_bytes(model))
        for text in made_for(model, SHORT):
            ours, theirs = model.explain(text), edm.explain(text)
            assert (ours.text, ours.label, ours.count) == (theirs.text, theirs.label, theirs.count)
            for word, other in zip(ours.words, theirs.words, strict=True):
                assert (word.text, word.start, word.reading, word.read_as) == (
                    other.text,
                    other.start,
                    other.reading,
                    other.read_as,
                )
                assert word.text == ours.text[word.start : word.end]
                np.testing.assert_allclose([word.logit, word.probability], [other.logit, other.probability], **TWICE)
                if word.share is not None:
                    assert other.share == pytest.approx(word.share, abs=1e-4)


def test_how_words_are_read_is_told():
    model = open_model(Cnn(7, 3, 5, (2,)), WORDS)
    for one in (model, EdmModel(edm_bytes(model))):
        words = one.explain("Lmap the Kitchn zzz!").words
        told = [(word.text, word.reading, word.read_as) for word in words]
        corrected = ("Lmap", "corrected", "lamp"), ("Kitchn", "corrected", "kitchen")
        others = ("the", "known", None), ("zzz", "subwords", None), ("!", "subwords", None)
        assert told == [corrected[0], others[0], corrected[1], *others[1:]]
    plain = EdmModel(edm_bytes(random_model(NETWORKS["cnn"])))
    assert [word.reading for word in plain.explain("lamp zzz").words] == ["known", "unknown"]


def test_shares_add_up_and_tell_what_leaving_out_does():
    """The closed form of docs/explain.md. Where no hidden unit changes sides, it gives what the
    logit loses without a word: (n share - sum of shares) / (n - 1)."""
    model = open_model(Mean(7, 3, 9), WORDS)
    values = model.values | {"hidden.bias": np.full(9, 50, np.float32)}  # all units stay above 0
    for linear in (False, True):
        model.values.update(values if linear else {})
        small = EdmModel(edm_bytes(model, "int8"))
        for one in (model, EdmModel(edm_bytes(model)), small):
            for text in SHORT:
                found = one.explain(text)
                shares = [word.share for word in found.words]
                assert math.fsum(shares) + found.rest == pytest.approx(found.logit, abs=1e-3)
                if len(shares) > 1 and linear:
                    lost = (len(shares) * np.array(shares) - sum(shares)) / (len(shares) - 1)
                    near = 1e-3 if one is not small else 0.1  # whole numbers of logits of about 100
                    np.testing.assert_allclose([word.logit for word in found.words], lost, rtol=0, atol=near)
    bias = model.values["output.weight"] @ np.maximum(model.values["hidden.bias"], 0) + model.values["output.bias"]
    assert found.rest == pytest.approx(float(bias[one.labels.index(found.label)]), rel=0.02)  # of the last, int8


def test_texts_of_every_kind(pair):
    for model in pair:
        for text in made_for(model, HARD):
            if len(text) > (1_000 if JIT_DISABLED else 20_000):
                continue
            found = model.explain(text)
            assert found.label == model.predict([text])[0]
            assert 0 < len(found.words) <= found.count or not found.count
            assert math.isclose(sum(found.probabilities.values()), 1, abs_tol=1e-6)
            found.text.encode()  # no half letters


def test_of_a_long_text_the_first_words_are_left_out(pair_of_texts, monkeypatch):
    monkeypatch.setattr(explanation, "MOST_TOKENS", 1000)
    for model in pair_of_texts:
        found = model.explain("turn the lamp " * 100)
        assert (len(found.words), found.count) == (3, 300)
        monkeypatch.setattr(explanation, "MOST_LOGITS", 6)
        assert len(model.explain("turn the lamp").words) == 2
        monkeypatch.undo()
        monkeypatch.setattr(explanation, "MOST_TOKENS", 1000)


def test_a_label_that_the_model_does_not_have(pair_of_texts):
    for model in pair_of_texts:
        with pytest.raises(UserError, match="not a class of the model; did you mean класс 1"):
            model.explain("lamp", "класс 11")


def test_real_relations(data):
    """Of a model that nobody trained, on the first texts of SemEval-2010 task 8."""
    texts = [example.text for example in read_corpus(data / "semeval2010_task8/TEST_FILE_FULL.TXT").examples[:30]]
    model = random_model(
        NETWORKS["relations cnn"], sorted({word for text in texts for word in text.split() if word.isalpha()})[::2]
    )
    edm = EdmModel(edm_bytes(model))
    for text in texts:
        ours, theirs = model.explain(text), edm.explain(text)
        assert not any("e1>" in word.text or "e2>" in word.text for word in ours.words)
        np.testing.assert_allclose([w.logit for w in ours.words], [w.logit for w in theirs.words], **CLOSE)
