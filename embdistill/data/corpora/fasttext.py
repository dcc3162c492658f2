"""fastText's `__label__x text`, one label a line."""

import re
from collections.abc import Iterator

from embdistill.data.corpora.lines import Example, Lines


def read(lines: Lines) -> Iterator[Example]:
    for number, line in lines:
        label, text = re.match(r"([^ \t]*)[ \t]?(.*)", line.strip(" \t"), re.DOTALL).groups()
        if not label.startswith("__label__") or label == "__label__":
            raise lines.error(number, "no label; begin the line with __label__ and the name of the class")
        if re.search(r"(^|[ \t])__label__", text):
            raise lines.error(number, "more than one label; keep one")
        yield lines.example(number, label.removeprefix("__label__"), text)
