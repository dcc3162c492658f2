"""What a model holds to correct words."""

import numpy as np
import pytest

from embdistill.model.correction import Correction, correction_of, section_bytes
from embdistill.model.word_index import index_words
from open_words_helpers import correction_section


def test_classes_are_the_binary_digits_of_counts():
    counts = np.array([99, 0, 1, 2, 3, 4, 7, 8, 16383, 16384, 10**6])
    words = ["<unk>", *(f"word{chr(ord('a') + i)}" for i in range(10))]
    assert correction_of(words, counts).classes.tolist() == [0, 0, 1, 2, 2, 3, 3, 4, 14, 15, 15]


def test_letters_are_those_of_words_that_occur():
    words = ["<unk>", "zebra", "l'été", "1998", "นี้", "x-ray", "never"]
    letters = correction_of(words, np.array([5, 3, 2, 9, 1, 1, 0])).letters
    assert letters == "".join(sorted(set("zebralétéนี้xray")))


def test_rare_letters_and_those_of_large_alphabets_are_left_out():
    alphabet = [chr(0x4E00 + i) for i in range(10_000)]
    counts = np.array([0, *range(10_000, 0, -1)])
    assert correction_of(["<unk>", *alphabet], counts).letters == "".join(alphabet[:64])
    assert correction_of(["<unk>", "abba", "ñ"], np.array([0, 5000, 1])).letters == "ab"


@pytest.mark.parametrize("words", [["lamp"], ["lamp", "song"], ["lamp", "song", "straße"]])
def test_the_section(words):
    classes = dict(zip(words, (3, 15, 1), strict=False))
    made = Correction("aß", np.array([0, *classes.values()], np.uint8))
    _, order = index_words(words)
    section = made.section(order)
    assert section == correction_section([words[i] for i in order], classes, "aß")
    assert len(section) == section_bytes(made, len(words))
