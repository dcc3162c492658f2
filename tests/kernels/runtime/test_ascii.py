"""The tokenizer that knows ASCII only, compiled as a library of its own."""

import ctypes
import string
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c_helpers import RUNTIME, STRICT, needed
from embdistill.data.tokenizer import MODES, Tokenizer

thorough = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
PIECES = ["'", "n't", "'s", "'LL", "'ve", "s", "n", "t", "a", "A.", "b.", "1", "1,", ":", ".", "-", "`", " ", "\0"]
pieces = st.lists(st.sampled_from([*PIECES, "x" * 257])).map("".join)
ascii_texts = st.text(string.printable + "\0\x7f", max_size=60) | pieces
MODES_AND_CASES = [(mode, lowercase) for mode in MODES for lowercase in (True, False)]


class State(ctypes.Structure):
    _fields_ = [
        ("text", ctypes.c_char_p),
        ("length", ctypes.c_size_t),
        ("at", ctypes.c_size_t),
        ("mode", ctypes.c_int),
        ("lowercase", ctypes.c_int),
    ]


@pytest.fixture(scope="module")
def ascii_tokens(tmp_path_factory):
    """Gives the tokens of bytes."""
    library = tmp_path_factory.mktemp("ascii") / "ascii.so"
    options = [*STRICT, "-O1", "-fPIC", "-shared", "-DEMBDISTILL_ASCII"]
    subprocess.run([needed("gcc"), *options, RUNTIME / "embdistill.c", "-o", library], check=True)
    next_token = ctypes.CDLL(str(library)).embdistill_next_token
    next_token.restype = ctypes.c_size_t

    def tokens(text, mode, lowercase):
        state, token = State(text, len(text), 0, MODES.index(mode), lowercase), ctypes.create_string_buffer(256)
        while size := next_token(ctypes.byref(state), token):
            yield token.raw[:size]

    return lambda *arguments: list(tokens(*arguments))


def decoded(tokens):
    return [token.decode() for token in tokens]


@pytest.mark.parametrize(("mode", "lowercase"), MODES_AND_CASES)
@thorough
@given(text=ascii_texts)
def test_ascii_text_has_the_same_tokens(ascii_tokens, mode, lowercase, text):
    assert decoded(ascii_tokens(text.encode(), mode, lowercase)) == Tokenizer(mode, lowercase)(text)


@pytest.mark.parametrize(("mode", "lowercase"), MODES_AND_CASES)
def test_words_in_lower_case_with_composed_accents_too(ascii_tokens, mode, lowercase):
    text = "the café, über straße: don't"
    assert decoded(ascii_tokens(text.encode(), mode, lowercase)) == Tokenizer(mode, lowercase)(text)


@thorough
@given(text=st.binary(max_size=60))
def test_no_byte_is_lost(ascii_tokens, text):
    tokens = ascii_tokens(text, "whitespace", False)
    assert b"".join(tokens) == bytes(byte for byte in text if byte > 0x20 and byte != 0x7F)


def test_what_is_not_ascii_is_part_of_a_word_and_has_no_capitals(ascii_tokens):
    text = "CAFÉ “lamp” a—b don’t \xa0it".encode()
    expected = ["cafÉ", "“lamp”", "a—b", "don’t", "\xa0it"]
    assert decoded(ascii_tokens(text, "english", True)) == expected
