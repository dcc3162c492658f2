"""TREC questions, `COARSE:fine text` (Li & Roth 2002); the label is the coarse class."""

import re
from collections.abc import Iterator

from embdistill.data.corpora.lines import Example, Lines


def read(lines: Lines) -> Iterator[Example]:
    for number, line in lines:
        match = re.match(r"([^\s:]+):([^\s:]+)(?:[ \t]+(.*))?$", line, re.DOTALL)
        if not match:
            raise lines.error(number, "not a TREC line; write it as COARSE:fine text")
        yield lines.example(number, match[1], match[3] or "")
