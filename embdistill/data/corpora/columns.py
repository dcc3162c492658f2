"""Which columns of a table hold the text and the label, and what to say where that cannot be told."""

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from embdistill.data.corpora.layout import Layout
from embdistill.data.corpora.table import Row

LOOKED_AT = 1000  # rows that a suggestion is made from
SHOWN = 100  # characters of the columns that an error shows
WORDS_OF_A_TEXT = 4  # in a header that is none


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
    if len(columns) < len(found):
        return f"{problem}; if its columns are separated by another character, name that with --delimiter"
    if table.names is not None and _looks_like_data(table, found):
        whole = Table(None, table.line, [Row(table.line, table.names, table.line), *table.rows])
        options = _options(whole, found, found)
        return f"{problem}; if this is no header but the first text, give --header false {options}"
    return f"{problem}; give {_options(table, found, missing)}"


def _shown(columns):
    shown = " ".join(", ".join(columns).split())
    return shown if len(shown) <= SHOWN else shown[:SHOWN].rstrip() + "..."


def _options(table, found, missing):
    """The options that would name the missing columns, guessed from what is in them."""
    guessed = guess(table, {what: place for what, place in found.items() if what not in missing})
    options = []
    for what in missing:
        place = guessed.get(what)
        name = what.upper() if place is None else str(place + 1)
        if place is not None and table.names is not None:
            own = table.names[place].strip()
            unique = own and sum(_plain(other) == _plain(own) for other in table.names) == 1
            name = shlex.quote(own) if unique and own.isprintable() else name
        options.append(f"--{what}-column {name}")
    return " ".join(options)


def guess(table: Table, known: dict[str, int]) -> dict[str, int]:
    """Where the text and the label may be: the longest fields, and those with the fewest different values."""
    width = len(table.names or table.rows[0].fields)
    columns = {}
    for place in set(range(width)) - set(known.values()):
        values = [str(fields[place]) for _, fields, _ in table.rows[:LOOKED_AT] if place < len(fields)]
        if any(value.strip() for value in values):
            columns[place] = values
    guessed = dict(known)
    if "text" not in known and columns:
        guessed["text"] = max(columns, key=lambda place: sum(map(len, columns[place])))
        del columns[guessed["text"]]
    different = {place: len(set(values)) for place, values in columns.items()}
    repeated = [place for place, values in columns.items() if different[place] < max(len(values), 3)]
    if "label" not in known and repeated:
        guessed["label"] = min(repeated, key=lambda place: (different[place] < 2, different[place], place))
    return guessed


def _looks_like_data(table, found):
    """Whether a header may be a row: its label is one of those below it, or its text has words as a text has."""
    if any(place is not None for place in found.values()) or not table.rows:
        return False
    guessed = guess(table, {})
    below = {str(fields[guessed["label"]]) for _, fields, _ in table.rows} if "label" in guessed else set()
    a_label = "label" in guessed and table.names[guessed["label"]] in below
    return a_label or ("text" in guessed and len(table.names[guessed["text"]].split()) >= WORDS_OF_A_TEXT)
