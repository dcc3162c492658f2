"""Characters that are not read: soft hyphens, and joiners where they carry no meaning."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tokenizer_helpers import EVERY, NEVER_READ, decoded, english, without_hidden

NON_JOINER, JOINER = "\u200c\u200d"
TEXTS = ["Wohnzimmer", "don't", "rock'n'roll", "shouldn't've", "U.S. 1,000.50", "it's.", "``a''", "葛飾", "ab ... --"]

thorough = settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("tokenizer", EVERY, ids=str)
@pytest.mark.parametrize("text", TEXTS)
def test_what_is_never_read_changes_nothing_between_letters(text, tokenizer):
    for hidden in NEVER_READ:
        hyphenated = hidden + hidden.join(text) + hidden
        assert tokenizer(hyphenated) == tokenizer(hyphenated.encode()) == tokenizer(text), ascii(hidden)


@pytest.mark.parametrize("tokenizer", EVERY, ids=str)
def test_nothing_but_what_is_never_read(tokenizer):
    assert tokenizer("".join(NEVER_READ)) == tokenizer("\u00ad") == tokenizer("\u200d\u200c") == []


def test_a_soft_hyphen_in_windows_1252():
    assert english(b"Wohn\xadzimmer caf\xe9") == ["wohnzimmer", "café"]


def test_space_of_no_width_stays_a_space():
    assert english("ไป\u200bมา a\u200bb") == ["ไป", "มา", "a", "b"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("می\u200cخواهم", ["می\u200cخواهم"]),  # Persian: one word, its parts not joined
        ("می\u200c\u200cخواهم", ["می\u200cخواهم"]),
        ("می\u200c خواهم\u200c.", ["می", "خواهم", "."]),
        ("ශ්\u200dරී ලංකා", ["ශ්\u200dරී", "ලංකා"]),  # Sinhala: letters that are stacked
        ("അവന്\u200d", ["അവന്\u200d"]),  # Malayalam: a consonant without a vowel, at the end of the word
        ("क्\u200cष क्\u200dष", ["क्\u200cष", "क्\u200dष"]),
        ("Auf\u200clage au\u200df it\u200d's\u200c", ["auflage", "auf", "it", "'s"]),
        ("手\u200d机", ["手机"]),
        ("👩\u200d👩\u200d👧", ["👩", "👩", "👧"]),
        ("❤\ufe0f\u200d🔥", ["❤", "🔥"]),
        ("،\u200dو", ["،", "و"]),
    ],
)
def test_joiners(text, tokens):
    assert english(text) == english(text.encode()) == tokens


@thorough
@given(
    st.text(st.sampled_from([*NEVER_READ[:3], NON_JOINER, JOINER, *"aسم.'nts 👩क्ش،手"]), max_size=14),
    st.sampled_from(EVERY),
)
def test_tokenizing_tokens_changes_nothing(text, tokenizer):
    assume("n't" not in without_hidden(text))
    tokens = tokenizer(text)
    assert all(tokens) and [token for token in tokens if tokenizer(token) != [token]] == []


@thorough
@given(
    st.lists(st.sampled_from([b"\xe2\x80\x8d", b"\xe2\x80\x8c", b"\xad", b"\xe0", b"\x80", b"\xd9\x85", b"a", b" "]))
)
def test_bytes_that_are_not_utf8_are_letters_of_windows_1252(parts):
    text = b"".join(parts)
    assert english(text) == english(decoded(text))
