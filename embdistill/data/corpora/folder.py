"""A folder with a subfolder for each class, a text a file."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from embdistill.data.corpora.lines import Example, Lines
from embdistill.errors import UserError, reading


def files(path: str, counts: Counter) -> list[str]:
    """The files of the subfolders, class by class; what is not one is counted. UserError if there is no subfolder."""
    found, classes = [], 0
    for entry in _entries(path):
        if not entry.is_dir() or entry.name.startswith("."):
            counts["files beside the folders of the classes left out"] += 1
            continue
        classes += 1
        for inside in _entries(entry.path):
            if inside.is_file() and not inside.name.startswith("."):
                found.append(inside.path)
            else:
                counts["hidden files and folders in those of the classes left out"] += 1
    if not classes:
        raise UserError(f"{path}: a folder without subfolders; {_fix(path)}")
    return found


def _fix(path):
    """What to do with a folder that has no subfolders."""
    for entry in _entries(path):
        if entry.name.endswith(".pos"):  # polarity.py
            return f"give the pair of files, as {entry.path}"
    return "put the texts of each class in a subfolder of its name"


def _entries(path):
    with reading(path), os.scandir(path) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def read(lines: Lines) -> Iterator[Example]:
    """The one text of a file."""
    yield lines.example(1, Path(lines.path).parent.name, lines.text.removesuffix("\n"))
