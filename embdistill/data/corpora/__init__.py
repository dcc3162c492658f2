"""Labelled texts: a file for each family of formats, and the list of formats. See docs/formats.md."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from embdistill.data.corpora import delimited, fasttext, json_lines, polarity, semeval, trec, trees
from embdistill.data.corpora.lines import Example, Lines
from embdistill.errors import UserError


class Format(NamedTuple):
    """A format of labelled files: how it is read, and what tells it from the others."""

    read: Callable[[Lines], Iterator[Example]]
    first_line: str | None = None  # pattern of the first line that is not blank; the first format that matches is taken
    endings: tuple[str, ...] = ()  # of file names, in lower case; they are looked at before the first line
    files: Callable[[str], list[str]] = lambda path: [path]  # the files that a path stands for


FORMATS = {
    "trec": Format(trec.read, r"[A-Z]+:[^\s:]+([ \t]|$)"),
    "sst5": Format(trees.read_sst5, r"\s*\([0-4] ?\(?"),
    "sst2": Format(trees.read_sst2),
    "sst5-phrases": Format(trees.read_sst5_phrases),
    "sst2-phrases": Format(trees.read_sst2_phrases),
    "polarity": Format(polarity.read, files=polarity.files),
    "semeval": Format(semeval.read, r'[0-9]+\t"'),
    "fasttext": Format(fasttext.read, r"__label__\S"),
    "csv": Format(partial(delimited.read, delimiter=","), endings=(".csv",)),
    "tsv": Format(partial(delimited.read, delimiter="\t"), endings=(".tsv",)),
    "jsonl": Format(json_lines.read, r"\s*\{", (".jsonl", ".ndjson")),
}


@dataclass
class Corpus:
    """What one labelled file holds.

    counts: what was skipped or read in another way, for example {"blank lines left out": 1}.
    digest: SHA-256 of the bytes of the file or files, hexadecimal.
    """

    path: str
    format: str
    examples: list[Example] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    digest: str = ""

    @property
    def notes(self) -> list[str]:
        """The counts as lines for the user."""
        return [f"{self.path}: {count} {what}" for what, count in self.counts.items()]


def read_corpus(path: str | Path, format: str = "auto") -> Corpus:
    """Read a labelled file; `format` is a key of FORMATS, or "auto" to recognise it.

    Raises UserError for a file that cannot be read, holds no example, or has a line that does not fit the format.
    """
    path = str(path)
    if format == "auto":
        format = recognise(path)
    if format not in FORMATS:
        raise UserError(f"--format: unknown format {format!r}; use auto or one of {', '.join(FORMATS)}")
    corpus = Corpus(path, format)
    digest = hashlib.sha256()
    for file in FORMATS[format].files(path):
        lines = Lines(file, corpus.counts)
        digest.update(lines.content)
        corpus.examples.extend(FORMATS[format].read(lines))
    corpus.digest = digest.hexdigest()
    if not corpus.examples:
        raise _empty(path)
    return corpus


def recognise(path: str | Path) -> str:
    """The format of a labelled file by its name, else by its first line; UserError if neither tells."""
    path = str(path)
    if polarity.is_pair(path):
        return "polarity"
    for name, format in FORMATS.items():
        if Path(path).suffix.lower() in format.endings:
            return name
    number, first = next(iter(Lines(path, Counter())), (1, ""))
    for name, format in FORMATS.items():
        if format.first_line and re.match(format.first_line, first):
            return name
    if not first:
        raise _empty(path)
    choices = "|".join(FORMATS)
    raise UserError(f"{path}:{number}: cannot tell the format from this line; name it with --format {choices}")


def _empty(path):
    return UserError(f"{path}: no examples in it; give a file with at least one labelled text")
