"""Parquet files and Excel workbooks, read through the extra `tables` (pyarrow, openpyxl)."""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from embdistill.data.corpora.cells import label_of, text_of
from embdistill.data.corpora.columns import LOOKED_AT, ColumnProblem, Table, count_nameless, find_columns
from embdistill.data.corpora.layout import Layout
from embdistill.data.corpora.lines import BLANK, Example, Lines
from embdistill.data.corpora.table import Row
from embdistill.errors import UserError, first_line


def read_parquet(lines: Lines, layout: Layout) -> Iterator[Example]:
    """An example a row; the number of its line is that of the row."""
    with _parquet(lines) as found:
        first = [column.slice(0, LOOKED_AT).to_pylist() for column in found.columns]
        table = _table(found.column_names, first)
        columns = [found.column(place).to_pylist() for place in _columns(lines, table, layout)]
    for number, (text, label) in enumerate(zip(*columns, strict=True), 1):
        yield _example(lines, number, text, label)


def parquet_table(lines: Lines) -> Table:
    """A Parquet file with all of its columns; the number of a line is that of the row."""
    with _parquet(lines) as found:
        return _table(found.column_names, [column.to_pylist() for column in found.columns])


def _table(names, columns):
    return Table(list(names), 1, [Row(i, list(row), i) for i, row in enumerate(zip(*columns, strict=True), 1)])


@contextmanager
def _parquet(lines):
    """The table of pyarrow. UserError for a file that is not sound, also where a column is taken out in the block."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise _needs_extra(lines.path, "a Parquet file", "pyarrow") from error
    try:
        yield parquet.read_table(pyarrow.BufferReader(lines.content))
    except (pyarrow.ArrowException, OSError, OverflowError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{lines.path}: not a sound Parquet file ({first_line(error)}); write it again") from error


def read_excel(lines: Lines, layout: Layout) -> Iterator[Example]:
    """An example a row of the first sheet."""
    table = excel_table(lines, layout)
    if table is None:
        return
    text, label = _columns(lines, table, layout)
    count_nameless(lines, table)
    for row in table.rows:
        yield _example(lines, row.line, row.fields[text], row.fields[label])


def excel_table(lines: Lines, layout: Layout) -> Table | None:
    """The first sheet of a workbook; None if it is empty."""
    try:
        import openpyxl
    except ImportError as error:
        raise _needs_extra(lines.path, "an Excel workbook", "openpyxl") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and the like
            book = openpyxl.load_workbook(io.BytesIO(lines.content), read_only=True, data_only=True)
            sheet = book.worksheets[0]
            rows = [Row(i, list(row), i) for i, row in enumerate(sheet.iter_rows(values_only=True), 1)]
    except Exception as error:  # openpyxl has no errors of its own, but passes on those of zip, XML and its own code
        raise UserError(f"{lines.path}: not a sound Excel workbook ({first_line(error)}); save it as CSV") from error
    if len(book.sheetnames) > 1:
        others = ", ".join(map(repr, book.sheetnames[1:4])) + ", ..." * (len(book.sheetnames) > 4)
        lines.remarks.append(f"only the first of its sheets is read, {sheet.title!r}, and not {others}")
    filled = [row for row in rows if any(value is not None and str(value).strip() for value in row.fields)]
    lines.counts[BLANK] += len(rows) - len(filled)
    if not filled:
        return None
    width = max(len(row.fields) for row in filled)
    filled = [row._replace(fields=row.fields + [None] * (width - len(row.fields))) for row in filled]
    names = [text_of(value) for value in filled[0].fields] if layout.has_header else None
    return Table(names, filled[0].line, filled[1:] if layout.has_header else filled)


def _columns(lines: Lines, table: Table, layout: Layout) -> Sequence[int]:
    try:
        return find_columns(table, layout)
    except ColumnProblem as problem:
        remarks = f" ({'; '.join(lines.remarks)})" if lines.remarks else ""
        raise lines.error(table.line, f"{problem}{remarks}") from problem


def _example(lines, number, text, label):
    try:
        values = label_of(label), text_of(text)
    except ValueError as problem:
        raise lines.error(number, str(problem)) from problem
    return lines.example(number, *values)


def _needs_extra(path, kind, package):
    problem = f"{kind} is read with {package}, which is not installed"
    return UserError(f"{path}: {problem}; pip install {package}, or save the table as CSV")
