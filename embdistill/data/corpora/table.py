"""A text as a table: rows of fields between delimiters.

Two readings: in a quoted one, a field that begins with a quotation mark goes on to the next one that is not doubled,
over delimiters and line ends; in a plain one, quotation marks are text and every line is a row. The csv module is not
used: it refuses a CR within a field, and does not tell on which line a row begins or a mistake stands.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

UNCLOSED = "a quotation mark opens a field and none closes it"
BEHIND = "there is text behind a closing quotation mark"


class Row(NamedTuple):
    """The fields of a row, and the numbers of its first and its last line."""

    line: int
    fields: list[str]
    last: int


class Malformed(ValueError):
    """A row whose quotation marks do not enclose its fields."""

    def __init__(self, line: int, problem: str):
        super().__init__(f"not a row of the table ({problem}); check the quotes")
        self.line = line


def plain_rows(text: str, delimiter: str, line: int = 1) -> Iterator[Row]:
    """The rows of a text in the plain reading; line: the number of its first line."""
    for number, row in enumerate(text.removesuffix("\n").split("\n"), line):
        yield Row(number, row.split(delimiter), number)


def quoted_rows(text: str, delimiter: str, line: int = 1) -> Iterator[Row]:
    """The rows of a text in the quoted reading. Malformed where quotation marks do not enclose a field."""
    field, position = _field(delimiter), 0
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        if text.find('"', position, end) < 0:  # nearly all rows
            fields, last = text[position:end].split(delimiter), line
        else:
            fields, end = _quoted_fields(field, text, position, line)
            last = line + text.count("\n", position, end)
        yield Row(line, fields, last)
        position, line = end + 1, last + 1


def _field(delimiter):
    """A pattern: a quoted field or an unquoted one, and the delimiter behind it or none at the end of a row."""
    other = f'[^"{re.escape(delimiter)}\n]'
    inside = f"[^{re.escape(delimiter)}\n]"
    return re.compile(rf'(?:"((?:[^"]++|"")*+)"|({other}{inside}*+)?)(?:({re.escape(delimiter)})|(?=\n)|\Z)')


def _quoted_fields(field, text, position, line):
    """The fields of the row that begins at a position, and the position of its end."""
    fields = []
    while True:
        found = field.match(text, position)
        if not found:
            closed = re.compile(r'"(?:[^"]++|"")*+"').match(text, position)
            raise Malformed(line, BEHIND if closed else UNCLOSED)
        fields.append(found[2] or "" if found[1] is None else found[1].replace('""', '"'))
        position = found.end()
        if not found[3]:
            return fields, position


def first_row(text: str, delimiter: str, line: int = 1) -> Row:
    """The first row of a text: quoted if its quotation marks enclose fields, else plain."""
    try:
        return next(quoted_rows(text, delimiter, line))
    except Malformed:
        return next(plain_rows(text.split("\n", 1)[0], delimiter, line))


def fits(fields: list[str], width: int) -> bool:
    """Whether a row has `width` fields, or more that are empty."""
    return len(fields) >= width and not any(fields[width:])


def quotes_enclose_fields(text: str, delimiter: str, width: int) -> bool:
    """Whether quotation marks clearly enclose fields in a text where they may as well be plain, as in most TSV.

    Where every line has `width` fields, rows are lines. Then fields are quoted if each that begins with a quotation
    mark is properly enclosed, and either all of a column are, or some have a doubled mark inside and none that is not
    quoted has any. Where some line has another width, some text may have a line end or a delimiter in it. Then fields
    are quoted if that makes every row `width` fields wide, and no row of several lines is made of lines that are rows
    themselves: a text that begins with a quotation mark, and a later one that ends with one, would swallow what is
    between.
    """
    lines = text.split("\n")
    split = [line.split(delimiter) for line in lines if line.strip()]
    if all(fits(fields, width) for fields in split):
        return _consistently_quoted(split, width)
    try:
        rows = list(quoted_rows(text, delimiter))
    except Malformed:
        return False
    sound = all(fits(row.fields, width) for row in rows if any(row.fields))
    return sound and not any(is_made_of_rows(row, lines, delimiter) for row in rows)


def is_made_of_rows(row: Row, lines: list[str], delimiter: str) -> bool:
    """Whether a row of several lines is made of lines that, in the plain reading, have as many fields as the row."""
    its_lines = lines[row.line - 1 : row.last]
    return len(its_lines) > 1 and all(line.count(delimiter) + 1 == len(row.fields) for line in its_lines)


def _consistently_quoted(rows, width):
    quoted = [field for fields in rows for field in fields if field.startswith('"')]
    if not quoted or not all(map(_ENCLOSED.fullmatch, quoted)):
        return False
    if any(all(fields[column].startswith('"') for fields in rows) for column in range(width)):
        return True
    doubled = any('""' in field[1:-1] for field in quoted)
    return doubled and not any('"' in field for fields in rows for field in fields if not field.startswith('"'))


_ENCLOSED = re.compile(r'"(?:[^"]|"")*+"')
