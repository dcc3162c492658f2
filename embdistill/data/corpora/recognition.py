"""Telling the format of a labelled file: by what it is, by its name, by its first line."""

import contextlib
import os
import re
import zipfile
from pathlib import Path

from embdistill.data.corpora import delimited, polarity
from embdistill.data.corpora.formats import FORMATS
from embdistill.data.corpora.kinds import kind_of, open_lines
from embdistill.data.corpora.layout import DEFAULT_LAYOUT, Layout
from embdistill.data.corpora.lines import Lines
from embdistill.errors import UserError

PACKED = (".gz", ".bz2", ".xz")  # endings that come behind that of the format


def recognise(path: str | Path, layout: Layout = DEFAULT_LAYOUT) -> str:
    """The format of a labelled file; UserError if nothing tells it, or the file is none."""
    path = str(path)
    return by_path(path) or by_content(open_lines(path), layout)


def by_path(path: str) -> str | None:
    """The format of what is more than one file, a pair or a folder; None for a single file."""
    if polarity.is_pair(path):
        return "polarity"
    return "folder" if os.path.isdir(path) else None


def by_content(lines: Lines, layout: Layout) -> str:
    """The format of a file by its first bytes, its name, or its first line; UserError if none of them tells."""
    if kind := kind_of(lines):
        return kind
    ending = Path(unpacked_name(lines.path)).suffix.lower()
    for format, facts in FORMATS.items():
        if ending in facts.endings:
            return format
    number, first = lines.first()
    if not first:
        raise no_examples(lines.path)
    if found := _by_line(first, layout):
        return found
    fix = "for a table, name its columns with --text-column and --label-column; else the format with --format "
    raise lines.error(number, f"cannot tell the format from this line; {fix}{'|'.join(FORMATS)}")


def unpacked_name(path):
    """The name of a file without the ending of its packing, or that of the only file in a zip."""
    if Path(path).suffix.lower() == ".zip":
        with contextlib.suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
            return next((name for name in archive.namelist() if Path(name).suffix), path)
    return path[: -len(Path(path).suffix)] if Path(path).suffix.lower() in PACKED else path


def _by_line(line, layout):
    """The format that a first line tells; options for a table mean that it is one, or JSON."""
    for format, facts in FORMATS.items():
        takes_options = all(name in facts.options for name in layout.given())
        if takes_options and facts.first_line and re.match(facts.first_line, line):
            return format
    return delimited.recognised(line, layout)


def no_examples(path: str) -> UserError:
    """The error for a file without a labelled text."""
    return UserError(f"{path}: no examples in it; give a file with at least one labelled text")
