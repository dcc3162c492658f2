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
        or character == "\u200b"
        or "\ufe00" <= character <= "\ufe0f"
    )


JOINERS = "\u200c\u200d"  # read where they carry meaning
NEVER_READ = [
    *("\u00ad", "\u061c", "\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2060, 0x2070))),
    *("\ufeff", *map(chr, range(0xE0100, 0xE01F0))),
]
_HIDDEN = dict.fromkeys(map(ord, [*NEVER_READ, *JOINERS]))


def without_hidden(text: str) -> str:
    """The text without characters that are not read, and without all joiners."""
    return text.translate(_HIDDEN)


def _byte_as_windows_1252(error):
    byte = error.object[error.start : error.start + 1]
    return byte.decode("latin-1" if byte in b"\x81\x8d\x8f\x90\x9d" else "cp1252"), error.start + 1


codecs.register_error("embdistill-test-byte", _byte_as_windows_1252)


def decoded(text: bytes) -> str:
    """The text with every byte that is not part of valid UTF-8 read as Windows-1252."""
    return text.decode("utf-8", "embdistill-test-byte")
