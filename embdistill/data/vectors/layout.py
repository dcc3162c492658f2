"""How a vector file of text is laid out, told by its first lines."""

import codecs
import re
from collections import Counter
from typing import NamedTuple

from embdistill.errors import UserError, located

BLANKS = re.compile(rb"[ \t]+")
# By codec: how what is no character goes through, so that its word is left out and counted.
ERRORS = {"utf-8": "surrogateescape", "utf-16": "surrogatepass"}
QUOTES = (b'"', b"'")


class Encoding(NamedTuple):
    """How the bytes of a text file become lines of UTF-8.

    mark: bytes before the first line. codec: to decode the file with, None if it is UTF-8 with LF at the ends of lines,
    as nearly always. note: for the user.
    """

    mark: int = 0
    codec: str | None = None
    note: str | None = None


class Layout(NamedTuple):
    """header: (words, D) that a first line promises, or None. names: whether the first line names the columns instead.

    dim: D. quote: what stands around every word, or nothing. words: those of the first rows. notes: for the user.
    """

    header: tuple[int, int] | None
    names: bool
    dim: int
    quote: bytes
    words: list[bytes]
    notes: list[str]


def encoding_of(head: bytes) -> Encoding:
    """The encoding of a file that begins with these bytes; of text without a mark, UTF-8."""
    if head.startswith(codecs.BOM_UTF8):
        return Encoding(mark=len(codecs.BOM_UTF8))
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding(codec="utf-16", note="read as UTF-16")
    if b"\r" in head and b"\n" not in head:
        return Encoding(codec="utf-8", note="its lines end in CR alone")
    return Encoding()


def first_lines(head: bytes, encoding: Encoding, whole: bool) -> list[bytes]:
    """The lines that the first bytes of a file hold, in UTF-8; whole: whether these are all its bytes."""
    head = head[encoding.mark :]
    if encoding.codec:
        errors = ERRORS[encoding.codec]
        text = codecs.getincrementaldecoder(encoding.codec)(errors).decode(head)
        head = text.replace("\r\n", "\n").replace("\r", "\n").encode(errors=errors)
    lines = head.split(b"\n")
    if len(lines) > 1 and not (whole and lines[-1].strip()):
        lines.pop()  # nothing, or the beginning of a line
    return lines


def header_of(line: bytes) -> tuple[int, int] | None:
    """(words, D) of a header, None for a line that is none."""
    fields = line.split()
    if len(fields) == 2 and all(field.isdigit() and len(field) < 1000 for field in fields) and int(fields[1]) > 0:
        return int(fields[0]), int(fields[1])
    return None


def layout_of(path: str, lines: list[bytes]) -> Layout:
    """The layout of a text file from its first lines; UserError, with the line, if they are no vectors."""
    rows = [line.split() or [b""] for line in lines]
    header = header_of(lines[0])
    if header and len(rows) == 1:
        raise UserError(f"{path}: no vectors after its header; fetch it again")
    first = 2 if header else 1
    rows = rows[first - 1 :]
    # Some words may have spaces in them and the last line may be short, so the most frequent number of fields decides.
    dim = header[1] if header else Counter(map(len, rows)).most_common(1)[0][0] - 1
    _refuse_other_text(path, rows, dim, first)
    names = not header and len(rows) > 1 and _names_columns(rows[0], dim)
    rows = rows[names:]
    words = [b" ".join(fields[: max(1, len(fields) - dim)]) for fields in rows]
    quote = _quote(words)
    notes = ["line 1 names the columns, passed over"] if names else []
    if quote:
        notes.append(f"the {quote.decode()} around the words taken off")
    return Layout(header, names, dim, quote, [unquoted(word, quote) for word in words], notes)


def unquoted(word: bytes, quote: bytes) -> bytes:
    """A word without the quotes around it; inside, a quote may be written twice (CSV) or behind a backslash (R)."""
    if not quote or not (len(word) > 1 and word.startswith(quote) and word.endswith(quote)):
        return word
    return word[1:-1].replace(b"\\" + quote, quote).replace(quote + quote, quote)


def quoted_forms(word: bytes, quote: bytes) -> set[bytes]:
    """All that `unquoted` turns into a word."""
    inside = (word.replace(quote, quote + quote), word.replace(quote, b"\\" + quote))
    return {word, *(quote + form + quote for form in inside)}


def is_number(text: bytes) -> bool:
    """Whether Python reads a field as a number, NaN and infinity included."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _quote(words):
    """The quote around at least half of the words, or nothing: `"` alone is a word, and so is `"a` in some files."""
    for quote in QUOTES:
        inside = sum(len(word) > 2 and word.startswith(quote) and word.endswith(quote) for word in words)
        if 2 * inside >= len(words):
            return quote
    return b""


def _names_columns(fields, dim):
    """Whether a row is a header of a table: no numbers, or the numbers of at least 8 columns."""
    if not any(map(is_number, fields)):
        return len(fields) in (dim, dim + 1)  # R leaves out the name of the first column
    return dim >= 8 and any(fields[1:] == [b"%d" % (i + start) for i in range(dim)] for start in (0, 1))


def _refuse_other_text(path, rows, dim, first):
    """UserError, with the line, unless half of the rows or more end in a number. first: the line of the first row."""
    wrong = [i for i, fields in enumerate(rows) if len(fields) < 2 or not is_number(fields[-1])]
    if dim >= 1 and 2 * len(wrong) <= len(rows):
        return
    at = wrong[0] if wrong else 0
    fields = rows[at]
    if re.search(rb"[,;]-?[\d.]+[,;]-?[\d.]", b" ".join(fields)):
        problem = "commas or semicolons between the values; put spaces there, as with `sed 's/[,;]/ /g'`"
    elif len(fields) < 2:
        problem = "no vector on this line; write a word and its values, a space between them"
    elif all(re.fullmatch(rb"-?\d+,\d+", field) for field in fields[1:]):
        problem = "decimal commas; write points, as with `sed 's/,/./g'`"
    else:
        problem = f"{fields[-1].decode(errors='replace')[:40]!r} is not a number; give a file of words and their values"
    raise UserError(located(path, first + at, problem))
