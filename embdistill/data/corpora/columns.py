"""Which columns of a table hold the text and the label, and what to say where that cannot be told."""

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from embdistill.data.corpora.layout import Layout
from embdistill.data.corpora.lines import Lines
from embdistill.data.corpora.table import Row

LOOKED_AT = 1000  # rows that a suggestion is made from
SHOWN = 100  # characters of the columns that an error shows
WORDS_OF_A_TEXT = 4  # in a header that may be none
CANDIDATES = 4  # columns that are shown where the labels may be in several
NAMES_OF_LABELS = set(
    "label labels class classes category categories categoria categoría catégorie kategorie klasse target tag topic "
    "intent sentiment emotion polarity rating score stars".split()
)


class Table(NamedTuple):
    """A table of any format: the names of its columns (None: without a header), and its rows.

    line: number of the header, or of the first row.
    """

    names: list[str] | None
    line: int
    rows: list[Row]


class ColumnProblem(ValueError):
    """A column that cannot be told: the problem and the fix, without file and line."""


def find_columns(table: Table, layout: Layout, wanted: Sequence[str] = ("text", "label")) -> list[int]:
    """The positions, from 0, of the columns for each of `wanted`, "text" and "label"; ColumnProblem for one missing."""
    width = len(table.names or (table.rows[0].fields if table.rows else ()))
    found = {what: position(what, layout, table.names or [], width) for what in wanted}
    if not all(place is not None for place in found.values()):
        raise ColumnProblem(_problem(table, layout, found))
    if len(set(found.values())) < len(found):
        raise ColumnProblem("--text-column and --label-column name the same column; name two")
    return list(found.values())


def is_header(names: Sequence[str], fields: Sequence[str]) -> bool:
    """Whether a row is its header again, of more than one column, as in files that were put together."""
    if len(names) < 2 or _plain(fields[-1]) != _plain(names[-1]):  # nearly all rows
        return False
    return list(map(_plain, fields)) == list(map(_plain, names))


def count_nameless(lines: Lines, table: Table) -> None:
    """Count the rows that go on in columns without a name, as where a text was cut at its commas."""
    nameless = [place for place, name in enumerate(table.names or []) if not name.strip()]
    if nameless:
        lines.counts["rows with something in columns without a name, which is not read"] += sum(
            any(str(row.fields[place] or "").strip() for place in nameless if place < len(row.fields))
            for row in table.rows
        )


def position(what: str, layout: Layout, names: Sequence[str], width: int) -> int | None:
    """The position, from 0, of the column of "text" or "label", by its name, else by its number from 1; or None.

    Names are compared without case and outer spaces; where several are then the same, the very name counts, and
    ColumnProblem is raised if that does not tell either.
    """
    wanted = layout.wanted(what)
    same = [i for i, name in enumerate(names) if _plain(name) == _plain(wanted)]
    if len(same) > 1:
        exact = [i for i in same if names[i] == wanted]
        same = exact if len(exact) == 1 else same
    if len(same) > 1:
        places = " and ".join(str(i + 1) for i in same)
        fix = f"give the number of one, as in --{what}-column {same[0] + 1}"
        raise ColumnProblem(f"columns {places} are all named {wanted}; {fix}")
    if same:
        return same[0]
    number = int(wanted) if wanted.strip().isdecimal() and len(wanted) < 9 else 0
    return number - 1 if 1 <= number <= width else None


def _plain(name):
    return name.strip().strip("\ufeff").strip().casefold()  # files put together have their marks inside


