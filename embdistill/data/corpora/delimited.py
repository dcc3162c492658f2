"""CSV and TSV: which delimiter, whether quotation marks enclose fields, which columns; then an example a row."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from embdistill.data.corpora.columns import ColumnProblem, Table, count_nameless, find_columns, is_header, position
from embdistill.data.corpora.layout import Layout
from embdistill.data.corpora.lines import BLANK, Example, Lines
from embdistill.data.corpora.table import (
    Malformed,
    first_row,
    fits,
    is_made_of_rows,
    plain_rows,
    quoted_rows,
    quotes_enclose_fields,
)
from embdistill.errors import UserError

DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
BLANK_ROW = ' \t,;|"'  # what a row without content is made of
LOOKED_AT = 100  # lines that tell the delimiter of a table without a header
SEPARATOR_LINE = re.compile(r'"?sep=([^"])"?[\t,;]*', re.IGNORECASE)  # as Excel reads it


def read_csv(lines: Lines, layout: Layout) -> Iterator[Example]:
    return read(lines, layout, ",")


def read_tsv(lines: Lines, layout: Layout) -> Iterator[Example]:
    return read(lines, layout, "\t")


def read(lines: Lines, layout: Layout, usual: str) -> Iterator[Example]:
    """An example a row of a table whose delimiter is `usual` unless its header or the user says otherwise."""
    if not lines.first(BLANK_ROW)[1]:
        return
    found = read_table(lines, layout, usual)
    text, label = found.columns
    if found.delimiter != "\t":
        _refuse_swallowed_rows(lines, found, label)
    count_nameless(lines, found.table)
    for number, fields, _ in found.table.rows:
        yield lines.example(number, fields[label], fields[text])


class Delimited(NamedTuple):
    """A table in a text file: its rows, the positions of the wanted columns, and what separates its fields."""

    table: Table
    columns: list[int]
    delimiter: str


def read_table(lines: Lines, layout: Layout, usual: str, wanted: Sequence[str] = ("text", "label")) -> Delimited:
    """The table in a file that is not blank; what had to be told is in lines.remarks.

    usual: the delimiter to expect. wanted: the columns that are needed, of "text" and "label". UserError for a column
    that is missing, and for a row that does not fit.
    """
    number, first = lines.first(BLANK_ROW)
    lines.counts[BLANK] += number - 1
    separator = SEPARATOR_LINE.fullmatch(first.strip(" "))
    number += bool(separator)
    body = _from_line(lines.text, number)
    delimiter = layout.delimiter or (separator and separator[1]) or _told(body, layout, usual, wanted)
    if (separator or delimiter != usual) and not layout.delimiter:
        source = ", as its first line says" if separator else ""
        lines.remarks.append(f"its fields are separated by {DELIMITERS.get(delimiter, ascii(delimiter))}{source}")
    head = first_row(body, delimiter, number) if layout.has_header else None
    if head:
        body = _from_line(body, head.last - head.line + 2)
    rows, mistake = [], None
    try:
        rows.extend(_rows(lines, body, delimiter, head.last + 1 if head else number, head and head.fields))
    except UserError as error:
        mistake = error
    table = Table(head and head.fields, number, rows)
    try:
        columns = find_columns(table, layout, wanted)
    except ColumnProblem as problem:  # comes first, since rows of another width may come of it
        raise lines.error(number, str(problem)) from problem
    if mistake:
        raise mistake
    return Delimited(table, columns, delimiter)


def _from_line(text, number):
    """The text from a line on, counted from 1; nothing if there is none."""
    parts = text.split("\n", number - 1)
    return parts[-1] if len(parts) == number else ""


def _rows(lines, body, delimiter, number, names):
    """The rows that are not blank; names: the header, or None. UserError for a row of another width."""
    if not body:
        return
    width = len(names or first_row(body.lstrip("\n"), delimiter).fields)
    reading = _reading_of_tsv(lines, body, width) if delimiter == "\t" else quoted_rows
    try:
        for row in reading(body, delimiter, number):
            if not "".join(row.fields).strip():
                lines.counts[BLANK] += row.last - row.line + 1
            elif names and is_header(names, row.fields):
                lines.counts["repeated headers left out"] += row.last - row.line + 1
            elif fits(row.fields, width):
                lines.counts["rows that go over several lines, in quotation marks"] += row.last > row.line
                yield row
            else:
                raise lines.error(row.line, _misfit(row.fields, width, bool(names), reading))
    except Malformed as problem:
        raise lines.error(problem.line, str(problem)) from problem


def _misfit(fields, width, under_header, reading):
    """What is wrong with a row of another width, and what to do."""
    fix = "remove tabs and line ends from the text" if reading is plain_rows else "quote the text"
    if any(field.startswith(' "') for field in fields):
        fix = "remove the space before the quotation mark"
    return f"{len(fields)} fields {'under a header' if under_header else 'and not as the first row'} of {width}; {fix}"


def _reading_of_tsv(lines, body, width):
    """plain_rows or quoted_rows; which is said if there are fields that begin with a quotation mark."""
    if not re.search(r'(?:^|[\t\n])"', body):
        return plain_rows
    if quotes_enclose_fields(body, "\t", width):
        lines.remarks.append("the quotation marks around its fields are taken off, as in CSV")
        return quoted_rows
    lines.remarks.append("its quotation marks are read as they stand, and every line as a row")
    return plain_rows


def _told(body, layout, usual, wanted):
    """The delimiter under which the header has the wanted columns, or else the most; without a header, see _regular."""
    tell = _columns_of_header if layout.has_header else _regularity
    return max(DELIMITERS, key=lambda delimiter: (*tell(body, delimiter, layout, wanted), delimiter == usual))


def recognised(line: str, layout: Layout) -> str | None:
    """ "csv" or "tsv" for the first line of a table: a header with the wanted columns, or any if options name them."""
    delimiter = _told(line, layout, ",", ("text", "label"))
    found = not layout.has_header or _columns_of_header(line, delimiter, layout, ("text", "label"))[0] == 2
    if layout.given() or found or SEPARATOR_LINE.fullmatch(line.strip(" ")):
        return "tsv" if delimiter == "\t" else "csv"
    return None


def _columns_of_header(body, delimiter, layout, wanted):
    names = first_row(body, delimiter).fields
    found = 0
    for what in wanted:
        try:
            found += position(what, layout, names, len(names)) is not None
        except ColumnProblem:  # several of that name
            found += 1
    return found, len(names)


def _regularity(body, delimiter, layout, wanted):
    """How many of the first lines have the commonest number of fields, if above one; tabs are rarely text."""
    head = [line for line in body.split("\n", LOOKED_AT)[:LOOKED_AT] if line.strip()]
    widths = Counter(len(first_row(line, delimiter).fields) for line in head)
    width, count = widths.most_common(1)[0]
    return (count if width > 1 else 0), delimiter == "\t"


def _refuse_swallowed_rows(lines, found, label):
    """UserError for a quoted text that seems to hold whole rows, of labels that other rows have."""
    rows, delimiter = found.table.rows, found.delimiter
    several = [row for row in rows if row.last > row.line]
    if not several:
        return
    labels = {row.fields[label].strip() for row in rows if row.last == row.line}
    all_lines = lines.text.split("\n")
    for row in several:
        if is_made_of_rows(row, all_lines, delimiter):
            inside = [line.split(delimiter)[label].strip() for line in all_lines[row.line - 1 : row.last]]
            if sum(found in labels for found in inside) > 1:
                problem = f"a quotation mark opens a text here that ends in line {row.last}, with whole rows in it"
                raise lines.error(row.line, f"{problem}; close it, or write it twice if it is part of the text")
