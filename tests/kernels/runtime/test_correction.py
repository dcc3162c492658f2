"""Words one edit away, by _runtime.Words, beside the naive ones."""

import struct
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embdistill.kernels.runtime import _runtime
from embdistill.model.word_index import index_words
from naive.correction import correct, edits
from open_words_helpers import correction_section, frequency_classes, letters_of

ALPHABETS = {
    "latin": "abcdeéß",
    "cyrillic": "абвгдё",
    "chinese": "快递包裹水",
    "four bytes": "💡🎬𠮷a",
    "mixed": "aб水💡-'5",
}


class Known:
    """The same words in C and in plain Python."""

    def __init__(self, words, letters=None, shortest=4, longest=24, least=1):
        self.letters = letters_of(words) if letters is None else letters
        self.rule = {"shortest": shortest, "longest": longest, "least": least}
        index, order = index_words(words)
        self.words, self.classes = [words[i] for i in order], frequency_classes(words)
        self.section = correction_section(self.words, self.classes, self.letters, **self.rule)
        self.runtime = _runtime.Words(index, self.section)

    def correct(self, word):
        row = self.runtime.correct(word)
        return self.words[row - 1] if row else None

    def naive(self, word):
        return correct(word, self.classes, self.letters, **self.rule)


@cache
def sentence_words() -> Known:
    text = "the quick brown fox jumps over lazy dogs lamp lamps camp clamp house horse mouse mouth south sixth tenth"
    return Known(text.split() + "eighth größe grüße straße улица улицы лампа лампы кухня кухни".split())


TYPED = {"quikc": "quick", "lammps": "lamps", "quck": "quick", "straxe": "straße", "кухна": "кухня", "лампк": "лампы"}
TYPED |= dict.fromkeys(["strasse", "fxo", "mou5e", "zzzz", ""])


@pytest.mark.parametrize(("word", "read_as"), TYPED.items())
def test_words_that_people_type(word, read_as):
    known = sentence_words()
    assert known.naive(word) == read_as
    assert known.correct(word) == read_as == known.correct(word.encode())


@pytest.mark.parametrize("word", sentence_words().words)
def test_every_edit_of_a_word_and_of_its_edits(word):
    known = sentence_words()
    for near in set(edits(word, known.letters[::5])) - set(known.words):
        assert known.correct(near) == known.naive(near)


@pytest.mark.parametrize("alphabet", ALPHABETS.values(), ids=ALPHABETS)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_words_of_any_script(alphabet, data):
    word = st.text(alphabet, min_size=1, max_size=9)
    words = data.draw(st.lists(word, min_size=1, max_size=30, unique=True))
    shortest = data.draw(st.integers(4, 6))
    letters = data.draw(st.lists(st.sampled_from(alphabet), unique=True))
    known = Known(words, letters, shortest, data.draw(st.integers(shortest, 8)), data.draw(st.integers(0, 4)))
    near = data.draw(st.sampled_from(words).flatmap(lambda word: st.sampled_from(edits(word, list(alphabet)))) | word)
    assert near in words or known.correct(near) == known.naive(near)


def test_lengths_of_words():
    """Others are read as words of four characters or more; a token of at most 24 is corrected."""
    known = Known(["never met", "abcd", "xyz", "a" * 25, "a" * 23, "é" * 24], "adé")
    tried = {"abc": "abcd", "xzy": None, "xy": None, "xyzz": None, "abcda": "abcd"}
    tried |= {"a" * 24: "a" * 23, "a" * 26: None, "é" * 23: "é" * 24, "é" * 25: None}
    for word, read_as in tried.items():
        assert known.correct(word) == read_as == known.naive(word), word
    longest = Known(["never met", "x" * 64, "💡" * 63], "x", longest=64)
    assert longest.correct("x" * 65) is None
    assert longest.correct("💡" * 64) == "💡" * 63


def test_words_without_a_section_are_found_and_not_corrected():
    index, order = index_words(["lamp", "song"])
    words = _runtime.Words(index)
    assert [words.find(word) for word in ("lamp", "song", "lamps")] == [order.tolist().index(i) + 1 for i in (0, 1)] + [
        0
    ]
    assert words.correct("lamps") == 0


SOUND = struct.pack("<6I", 4, 24, 1, 2, ord("a"), ord("z")) + b"\x21\x03"


@pytest.mark.parametrize(
    "section",
    [
        b"",
        SOUND[:15],
        SOUND[:-1],
        SOUND + b"\0",
        struct.pack("<4I", 3, 24, 1, 0) + b"\x21\x03",  # too short words
        struct.pack("<4I", 9, 8, 1, 0) + b"\x21\x03",
        struct.pack("<4I", 4, 65, 1, 0) + b"\x21\x03",
        struct.pack("<4I", 4, 24, 16, 0) + b"\x21\x03",
        struct.pack("<4I", 4, 24, 1, 3) + SOUND[16:],  # more letters than there are
        struct.pack("<4I", 4, 24, 1, 2**30) + SOUND[16:],
        struct.pack("<4I65I", 4, 24, 1, 65, *range(97, 162)) + b"\x21\x03",
        struct.pack("<6I", 4, 24, 1, 2, 98, 97) + b"\x21\x03",  # not rising
        struct.pack("<6I", 4, 24, 1, 2, 97, 97) + b"\x21\x03",
        struct.pack("<6I", 4, 24, 1, 2, 97, 0xD800) + b"\x21\x03",  # no characters
        struct.pack("<6I", 4, 24, 1, 2, 97, 0x110000) + b"\x21\x03",
        struct.pack("<6I", 4, 24, 1, 2, 97, 0xFFFFFFFF) + b"\x21\x03",
    ],
)
def test_sections_that_are_not_sound(section):
    index, _ = index_words(["lamp", "song", "music"])
    assert _runtime.Words(index, SOUND).correct("lampa") > 0
    with pytest.raises(ValueError, match=r"^correction: not a sound section CORR$"):
        _runtime.Words(index, section)
    with pytest.raises(ValueError, match=r"^index: not a sound section WORD$"):
        _runtime.Words(index[:-1])


def test_what_is_no_word():
    words = sentence_words().runtime
    for wrong in (None, 5, ["lamp"]):
        with pytest.raises(TypeError):
            words.correct(wrong)
        with pytest.raises(TypeError):
            _runtime.Words(wrong)
    assert words.correct("lam\ud800ps") == words.correct("lam?ps") > 0  # a lone surrogate is a question mark
