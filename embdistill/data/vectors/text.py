"""Vectors as text: a word and its values a line, one space between them.

GloVe has no header; word2vec and fastText `.vec` have a header `V D`. The common case is read in C (text_rows.c).
"""

from collections.abc import Collection, Iterator

import numpy as np

from embdistill.data.vectors import _text_rows
from embdistill.data.vectors.stream import Stream, decode_word
from embdistill.errors import UserError, located


def is_row(line: bytes) -> bool:
    """Whether a line has text after its word, rather than float32 values: those are hardly ever all printable."""
    values = line.partition(b" ")[2].rstrip()
    return values.isascii() and all(byte >= 32 for byte in values)


def rows(file, wanted: Collection[str] | None) -> Iterator[tuple[str, np.ndarray]]:
    """(word, vector (D,) float32) of each wanted row of a VectorFile."""
    wanted = None if wanted is None else {word.encode() for word in wanted}
    short = None  # the first line with too few values: an error, unless it is the last
    with Stream(file.path) as stream:
        if file.format == "word2vec":
            next(stream.lines(), None)
        for number, line, spaces in _lines(file, stream, wanted):
            if short is not None and line:
                raise _count_error(file, *short)
            if spaces < file.dim:
                short = short or (number, line)
                continue
            space = line.find(b" ")
            if spaces > file.dim:
                space = _end_of_spaced_word(file, number, line)
                file.counts["words with spaces in them"] += 1
            file.counts["rows read"] += 1
            word = line[:space]
            if wanted is None or word in wanted:
                decoded = decode_word(word, file.counts)
                if decoded is not None:
                    yield decoded, _vector(file, number, line, space + 1)
        if not file.counts["rows read"]:
            raise UserError(f"{file.path}: no vectors in it; fetch it again")
        if short is not None and short[1]:
            file.counts["short last line, left out"] += 1


def _lines(file, stream, wanted):
    """(number, line without its end, spaces in it) of the lines that C does not skip.

    C skips a line with D spaces whose word is not wanted. After a line with fewer spaces nothing is skipped, so that
    the caller sees whether another line follows.
    """
    for block in stream.blocks():
        at = 0
        while at < len(block):
            skipped, at, spaces = _text_rows.skip(block, at, file.dim, wanted)
            if skipped:
                stream.line += skipped
                file.counts["rows read"] += skipped
                continue
            if spaces < file.dim:
                wanted = None
            end = block.find(b"\n", at) + 1 or len(block)
            stream.line += 1
            yield stream.line, block[at:end].rstrip(b" \r\n"), spaces
            at = end


def _end_of_spaced_word(file, number, line):
    """Where the word ends on a line with more spaces than values, such as some lines of GloVe 840B."""
    parts = line.rsplit(b" ", file.dim)
    if any(_is_number(part) for part in parts[0].split(b" ")[1:]):
        raise _count_error(file, number, line)
    return len(parts[0])


def _vector(file, number, line, start):
    """The values of a line from byte `start` on, as an array (D,) float32."""
    vector = np.empty(file.dim, np.float32)
    if _text_rows.parse(line, start, vector):
        return vector
    fields = line[start:].split(b" ")
    for field in fields:
        if not _is_number(field):
            shown = field.decode(errors="replace")
            raise UserError(located(file.path, number, f"{shown!r} is not a number; fix or remove the line"))
    with np.errstate(over="ignore"):
        vector[:] = np.array(fields, np.float32)
    if not np.isfinite(vector).all():
        raise UserError(located(file.path, number, "a value is NaN, infinite or too large; fix or remove the line"))
    return vector


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _count_error(file, number, line):
    problem = f"{line.count(b' ')} values, not {file.dim}; fix or remove the line, or name a vector file"
    return UserError(located(file.path, number, problem))
