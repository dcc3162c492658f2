"""Letters and marks as NFC has them. Python's unicodedata is the reference."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embdistill.kernels.runtime import make_unicode
from tokenizer_helpers import EVERY, english
from tokenizer_helpers import whitespace_cased as cased

# What the tables leave out: CJK compatibility ideographs and everything above the Basic Multilingual Plane. Spaces, and
# the variation selectors of emoji, which count as such, are no part of a token.
LEFT_OUT = [*range(0xF900, 0xFB00), 0x2000, 0x2001, *range(0xFE00, 0xFE10)]

thorough = settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))


def forms(text: str) -> set[str]:
    return {unicodedata.normalize(form, text) for form in ("NFC", "NFD")} | {text}


def assigned() -> list[str]:
    """The characters of the Basic Multilingual Plane that have been assigned, and what Python knows of them."""
    codes = (*range(0x21, 0xD800), *range(0xE000, 0x10000))
    return [chr(code) for code in codes if unicodedata.category(chr(code)) not in ("Cn", "Cc", "Cf", "Zs", "Co")]


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def test_the_table_is_that_of_the_script():
    """Made from Unicode 14; composition and classes of assigned characters never change."""
    made = make_unicode.PATH.read_text(encoding="utf-8")
    if unicodedata.unidata_version.startswith("14."):
        assert made == make_unicode.source()
    assert made.startswith("/* Made by make_unicode.py from Unicode 14;")


def test_the_script_names_its_file():
    assert Path(make_unicode.PATH).name == "compose_table.c"


def test_every_character_in_every_form():
    wrong = [
        hex(ord(character))
        for character in assigned()
        if ord(character) not in LEFT_OUT
        for form in forms(character)
        if cased(form) not in ([nfc(character)], nfc(character).split())
    ]
    assert wrong == []


def test_every_pair_of_a_letter_and_a_mark():
    """Each mark after each letter that is composed with any."""
    made = make_unicode.decompositions()
    bases = sorted({base for base, mark in made.values() if mark} | set(made))
    marks = sorted({mark for _, mark in made.values() if mark})
    text = "\n".join(chr(base) + chr(mark) for base in bases for mark in marks if base not in (0x2000, 0x2001))
    pairs = text.split("\n")
    assert len(pairs) > 50_000
    for tokens, pair in zip(cased(text), map(nfc, pairs), strict=True):
        assert tokens == pair, [hex(ord(character)) for character in pair]


def test_every_pair_of_marks():
    marks = [character for character in assigned() if unicodedata.combining(character)]
    marks = [*{unicodedata.combining(mark): mark for mark in marks}.values(), "\u0344", "\u0340"]  # one a class
    for first in marks:
        for second in marks:
            assert cased("q" + first + second) == [nfc("q" + first + second)]


def test_hangul():
    for syllable in ("가", "각", "힣", "한글"):
        for form in forms(syllable):
            assert english(form) == [syllable]
    assert english("\u1100\u1161\u1161 \u1161\u11a8 가\u11a7") == ["가\u1161", "\u1161\u11a8", "가\u11a7"]


MARKS = "\u0300\u0301\u0302\u0303\u0306\u0307\u0308\u030a\u030c\u031b\u0323\u0327\u0328\u0331\u0338\u0342\u0344\u0345"
LETTERS = "aAeEiIıİoOuUdDjJnNsSzZąạâÂắ1 'αΑΩΩωϊἀᾼКкйIiǰ≠=<.…’"
SCRIPTS = "\u05d0\u05b7\u05bc\u0627\u0653\u0654\u0655\u064b\u0651かハ\u3099\u309a\u0958क\u093c\u094d\u0b47\u0b3e"
SCRIPTS += "\u0dd9\u0dcf\u0dca\u1100\u1161\u11a8가\u0f40\u0f71\u0f72\u0f73\u0fb2\u0f80"
texts = st.text(st.sampled_from(MARKS + LETTERS + SCRIPTS), max_size=24)


@thorough
@given(texts)
def test_tokens_are_composed(text):
    assert cased(text) == nfc(text).split()


@thorough
@given(texts, st.sampled_from(EVERY))
def test_every_form_gives_the_same_tokens(text, tokenizer):
    expected = tokenizer(nfc(text))
    for form in forms(text):
        assert tokenizer(form) == tokenizer(form.encode()) == expected


@thorough
@given(texts, st.sampled_from(EVERY))
def test_tokens_stay_as_they_are(text, tokenizer):
    for token in tokenizer(text):
        assert nfc(token) == token


@thorough
@given(st.text(st.characters(exclude_categories=("Cs",), max_codepoint=0xFFFF), max_size=12))
def test_any_text_of_the_plane(text):
    text = "".join(character for character in text if ord(character) not in LEFT_OUT)
    for form in forms(text):
        assert cased(form) == cased(nfc(text))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("bật đèn phòng khách", "bật đèn phòng khách"),
        ("İstanbul", "istanbul"),  # the lower case of İ is i, also if the dot stands apart
        ("ŐRÜLT", "őrült"),
        ("10 kΩ", "10 kω"),
        ("ἈΡΧΉ ᾳ ᾼ", "ἀρχή ᾳ ᾳ"),
        ("Йод ёлка", "йод ёлка"),
        ("ガギグ パ", "ガギグ パ"),
        ("a≠b", "a ≠ b"),
    ],
)
def test_words(text, tokens, form):
    assert english(unicodedata.normalize(form, text)) == tokens.split()


def test_windows_1258_writes_tones_apart_from_circumflexes():
    assert english("bâ\u0323t tiê\u0301ng") == ["bật", "tiếng"]


def test_marks_without_a_letter():
    assert english("\u0301") == ["\u0301"]
    assert cased("\u0301\u0323 a") == ["\u0323\u0301", "a"]
    assert english("👍\u0301 ,\u0323\u0301") == ["👍\u0301", ",\u0323\u0301"]


def test_heaps_of_marks_are_cut():
    """At most 15 marks a letter, so that memory and time stay bounded."""
    tokens = cased("a" + "\u0323" * 40 + "b")
    assert tokens == [nfc("a" + "\u0323" * 15) + "b"]
    assert cased(tokens[0]) == tokens
    assert len(cased("\u0301" * 100_000)) == 1


def test_composed_before_it_is_cut():
    assert cased(unicodedata.normalize("NFD", "é" * 200)) == ["é" * 128]
