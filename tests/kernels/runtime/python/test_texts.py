"""What is a text in Python, and what is not."""

import re

import pytest

from model_helpers import HARD
from tokenizer_helpers import english, whitespace


def test_texts_may_come_from_an_iterator(pair_of_texts):
    model, edm = pair_of_texts
    assert edm.predict(iter(HARD)) == edm.predict(tuple(HARD)) == model.predict(HARD)


def test_one_text_in_place_of_a_list(pair_of_texts):
    _, edm = pair_of_texts
    for method in (edm.predict, edm.predict_proba, edm.predict_logits, edm.logits_and_known):
        for text in ("lamp", b"lamp"):
            with pytest.raises(TypeError, match="a list of texts, not one text"):
                method(text)


def test_what_is_no_text(pair_of_texts):
    model, edm = pair_of_texts
    for wrong in (None, 1, float("nan"), bytearray(b"lamp")):
        with pytest.raises(TypeError, match=re.escape(f"{wrong!r}: not a text; make it a str")):
            edm.classify(wrong)
        named = re.escape(f"texts[1]: {wrong!r}, not a text; make it a str, or remove it")
        for predict in (model.predict, model.predict_proba, edm.predict, edm.predict_proba):
            with pytest.raises(TypeError, match=named):
                predict(["lamp", wrong])
    with pytest.raises(TypeError, match=r"texts\[500\]: None, "):
        edm.predict(500 * ["lamp"] + [None], threads=2)
    with pytest.raises(TypeError):
        edm.predict(5)


def test_lone_surrogates_are_question_marks():
    assert english("a\ud800b") == ["a", "?", "b"]
    assert whitespace("a\ud800b \udfff") == ["a?b", "?"]
    assert english("\ud83d\udc4d") == ["?", "?"]  # a pair in a str is not a character


@pytest.mark.parametrize("text", [None, 3, bytearray(b"a"), memoryview(b"a"), ["a"]])
def test_only_str_and_bytes(text):
    with pytest.raises(TypeError):
        english(text)
