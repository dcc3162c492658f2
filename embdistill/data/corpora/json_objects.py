"""JSON: objects with a text and a label, one a line (JSON Lines), one after the other, or in one array."""

import json
import re
from collections.abc import Iterator

from embdistill.data.corpora.cells import label_of, text_of
from embdistill.data.corpora.columns import LOOKED_AT, ColumnProblem, Table, find_columns
from embdistill.data.corpora.layout import Layout
from embdistill.data.corpora.lines import Example, Lines
from embdistill.data.corpora.table import Row

_SPACE = re.compile(r"[ \t\r\n]*")


def read(lines: Lines, layout: Layout) -> Iterator[Example]:
    found = list(objects(lines))
    if not found:
        return
    number = found[0][0]
    names = list(dict.fromkeys(name for _, record in found[:LOOKED_AT] for name in record))
    rows = [Row(line, [record.get(name) for name in names], line) for line, record in found[:LOOKED_AT]]
    inside = [
        name for name, value in found[0][1].items() if isinstance(value, list) and value and isinstance(value[0], dict)
    ]
    if len(found) == 1 and inside:
        raise lines.error(number, f"one object, with others in {json.dumps(inside[0])}; give that array alone")
    try:
        text, label = (names[place] for place in find_columns(Table(names, number, rows), layout))
    except ColumnProblem as problem:
        raise lines.error(number, str(problem)) from problem
    for number, record in found:
        for key in (text, label):
            if key not in record:
                raise lines.error(number, f"no {json.dumps(key)} in the object; add it")
        try:
            found_text, found_label = text_of(record[text]), label_of(record[label])
        except ValueError as problem:
            raise lines.error(number, str(problem)) from problem
        yield lines.example(number, found_label, found_text)


def objects(lines: Lines) -> Iterator[tuple[int, dict]]:
    """(number of its first line, object) each; UserError for what is not JSON, or no object."""
    number, first = lines.first()
    if first.lstrip().startswith("["):
        values = _array(lines, number)
    elif _is_json(first):
        values = ((number, _parsed(lines, number, line)) for number, line in lines)
    else:
        values = _stream(lines)
    for number, value in values:
        if not isinstance(value, dict):
            raise lines.error(number, 'not an object; write {"text": ..., "label": ...}')
        yield number, value


def _is_json(line):
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _parsed(lines, number, line):
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise lines.error(number, f"not JSON ({error.msg}); write one object a line") from error
    except (ValueError, RecursionError) as error:
        raise _too_long(lines, number) from error


def _stream(lines):
    """Objects one after the other, each of one line or several."""
    position, number, text = 0, 1, lines.text
    position, number = _behind_space(text, position, number)
    while position < len(text):
        value, end, last = _next(lines, position, number)
        yield number, value
        position, number = _behind_space(text, end, last)


def _array(lines, number):
    text = lines.text
    position, number = _behind_space(text, text.index("[") + 1, number)
    closed = text.startswith("]", position)
    while not closed:
        value, end, last = _next(lines, position, number)
        yield number, value
        position, number = _behind_space(text, end, last)
        closed = text.startswith("]", position)
        if not closed and not text.startswith(",", position):
            raise lines.error(number, "not a JSON array (no comma or ] behind a value); the file may be cut off")
        if not closed:
            position, number = _behind_space(text, position + 1, number)
    position, number = _behind_space(text, position + 1, number)
    if position < len(text):
        raise lines.error(number, "there is more behind the JSON array; give one array, or an object a line")


def _next(lines, position, number):
    """The JSON value that begins at a position, where it ends, and the line of its end."""
    try:
        value, end = _DECODER.raw_decode(lines.text, position)
    except json.JSONDecodeError as error:
        number += lines.text.count("\n", position, error.pos)
        raise lines.error(number, f"not JSON ({error.msg}); write an object for each text") from error
    except (ValueError, RecursionError) as error:
        raise _too_long(lines, number) from error
    return value, end, number + lines.text.count("\n", position, end)


_DECODER = json.JSONDecoder()


def _behind_space(text, position, number):
    end = _SPACE.match(text, position).end()
    return end, number + text.count("\n", position, end)


def _too_long(lines, number):
    return lines.error(number, "a number too long or brackets too deep for Python; shorten the line")
