"""From bytes to text: UTF-8, UTF-16 and UTF-32 by their marks, and Windows-1252 for bytes that are not UTF-8."""

import codecs
import string
from collections import Counter
from typing import NamedTuple

from embdistill.errors import UserError

MARKS = {  # byte order marks; those of UTF-32 come first, since one begins as that of UTF-16 does
    codecs.BOM_UTF32_LE: ("UTF-32", "utf-32-le"),
    codecs.BOM_UTF32_BE: ("UTF-32", "utf-32-be"),
    codecs.BOM_UTF16_LE: ("UTF-16", "utf-16-le"),
    codecs.BOM_UTF16_BE: ("UTF-16", "utf-16-be"),
}
WINDOWS_1252 = "embdistill.windows-1252"  # name of the error handler below
LOOKED_AT = 1 << 16  # bytes in which NULs are counted
ASCII = frozenset(string.printable)


class Decoded(NamedTuple):
    """A text, what its file is encoded in, and how many of its lines have bytes that are not UTF-8."""

    text: str
    encoding: str = "UTF-8"
    other_lines: int = 0

    @property
    def note(self) -> str | None:
        """What the user should know: that the file is UTF-16 or UTF-32, or that bytes were read as Windows-1252."""
        if self.encoding != "UTF-8":
            return f"read as {self.encoding}, as its byte order mark says"
        return f"{NOT_UTF8}: {self.other_lines}" if self.other_lines else None


NOT_UTF8 = "lines not all in UTF-8, the rest read as Windows-1252"


def decode(content: bytes, path) -> Decoded:
    """The text of a file's bytes, without its byte order mark; line ends stay as they are.

    Bytes that are not UTF-8 are read one by one as Windows-1252, as the tokenizer reads them: 0x81, 0x8D, 0x8F, 0x90
    and 0x9D, which it leaves undefined, are the control characters of the same number, as the WHATWG has it.
    path: for messages. UserError for UTF-16 that is cut off, and for what looks like UTF-16 or UTF-32 without a mark.
    """
    for mark, (encoding, codec) in MARKS.items():
        if content.startswith(mark):
            return Decoded(_marked(content[len(mark) :], encoding, codec, path), encoding)
    content = content.removeprefix(codecs.BOM_UTF8)
    if b"\0" in content[:LOOKED_AT]:
        _refuse_without_mark(content, path)
    try:
        return Decoded(content.decode())
    except UnicodeDecodeError:
        lines = content.split(b"\n")
        others = sum(not _is_utf8(line) for line in lines)
        return Decoded(content.decode(errors=WINDOWS_1252), other_lines=others)


def _marked(content, encoding, codec, path):
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        line = content[: error.start].decode(codec).count("\n") + 1
        raise UserError(
            f"{path}:{line}: not {encoding}, though it begins so ({error.reason}); save it as UTF-8"
        ) from error


def _refuse_without_mark(content, path):
    """UserError if NULs stand where UTF-16 or UTF-32 has them, beside ASCII; other NULs are control characters."""
    head = content[:LOOKED_AT]
    little, big = _ascii_of_utf16(head)
    if head.count(0) > 0.6 * len(head):
        codec = "UTF-32BE" if head.startswith(b"\0\0") else "UTF-32LE"
    elif max(little, big) > 1 and (max(little, big) > 0.1 * len(head) or not _is_utf8(content)) and _ends_wide(head):
        codec = "UTF-16LE" if little > big else "UTF-16BE"
    else:
        return
    problem = f"has NUL bytes as {codec} without a byte order mark has them"
    raise UserError(f"{path}: {problem}; save it as UTF-8, for example with `iconv -f {codec} -t UTF-8`")


def _ascii_of_utf16(head):
    """How many characters of ASCII the bytes hold as UTF-16 of either byte order, less twice those in the other."""
    pairs = Counter(zip(head[::2], head[1::2], strict=False))
    little = sum(count for (low, high), count in pairs.items() if not high and chr(low) in ASCII)
    big = sum(count for (high, low), count in pairs.items() if not high and chr(low) in ASCII)
    return little - 2 * big, big - 2 * little


def _ends_wide(head):
    """Whether most ends of lines, if there are any, stand beside a NUL."""
    return 2 * (head.count(b"\n\0") + head.count(b"\0\n")) >= head.count(b"\n")


def _is_utf8(content):
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _windows_1252(error):
    byte = error.object[error.start : error.start + 1]
    return byte.decode("cp1252", "ignore") or chr(byte[0]), error.start + 1


codecs.register_error(WINDOWS_1252, _windows_1252)
