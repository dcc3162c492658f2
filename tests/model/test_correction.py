"""What a model holds to correct words."""

import struct

import numpy as np
import pytest

import naive.edm
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


def test_words_that_are_corrected():
    words = ["<unk>", "lamp", "sofa", "song"]
    correction = correction_of(words, np.array([0, 1, 0, 3]))
    tokens = ["lam", "lampp", "sofas", "son", "tamp", "mp3s", "ong", "zebra", "zamp"]
    assert correction.rows_read(words, tokens) == [1, 1, 0, 3, 1, 0, 3, 0, 1]


def test_the_filter_of_spellings():
    """All of them are in it, and 2.4 % of other words."""
    spellings = [f"word{chr(ord('a') + i % 26)}{i}" for i in range(2000)]
    index, _ = index_words(["lamp", "song"])
    section = Correction("a", np.zeros(3, np.uint8), spellings=spellings).spellings_section(index)
    bits, probes = struct.unpack_from("<2I", section)
    assert (bits, probes, len(section)) == (16_000, 4, 8 + 2000)
    (seed,) = struct.unpack_from("<I", index, 4)

    def is_in(word):
        first, step = (number := naive.edm.word_hash(word, seed)) >> 32, number % 2**32 | 1
        places = [(first + i * step) % 2**32 * bits >> 32 for i in range(probes)]
        return all(section[8 + place // 8] >> place % 8 & 1 for place in places)

    assert all(map(is_in, spellings))
    assert 0.015 < np.mean([is_in(f"other{i}") for i in range(4000)]) < 0.035
    assert Correction("a", np.zeros(3, np.uint8)).spellings_section(index) is None


def test_words_that_leave_the_table_become_spellings():
    words = ["<unk>", "film", "firm", "farm", "fir", "film2", "f" * 24, "f" * 25]
    whole = Correction("amr", np.array([0, 3, 2, 1, 1, 1, 1, 1], np.uint8), spellings=["sofa", "farms"])
    smaller = whole.pruned(words, np.array([1, 3]))
    assert smaller.classes.tolist() == [0, 3, 1] and smaller.letters == "amr"
    assert smaller.spellings == ["firm", "farms"]  # the others would not be corrected
