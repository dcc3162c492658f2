"""Tables of texts without labels, read with all that is in them, so that they can be written with the answers."""

from collections.abc import Iterator
from typing import NamedTuple

from embdistill.data.corpora.cells import text_of
from embdistill.data.corpora.columns import LOOKED_AT, ColumnProblem, Table, find_columns
from embdistill.data.corpora.delimited import BLANK_ROW, read_table, recognised
from embdistill.data.corpora.formats import FORMATS
from embdistill.data.corpora.json_objects import objects
from embdistill.data.corpora.kinds import kind_of
from embdistill.data.corpora.layout import DEFAULT_LAYOUT, Layout
from embdistill.data.corpora.lines import Lines
from embdistill.data.corpora.recognition import unpacked_name
from embdistill.data.corpora.table import Row
from embdistill.data.corpora.typed_tables import excel_table, parquet_table
from embdistill.errors import UserError

USUAL = {"csv": ",", "tsv": "\t"}
EMPTY = Table(None, 1, [])


class Unlabelled(NamedTuple):
    """A table in the lines of a file. The fields of a row are a list, or a dict where the file has JSON objects.

    text: the position of the column of texts, or its key. delimiter: of the fields, None where there is none.
    """

    lines: Lines
    table: Table
    text: int | str
    delimiter: str | None

    def texts(self) -> Iterator[tuple[int, str]]:
        """(line, text) of each row; UserError for a text that is none."""
        for line, fields, _ in self.table.rows:
            if isinstance(fields, dict) and self.text not in fields:
                raise self.lines.error(line, f'no "{self.text}" in the object; add it')
            try:
                yield line, text_of(fields[self.text])
            except ValueError as problem:
                raise self.lines.error(line, str(problem)) from problem

    def notes(self) -> list[str]:
        """What the user should know of how it was read."""
        counts = [f"{what}: {count}" for what, count in self.lines.counts.items() if count]
        return [f"{self.lines.path}: {note}" for note in [*self.lines.remarks, *counts]]


def read_unlabelled(lines: Lines, layout: Layout, recorded: Layout = DEFAULT_LAYOUT) -> Unlabelled:
    """The table in a file; UserError if there is none, or no column of texts. recorded: as of read_corpus."""
    format = kind_of(lines) or _format(lines, layout)
    for name in layout.given():
        if name not in FORMATS[format].options:
            raise UserError(f"{lines.path}: --{name.replace('_', '-')} does not go with the format {format}; omit it")
    layout, remark = layout.completed(recorded, set(FORMATS[format].options) - {"label_column"})
    lines.remarks.extend([remark] if remark else [])
    if format in USUAL:
        return _delimited(lines, layout, USUAL[format])
    if format == "jsonl":
        return _objects(lines, layout)
    table = parquet_table(lines) if format == "parquet" else excel_table(lines, layout) or EMPTY
    return Unlabelled(lines, table, _place(lines, table, layout), None)


def _format(lines, layout):
    """The format of a table in text, by its name or, where that does not tell, by its first line."""
    name, (_, first) = unpacked_name(lines.path).lower(), lines.first()
    for format in (*USUAL, "jsonl"):
        if name.endswith(FORMATS[format].endings):
            return format
    options = FORMATS["jsonl"].options
    if name.endswith(".json") or (first.lstrip().startswith(("{", "[")) and set(layout.given()) <= set(options)):
        return "jsonl"
    return recognised(first, layout) or "csv"


def _delimited(lines, layout, usual):
    if not lines.first(BLANK_ROW)[1]:
        return Unlabelled(lines, EMPTY, 0, None)
    table, (text,), delimiter = read_table(lines, layout, usual, ("text",))
    return Unlabelled(lines, table, text, delimiter)


def _objects(lines, layout):
    """JSON objects; the names of the table are their keys in the order in which they first occur."""
    rows = [Row(line, record, line) for line, record in objects(lines)]
    names = list(dict.fromkeys(name for row in rows for name in row.fields))
    looked_at = [row._replace(fields=[row.fields.get(name) for name in names]) for row in rows[:LOOKED_AT]]
    line = rows[0].line if rows else 1
    text = _place(lines, Table(names, line, looked_at), layout)
    return Unlabelled(lines, Table(names, line, rows), names[text] if names else "text", None)


def _place(lines, table, layout):
    if table.names is None and not table.rows:
        return 0
    try:
        return find_columns(table, layout, ("text",))[0]
    except ColumnProblem as problem:
        raise lines.error(table.line, str(problem)) from problem
