"""From the bytes of a labelled file to its lines, and from a line to an Example."""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from embdistill.errors import UserError, located, reading

LATIN_1 = "embdistill.latin-1"  # name of the error handler below
codecs.register_error(LATIN_1, lambda error: (chr(error.object[error.start]), error.start + 1))


class Example(NamedTuple):
    """A labelled text, and the file and line it came from, for error messages."""

    label: str
    text: str
    path: str
    line: int


class Lines:
    """A file as (line number, text) pairs; blank lines are skipped and counted.

    Lines end at LF or CRLF and nowhere else: NEL and the other separators of Unicode stay inside their line. Bytes that
    are not UTF-8 are read as Latin-1, as the tokenizer does, and their lines counted.
    """

    def __init__(self, path: str, counts: Counter):
        """Reads the file. counts: where lines that are skipped or read as Latin-1 are counted, by what was done.

        UserError if the file cannot be read.
        """
        self.path = path
        self.counts = counts
        with reading(path):
            self.content = Path(path).read_bytes()

    def numbered(self) -> Iterator[tuple[int, str]]:
        """Every line, blank ones too, without its line end; what follows the last line end counts if not empty."""
        lines = self.content.removeprefix(codecs.BOM_UTF8).split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        for number, line in enumerate(lines, 1):
            line = line.removesuffix(b"\r")
            try:
                yield number, line.decode()
            except UnicodeDecodeError:
                self.counts["lines not all in UTF-8, the rest read as Latin-1"] += 1
                yield number, line.decode(errors=LATIN_1)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        for number, line in self.numbered():
            if line.strip(" \t"):
                yield number, line
            else:
                self.counts["blank lines left out"] += 1

    def error(self, number: int, problem: str) -> UserError:
        """The error to raise for a line."""
        return UserError(located(self.path, number, problem))

    def example(self, number: int, label: str, text: str) -> Example:
        """An example; UserError for a label that would not fit in a list of labels or a line of output."""
        if not label.strip():
            raise self.error(number, "the label is empty; fill it in or remove the line")
        if re.search("[\t\r\n\ud800-\udfff]", label):
            problem = f"the label {label!a} has a tab, a line end or a lone surrogate in it; remove that"
            raise self.error(number, problem)
        return Example(label, text, self.path, number)
