"""The buckets of n-grams, by _runtime.ngrams, beside the naive ones."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embdistill.kernels.runtime import _runtime
from naive.subwords import bucket, ngrams


def buckets(word, shortest, longest, count):
    return [bucket(ngram, count) for ngram in ngrams(word, shortest, longest)]


WORDS = [
    "",
    "a",
    "ab",
    "cat",
    "where",
    "größe",
    "улица",
    "快递",
    "💡",
    "💡🎬a",
    "e\u0301",
    "x" * 256,
    "é" * 128,
    "a\0b",
]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize(("shortest", "longest"), [(3, 6), (1, 1), (1, 16), (16, 16), (2, 3)])
@pytest.mark.parametrize("count", [1, 1000, 2**32 - 1])
def test_words_of_every_length_and_script(word, shortest, longest, count):
    assert _runtime.ngrams(word, shortest, longest, count) == buckets(word, shortest, longest, count)
    assert _runtime.ngrams(word.encode(), shortest, longest, count) == buckets(word, shortest, longest, count)


def test_the_ngrams_of_a_word():
    assert ngrams("cat", 3, 6) == ["<ca", "<cat", "cat", "cat>", "at>", "<cat>"]
    assert ngrams("a", 3, 6) == ["<a>"]
    assert len(_runtime.ngrams("lampshad", 3, 6, 1024)) == 27


@settings(max_examples=500, deadline=None)
@given(
    word=st.text(st.characters(exclude_categories=["Cs"])), shortest=st.integers(1, 8), count=st.integers(1, 2**32 - 1)
)
def test_any_words(word, shortest, count):
    assert _runtime.ngrams(word, shortest, shortest + 3, count) == buckets(word, shortest, shortest + 3, count)


@pytest.mark.parametrize(
    "numbers", [(0, 6, 10), (3, 2, 10), (3, 6, 0), (3, 6, -1), (-3, 6, 10), (3, 2**32, 10), (3, 6, 2**32)]
)
def test_numbers_of_which_there_are_no_ngrams(numbers):
    with pytest.raises(ValueError, match="1 <= shortest"):
        _runtime.ngrams("word", *numbers)
