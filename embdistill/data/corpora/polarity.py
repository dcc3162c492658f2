"""A pair of files, NAME.pos and NAME.neg, a text a line (Pang & Lee 2005)."""

from collections.abc import Iterator
from pathlib import Path

from embdistill.data.corpora.lines import Example, Lines
from embdistill.errors import UserError

LABELS = {".pos": "positive", ".neg": "negative"}


def is_pair(path: str) -> bool:
    """Whether a path names a pair: by one of its files, or as NAME where no file has that name."""
    if path.endswith(tuple(LABELS)):
        return True
    return not Path(path).exists() and all(Path(file).is_file() for file in _pair(path))


def files(path: str) -> list[str]:
    """The two files of NAME.pos, NAME.neg or NAME; UserError if one of them is missing."""
    pair = _pair(path)
    for file in pair:
        if not Path(file).is_file():
            raise UserError(f"{file}: no such file; format polarity is a pair of files, NAME.pos and NAME.neg")
    return pair


def _pair(path):
    name = path[:-4] if path.endswith(tuple(LABELS)) else path
    return [name + ending for ending in LABELS]


def read(lines: Lines) -> Iterator[Example]:
    for number, line in lines:
        yield lines.example(number, LABELS[lines.path[-4:]], line)