def _problem(table, layout, found):
    missing = [what for what, place in found.items() if place is None]
    asked = " and no column ".join(f"`{layout.wanted(what)}`" for what in missing)
    if table.names is not None:
        columns = [name.strip() for name in table.names]
        problem = f"no column {asked} among {_shown(filter(None, columns))}"
    else:
        columns = [str(field).strip() for field in table.rows[0].fields] if table.rows else []
        problem = f"no column {asked} in {_shown(f'{i}: {field}' for i, field in enumerate(columns, 1))}"
    if header := _header_below(table):
        return f"{problem}; its header seems to be in line {header}: remove the lines above it"
    if len(columns) < len(found):
        return f"{problem}; if its columns are separated by another character, name that with --delimiter"
    if table.names is not None and not any(place is not None for place in found.values()) and table.rows:
        whole = Table(None, table.line, [Row(table.line, table.names, table.line), *table.rows])
        if _label_is_below(table):
            options = _options(whole, found, found)
            return f"{problem}; if this is no header but the first text, give --header false {options}"
        if _text_is_long(table):  # a question as the name of a column, or a text
            options = _options(whole, found, found)
            return f"{problem}; give {options}; and --header false if this is no header but the first text"
    return f"{problem}; give {_options(table, found, missing)}"


def _header_below(table):
    """The line below a title that stands alone in its row, where that may be the header; or None."""
    if table.names is None or not table.rows or len(table.names) < 2:
        return None
    alone = sum(bool(name.strip()) for name in table.names) == 1
    below = sum(bool(str(field or "").strip()) for field in table.rows[0].fields)
    return table.rows[0].line if alone and below > 1 else None


def _shown(columns):
    shown = " ".join(", ".join(columns).split())
    return shown if len(shown) <= SHOWN else shown[:SHOWN].rstrip() + "..."


def _options(table, found, missing):
    """The options that would name the missing columns, guessed from what is in them; several columns of labels are all
    shown, for the user to choose."""
    guessed = guess(table, {what: place for what, place in found.items() if what not in missing})
    options = []
    for what in missing:
        names = [_option_value(table, place) for place in guessed.get(what, [])] or [what.upper()]
        options.append(f"--{what}-column {' or '.join(names[:CANDIDATES])}")
    return " ".join(options)


def _option_value(table, place):
    """The name of a column as a word of a command, or its number where the name does not tell."""
    own = "" if table.names is None else table.names[place].strip()
    unique = own and sum(_plain(other) == _plain(own) for other in table.names) == 1
    return shlex.quote(own) if unique and own.isprintable() else str(place + 1)


def guess(table: Table, known: dict[str, int]) -> dict[str, list[int]]:
    """Where the text and the label may be, as positions: of the longest fields; and of fields that repeat and differ,
    the one that is named as labels are, or else all, those with the fewest different values first."""
    width = len(table.names or table.rows[0].fields)
    columns = {}
    for place in set(range(width)) - set(known.values()):
        values = [str(fields[place]) for _, fields, _ in table.rows[:LOOKED_AT] if place < len(fields)]
        if any(value.strip() for value in values):
            columns[place] = values
    guessed = {what: [place] for what, place in known.items()}
    if "text" not in known and columns:
        text = max(columns, key=lambda place: sum(map(len, columns[place])))
        guessed["text"] = [text]
        del columns[text]
    different = {place: len(set(values)) for place, values in columns.items()}
    repeated = [place for place, values in columns.items() if different[place] < max(len(values), 3)]
    repeated = [place for place in repeated if different[place] > 1] or repeated
    named = [place for place in repeated if table.names and _plain(table.names[place]) in NAMES_OF_LABELS]
    if "label" not in known and repeated:
        guessed["label"] = named if len(named) == 1 else sorted(repeated, key=lambda place: (different[place], place))
    return guessed


def _label_is_below(table):
    """Whether a header may be a row, as its label is one of those below it."""
    places = guess(table, {}).get("label", [])
    return any(table.names[place] in {str(fields[place]) for _, fields, _ in table.rows} for place in places)


def _text_is_long(table):
    """Whether a header may be a row, as its text has words as a text has."""
    places = guess(table, {}).get("text", [])
    return any(len(table.names[place].split()) >= WORDS_OF_A_TEXT for place in places)
