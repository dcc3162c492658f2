"""Small vectors of words that the table lacks, from their n-grams."""

import numpy as np
import pytest

import naive.subwords
from embdistill.model import subwords
from embdistill.model.subwords import RIDGE, TRUST, Subwords, fit

WORDS = [*"a lamp lamps lammp café музыка 快递 💡💡💡💡 zzzzzz".split(), "x" * 256]


def test_vectors_are_those_of_the_naive_twin(rng):
    made = Subwords(rng.normal(size=(50, 7)).astype(np.float32))
    found = made.vectors(WORDS)
    expected = [naive.subwords.vector(word, made.buckets, 3, 6) for word in WORDS]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_vectors_of_no_word_and_of_many(rng, monkeypatch):
    made = Subwords(rng.normal(size=(50, 7)).astype(np.float32), 2, 4)
    assert made.vectors([]).shape == (0, 7)
    whole = made.vectors(WORDS)
    monkeypatch.setattr(subwords, "AT_ONCE", 3)
    assert np.array_equal(made.vectors(WORDS), whole)


@pytest.mark.parametrize("word", [*WORDS, "ab"])
def test_ngrams_are_spelt_in_the_order_of_their_buckets(word):
    made = Subwords(np.zeros((1000, 2), np.float32), 2, 5)
    assert made.spelt(word) == naive.subwords.ngrams(word, 2, 5)
    assert made.ngrams(word) == [naive.subwords.bucket(ngram, 1000) for ngram in made.spelt(word)]


def test_the_fit_is_the_minimum(rng):
    """Of the loss in its docstring: its gradient with respect to the buckets, computed word by word, is zero."""
    words = [f"{first}{second}" for first in "lamp song light turn".split() for second in ("", "s", "er", "ing")]
    vectors, weights = rng.normal(size=(len(words), 3)), rng.uniform(0.1, 3, len(words))
    buckets = fit(words, vectors, weights, 20).buckets.astype(np.float64) / TRUST
    gradient = RIDGE * buckets
    for word, vector, weight in zip(words, vectors, weights / weights.mean(), strict=True):
        found = [naive.subwords.bucket(ngram, 20) for ngram in naive.subwords.ngrams(word, 3, 6)]
        error = buckets[found].sum(axis=0) / np.sqrt(len(found)) - vector
        for bucket in found:
            gradient[bucket] += weight * error / np.sqrt(len(found))
    assert np.abs(buckets).max() > 0.1
    np.testing.assert_allclose(gradient, 0, atol=1e-5)


def test_words_with_the_same_parts_get_near_vectors(rng):
    """Of 400 words made of two parts, the vectors of a quarter are told from the others'."""
    parts = ["".join(rng.choice(list("bdfgklmnprst"), 5)) for _ in range(40)]
    vectors = dict(zip(parts, rng.normal(size=(40, 4)), strict=True))
    words = [(first, second) for first in parts[:20] for second in parts[20:]]
    targets = np.array([vectors[first] + vectors[second] for first, second in words])
    words = [first + second for first, second in words]
    held_out = rng.permutation(len(words)) < 100
    known = [word for word, out in zip(words, held_out, strict=True) if not out]
    made = fit(known, targets[~held_out], np.ones(len(known)), 1000)
    found = made.vectors([word for word, out in zip(words, held_out, strict=True) if out]) / TRUST
    errors = np.square(found - targets[held_out]).sum()
    assert errors < 0.4 * np.square(targets[held_out]).sum()
