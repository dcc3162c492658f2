"""Spaces, letters, marks, symbols and lower case of every script."""

import unicodedata

import pytest

from tokenizer_helpers import (
    EVERY,
    NEVER_READ,
    english,
    english_cased,
    is_space,
    whitespace,
    whitespace_cased,
    without_hidden,
)


def test_combining_marks_stay_in_their_word():
    assert english("Q\u0301S a\u0300\u0330b") == ["q\u0301s", "à̰b"]
    assert english("\u0301") == ["\u0301"]


def test_emoji_are_tokens_of_their_own():
    assert english("good👍bad") == ["good", "👍", "bad"]
    assert english("👍👍🏽") == ["👍", "👍", "🏽"]
    assert english("I ❤\ufe0f u") == ["i", "❤", "u"]  # the variation selector is dropped
    assert english("🇬🇧") == ["🇬", "🇧"]
    assert whitespace("a👍 👍b") == ["a👍", "👍b"]


@pytest.mark.parametrize("tokenizer", EVERY, ids=str)
@pytest.mark.parametrize(
    "text", ["", " ", "\t\r\n\f\v", "\0\0", "\x7f\x85\xa0\u3000", "\u200b\ufe0f", "\u2060\ufeff\xad"]
)
def test_nothing_but_space(text, tokenizer):
    assert tokenizer(text) == tokenizer(text.encode()) == []


def test_every_character_is_space_or_not():
    for code in (*range(0xD800), *range(0xE000, 0x110000)):
        character = chr(code)
        text = f"x{character}x"
        if is_space(character):
            assert whitespace_cased(text) == english_cased(text) == ["x", "x"], hex(code)
        elif without_hidden(text) == text and not is_compatible(code):
            assert whitespace_cased(text) == [unicodedata.normalize("NFC", text)], hex(code)


def is_compatible(code: int) -> bool:
    """Whether NFC changes a character that the tables leave out: ideographs, and what is beyond the basic plane."""
    return (0xF900 <= code < 0xFB00 or code > 0xFFFF) and unicodedata.decomposition(chr(code))[:1] not in ("", "<")


def test_letters_digits_and_marks_of_every_script_join_a_word():
    letterlike = range(0x2100, 0x2150)  # ℂ, ℓ and the like are symbols here
    split = [
        hex(code)
        for code in (*range(0xD800), *range(0xE000, 0x110000))
        if (unicodedata.category(chr(code))[0] in "LM" or unicodedata.category(chr(code)) == "Nd")
        and not is_space(chr(code))
        and code not in letterlike
        and len(english_cased(f"x{chr(code)}x")) > 1
    ]
    assert split == []


@pytest.mark.parametrize(
    "block", [(0x21, 0x7F), (0xA1, 0x250), (0x2010, 0x2028), (0x2030, 0x205F), (0x20A0, 0x20C1), (0xFF01, 0xFF66)]
)
def test_punctuation_and_symbols_split_a_word(block):
    joined = [
        chr(code)
        for code in range(*block)
        if unicodedata.category(chr(code))[0] in "PS" and english_cased(f"x{chr(code)}x") != ["x", chr(code), "x"]
    ]
    assert joined == [character for character in "'’" if block[0] <= ord(character) < block[1]]


def test_nul_is_white_space():
    assert english("a\0b\0\0c") == whitespace("a\0b\0\0c") == ["a", "b", "c"]
    assert english(b"\0it's\0") == ["it", "'s"]


def test_case_is_kept_where_asked():
    assert english_cased("Paris ISN'T U.S. ÉTÉ ΩΣ Яй") == ["Paris", "IS", "N'T", "U.S.", "ÉTÉ", "ΩΣ", "Яй"]
    assert english("Paris ISN'T U.S. ÉTÉ ΩΣ Яй") == ["paris", "is", "n't", "u.s.", "été", "ωσ", "яй"]


@pytest.mark.parametrize("tokenizer", [english, whitespace], ids=str)
@pytest.mark.parametrize(
    "block",
    [
        pytest.param((0x0000, 0x0250), id="Latin"),
        pytest.param((0x0250, 0x02B0), id="IPA"),
        pytest.param((0x0370, 0x0400), id="Greek"),
        pytest.param((0x0400, 0x0530), id="Cyrillic"),
        pytest.param((0x0530, 0x0590), id="Armenian"),
        pytest.param((0x1E00, 0x1F00), id="Latin additional"),
        pytest.param((0x1F00, 0x2000), id="Greek extended"),
        pytest.param((0xFF00, 0xFFF0), id="full-width"),
    ],
)
def test_lower_case_is_that_of_unicode(block, tokenizer):
    newer = tuple(map(int, unicodedata.unidata_version.split("."))) > (14, 0, 0)
    for code in range(*block):
        character, lower = chr(code), chr(code).lower()
        if is_space(character) or len(lower) != 1 or character in NEVER_READ:
            continue
        lower = unicodedata.normalize("NFC", lower)
        # a later Unicode may give a letter the lower case that 14 lacks
        allowed = {lower, character} if newer and unicodedata.category(lower) == "Cn" else {lower}
        tokens = tokenizer(character)
        assert len(tokens) == 1 and tokens[0].replace("'", character if character == "’" else "'") in allowed, hex(code)


def test_lower_case_is_the_simple_mapping():
    assert english("İ") == ["i"]  # str.lower() adds a combining dot
    assert english("ΟΔΟΣ") == ["οδοσ"]  # str.lower() writes the sigma at the end as ς
    assert english("ẞ ß") == ["ß", "ß"]


def test_scripts_outside_the_table_keep_their_case():
    for text in ["ᲐᲑ", "ႠႡ", "Ꭰ", "𐐀", "Ⰰ"]:
        assert english(text) == [text]
