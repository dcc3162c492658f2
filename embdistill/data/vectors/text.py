"""Vectors as text: a word and its values a line, spaces or tabs between them.

GloVe has no header; word2vec and fastText `.vec` have a header `V D`. The common case is read in C (text_rows.c).
"""

import re
from collections.abc import Collection, Container, Iterator
from typing import NamedTuple

import numpy as np

from embdistill.data.vectors import _text_rows
from embdistill.data.vectors.layout import BLANKS, is_number, quoted_forms, unquoted
from embdistill.data.vectors.stream import decode_word
from embdistill.data.wanted import encoded
from embdistill.errors import UserError, located

LINE_ENDS = re.compile(b"\n*")


def rows(file, wanted: Collection[str] | None, first: int) -> Iterator[tuple[str, np.ndarray]]:
    """(word, vector (D,) float32) of each wanted row of a VectorFile, and of the first rows."""
    quote = file.layout.quote
    wanted = None if wanted is None else _encoded(wanted, quote)
    short = None  # the first line with too few values: an error, unless it is the last
    with file.stream() as stream:
        if file.layout.header or file.layout.names:
            next(stream.lines(), None)
        for number, line, gaps, word in _lines(file, stream, wanted, first):
            if short is not None and line:
                raise _count_error(file, *short)
            if gaps < file.dim:
                short = short or (number, line)
                continue
            start, end = word
            if gaps > file.dim:
                end = _end_of_spaced_word(file, number, line, start)
                file.counts["words with spaces in them"] += 1
            file.counts["rows read"] += 1
            if wanted is None or file.counts["rows read"] <= first or line[start:end] in wanted:
                decoded = decode_word(unquoted(line[start:end], quote), file.counts)
                if decoded is not None:
                    yield decoded, _vector(file, number, line, end)
        if not file.counts["rows read"]:
            raise UserError(f"{file.path}: no vectors in it; fetch it again")
        if short is not None and short[1]:
            file.counts["short last line, left out"] += 1


def _encoded(words, quote):
    words = encoded(words)
    if not quote:
        return words
    return (
        {form for word in words for form in quoted_forms(word, quote)}
        if isinstance(words, set)
        else _Quoted(words, quote)
    )


class _Quoted(NamedTuple):
    """Words that `in` finds in quotes too."""

    words: Container[bytes]
    quote: bytes

    def __contains__(self, word):
        return unquoted(word, self.quote) in self.words


def _lines(file, stream, wanted, first):
    """(number, line without the blanks at its end, gaps in it, (start, end) of its word) of the lines C does not skip.

    C skips a line with D gaps whose word is not wanted, but for the first rows. After a line with fewer gaps nothing is
    skipped, so that the caller sees whether another line follows.
    """
    for block in stream.blocks():
        at = 0
        while at < len(block):
            asked = wanted if file.counts["rows read"] >= first else None
            skipped, at, gaps, start, end = _text_rows.skip(block, at, file.dim, asked)
            if skipped:
                stream.line += skipped
                file.counts["rows read"] += skipped
                continue
            if gaps < file.dim:
                wanted = None
            after = block.find(b"\n", at) + 1 or len(block)
            stream.line += 1
            yield stream.line, block[at:after].rstrip(b" \t\r\n"), gaps, (start - at, end - at)
            at = after
            if gaps < file.dim:  # some packed files are gigabytes of line ends
                at = LINE_ENDS.match(block, after).end()
                stream.line += at - after


def _end_of_spaced_word(file, number, line, start):
    """Where the word ends on a line with more gaps than values, such as some lines of GloVe 840B."""
    gaps = [match.start() for match in BLANKS.finditer(line, start)]
    end = gaps[-file.dim]
    if any(map(is_number, BLANKS.split(line[start:end])[1:])):
        raise _count_error(file, number, line)
    return end


def _vector(file, number, line, end):
    """The values of a line whose word ends at byte `end`, as an array (D,) float32."""
    vector = np.empty(file.dim, np.float32)
    if _text_rows.parse(line, end + 1, vector):
        return vector
    fields = BLANKS.split(line[end:].strip(b" \t"))
    if len(fields) != file.dim:  # a blank in place of a value
        raise _count_error(file, number, line)
    for field in fields:
        if not is_number(field):
            shown = field.decode(errors="replace")
            raise UserError(located(file.path, number, f"{shown!r} is not a number; fix or remove the line"))
    with np.errstate(over="ignore"):
        vector[:] = np.array(fields, np.float32)
    if not np.isfinite(vector).all():
        raise UserError(located(file.path, number, "a value is NaN, infinite or too large; fix or remove the line"))
    return vector


def _count_error(file, number, line):
    values = len(BLANKS.split(line.strip(b" \t"))) - 1
    problem = f"{values} values, not {file.dim}; fix or remove the line, or name a vector file"
    return UserError(located(file.path, number, problem))
