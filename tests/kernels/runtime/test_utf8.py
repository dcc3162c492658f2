"""Bytes that are not UTF-8 are read as Windows-1252."""

import pytest

from tokenizer_helpers import decoded, english, whitespace, whitespace_cased


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"a\xc0\xafb", id="overlong 2"),
        pytest.param(b"\xc1\xbf", id="overlong 2, highest"),
        pytest.param(b"\xe0\x80\xaf", id="overlong 3"),
        pytest.param(b"\xe0\x9f\xbf", id="overlong 3, highest"),
        pytest.param(b"\xf0\x80\x80\xaf", id="overlong 4"),
        pytest.param(b"\xf0\x8f\xbf\xbf", id="overlong 4, highest"),
        pytest.param(b"\xed\xa0\x80", id="first surrogate"),
        pytest.param(b"\xed\xbf\xbf", id="last surrogate"),
        pytest.param(b"\x80a\xbf", id="stray continuation"),
        pytest.param(b"\xfe\xff", id="never in UTF-8"),
        pytest.param(b"\xf8\x88\x80\x80\x80", id="five bytes"),
        pytest.param(b"\xf4\x90\x80\x80", id="first above U+10FFFF"),
        pytest.param(b"\xf5\x80\x80\x80", id="lead above U+10FFFF"),
        pytest.param(b"\xc3", id="cut off 1 of 2"),
        pytest.param(b"\xe2\x82", id="cut off 2 of 3"),
        pytest.param(b"\xf0\x9f\x91", id="cut off 3 of 4"),
        pytest.param(b"\xe2\x82 a", id="cut off by a space"),
        pytest.param(b"\xe2\xe2\x82\xac", id="cut off by the next"),
        pytest.param(b"caf\xe9s", id="Latin-1"),
        pytest.param(b"it\x92s", id="Windows-1252"),
        pytest.param(b"a'\xc3", id="after an apostrophe"),
        pytest.param(b"it's\xff", id="after a clitic"),
        pytest.param(b"u.s.\xe2", id="after an abbreviation"),
        pytest.param(b"1.\xc2", id="after a number"),
    ],
)
def test_invalid_utf8_is_read_as_windows_1252(text):
    assert english(text) == english(decoded(text))
    assert whitespace(text) == whitespace(decoded(text))


def test_invalid_utf8_beside_valid():
    assert english(b"caf\xe9s caf\xc3\xa9s") == ["cafés", "cafés"]
    assert english(b"it\x92s") == ["it", "'s"]
    assert english(b"\xfe\xff") == ["þÿ"]
    assert english(b"a\xc0\xafb") == ["aà", "¯", "b"]
    assert english(b"\x935 \x80\x94 \x81\x9d") == ["“", "5", "€", "”"]  # what has no character is a control character
    assert english(b"it's\xa1 u.s.\xa7") == ["it", "'s", "¡", "u.s.", "§"]


@pytest.mark.parametrize("character", ["\x7e", "\xa1", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000"])
def test_ends_of_the_ranges_of_utf8(character):
    assert whitespace_cased(character) == whitespace_cased(character.encode()) == [character]


def test_highest_character():
    assert english(b"\xf4\x8f\xbf\xbf") == ["\U0010ffff"]


def test_long_run_of_invalid_bytes():
    assert whitespace(b"\xff" * 1000 + b" a") == ["ÿ" * 128, "a"]
    assert english(b"\xa7" * 1000) == ["§"] * 1000
