"""A pair of files, NAME.pos and NAME.neg, a text a line (Pang & Lee 2005)."""

import os.path
from collections import Counter
from collections.abc import Iterator

from embdistill.data.corpora.lines import Example, Lines
from embdistill.errors import UserError


def is_pair(path: str) -> bool:
    """Whether a path names a pair: by one of its files, or as NAME where no file has that name."""
    return path.endswith((".pos", ".neg")) or (not os.path.exists(path) and all(map(os.path.isfile, pair(path))))


def files(path: str, counts: Counter) -> list[str]:
    """The two files of NAME.pos, NAME.neg or NAME; UserError if one of them is missing."""
    both = pair(path)
    for file in both:
        if not os.path.isfile(file):
            raise UserError(f"{file}: no such file; format polarity is a pair of files, NAME.pos and NAME.neg")
    return both


def pair(path: str) -> list[str]:
    """The names that the two files have, if they are there."""
    name = path[:-4] if path.endswith((".pos", ".neg")) else path
    return [f"{name}.pos", f"{name}.neg"]


def read(lines: Lines) -> Iterator[Example]:
    label = "positive" if lines.path.endswith(".pos") else "negative"
    for number, line in lines:
        yield lines.example(number, label, line)
