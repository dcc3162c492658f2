"""The tokenizers by their settings, and what Unicode and UTF-8 say of a text, as Python tells it."""

import codecs
import unicodedata

from embdistill.data.tokenizer import Tokenizer

TOKEN_BYTES = 256  # EMBDISTILL_TOKEN_BYTES
english = Tokenizer()
english_cased = Tokenizer(lowercase=False)
whitespace = Tokenizer("whitespace")
whitespace_cased = Tokenizer("whitespace", lowercase=False)
EVERY = [english, english_cased, whitespace, whitespace_cased]


def is_space(character: str) -> bool:
    """White space and control characters of Unicode, and the invisible ones that unicode.c counts with them."""
    return (
        character.isspace()
        or unicodedata.category(character) == "Cc"
        or character in "\u200b\u2060\ufeff"
        or "\ufe00" <= character <= "\ufe0f"
    )


def _byte_as_latin1(error):
    return chr(error.object[error.start]), error.start + 1


codecs.register_error("embdistill-test-byte", _byte_as_latin1)


def decoded(text: bytes) -> str:
    """The text with every byte that is not part of valid UTF-8 read as Latin-1."""
    return text.decode("utf-8", "embdistill-test-byte")
