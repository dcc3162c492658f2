"""Tables with columns of answers added: written as they were where the file is CSV or TSV, else row by row."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Sequence

from embdistill.data.corpora.table import Row
from embdistill.data.corpora.unlabelled import Unlabelled
from embdistill.data.encoding import MARKS, decode
from embdistill.errors import UserError

PREFIX = "predicted_"  # before the names of the new columns, where the table has one of them
KINDS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"}
UTF8_MARK = "\ufeff"

Ranked = list[tuple[str, float]]  # the labels of a text with their probabilities, the most probable first


def kind_of_table(path: str) -> str | None:
    """What a table of this name is written as: "csv", "tsv", "jsonl", "json"; None for the name of no table.

    UserError for kinds of tables that are not written.
    """
    ending = re.search(r"(\.[^./\\]*)?$", path)[0].lower()
    if ending in (".xlsx", ".xls", ".parquet", ".gz", ".bz2", ".xz", ".zip"):
        raise UserError(f"{path}: no file of this kind is written; name it .csv, .tsv or .jsonl")
    return KINDS.get(ending)


def added_names(path: str, names: Sequence[str], top: int) -> tuple[list[str], str | None]:
    """The columns that are added for `top` labels, label, probability, label_2, probability_2, ...; and a note or None.

    If the table has one of that name, theirs begin with `predicted_`, which the note says. UserError if it has one of
    those too.
    """
    taken = {name.strip().casefold(): name.strip() for name in names}
    suffixes = ["", *(f"_{i}" for i in range(2, top + 1))]
    plain = [name + suffix for suffix in suffixes for name in ("label", "probability")]
    prefixed = [PREFIX + name for name in plain]
    if taken.keys().isdisjoint(plain):
        return plain, None
    if there := [taken[name] for name in prefixed if name in taken]:
        raise UserError(f"{path}: has the column {there[0]} already; rename or remove it")
    there = next(taken[name] for name in plain if name in taken)
    return prefixed, f"{path}: has the column {there} already; the answers are in {', '.join(prefixed[:2])}"


def with_answers(source: Unlabelled, added: list[str], answers: Iterable[Ranked], kind: str) -> Iterator[str]:
    """The text of a table with answers, as a file of the kind, in pieces.

    CSV that is written as CSV, or TSV as TSV, stays as it is, with fields behind the last one of each row. A byte order
    mark is there if one was. added: the names of the new columns. answers: to each row in turn.
    """
    lines, (names, _, rows), _, delimiter = source
    if lines.content.startswith((codecs.BOM_UTF8, *MARKS)):
        yield UTF8_MARK
    if delimiter and kind == ("tsv" if delimiter == "\t" else "csv"):
        yield _copied(source, added, answers)
        return
    width = len(names or (rows[0].fields if rows else ()))
    fields = (row.fields if isinstance(row.fields, dict) else row.fields[:width] for row in rows)
    yield from written(names, added, zip(fields, answers, strict=True), kind, lines.path)


def _copied(source, added, answers):
    lines, (names, line, rows), _, delimiter = source
    text = decode(lines.content, lines.path).text
    cr_ends_lines = text.count("\n") != lines.text.count("\n")
    pieces = re.split(r"(\r\n?|\n)" if cr_ends_lines else r"(\r?\n|\r\Z)", text)  # lines and, between them, their ends
    width = len(names or (rows[0].fields if rows else ()))
    if names:
        _append(pieces, Row(line, names, line + sum(name.count("\n") for name in names)), width, added, delimiter)
    for row, ranked in zip(rows, answers, strict=True):
        _append(pieces, row, width, _cells(ranked), delimiter)
    return "".join(pieces)


def _append(pieces, row, width, cells, delimiter):
    """Put cells behind the first `width` fields of a row; any fields there are empty.

    A label has no tab and no line end, and is not quoted in TSV, where quotation marks may be plain text.
    """
    at = 2 * (row.last - 1)
    fields = pieces[at]
    if more := len(row.fields) - width:
        fields = re.sub(rf'(?:{re.escape(delimiter)}(?:"")?){{{more}}}\Z', "", fields)
    pieces[at] = delimiter.join([fields, *(cell if delimiter == "\t" else _quoted(cell, delimiter) for cell in cells)])


def _quoted(cell, delimiter):
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in (delimiter, '"', "\n", "\r")) else cell


def written(names, added: list[str], answered: Iterable[tuple], kind: str, path: str) -> Iterator[str]:
    """The text of a file of the kind, in pieces, row by row.

    names: of the columns, or None. answered: the fields of each row, a list or a dict by name, and its answer. path: of
    the input, for messages.
    """
    if kind in ("csv", "tsv"):
        return _delimited(names, added, answered, "\t" if kind == "tsv" else ",")
    if names is None:
        raise UserError(f"{path}: has no header, so that there are no keys for JSON; write CSV or TSV")
    if len(set(names)) < len(names):
        raise UserError(f"{path}: two columns have the same name, which JSON cannot have; write CSV or TSV")
    records = (_record(names, added, *row) for row in answered)
    return _array(records) if kind == "json" else (record + "\n" for record in records)


def _delimited(names, added, answered, delimiter):
    def line(cells):
        return delimiter.join([_quoted(cell, delimiter) for cell in cells]) + "\n"

    if names:
        yield line([*names, *added])
    for row, ranked in answered:
        fields = [row.get(name) for name in names] if isinstance(row, dict) else row
        yield line([*map(_cell, fields), *_cells(ranked)])


def _array(records):
    opening = "[\n"
    for record in records:
        yield opening + record
        opening = ",\n"
    yield "[]\n" if opening == "[\n" else "\n]\n"


def _record(names, added, row, ranked):
    record = dict(row) if isinstance(row, dict) else dict(zip(names, row, strict=True))
    values = (value for label, probability in ranked for value in (label, round(probability, 6)))
    return _dumped(record | dict(zip(added, values, strict=True)))


def _dumped(value):
    text = json.dumps(value, ensure_ascii=False, default=str)
    # A lone surrogate is no text, but JSON can hold it.
    return json.dumps(value, default=str) if re.search("[\ud800-\udfff]", text) else text


def _cell(value):
    """A value as a field: text as it is, objects and lists as JSON, what is absent as nothing."""
    if value is None or isinstance(value, str):
        return value or ""
    return _dumped(value) if isinstance(value, (list, dict, bool, int, float)) else str(value)


def _cells(ranked):
    return [cell for label, probability in ranked for cell in (label, f"{probability:.6f}")]
