"""JSON Lines: an object a line, with `text` and `label`."""

import json
from collections.abc import Iterator

from embdistill.data.corpora.lines import Example, Lines


def read(lines: Lines) -> Iterator[Example]:
    for number, line in lines:
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise lines.error(number, f"not JSON ({error.msg}); write one object a line") from error
        except (ValueError, RecursionError) as error:
            raise lines.error(number, "a number too long or brackets too deep for Python; shorten the line") from error
        if not isinstance(record, dict) or not isinstance(record.get("text"), str):
            raise lines.error(number, 'no "text" string in the object; write {"text": ..., "label": ...}')
        label = record.get("label")
        if isinstance(label, bool) or not isinstance(label, (str, int)):
            raise lines.error(number, 'no "label" string or whole number in the object; add it')
        yield lines.example(number, str(label), record["text"])
