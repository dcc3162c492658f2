"""From a labelled file to its lines, and from a line to an Example."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from embdistill.data.encoding import NOT_UTF8, decode
from embdistill.data.unpack import open_unpacked
from embdistill.errors import UserError, located, reading

LARGEST = 2 << 30  # bytes of a file, unpacked; it is held in memory, and packed files may unpack to any size
BLOCK = 1 << 20
BLANK = "blank lines left out"
_UNFIT = re.compile("[\t\r\n\ud800-\udfff]")  # in a label


def label_problem(label: str) -> str | None:
    """Why a label would not fit in a list of labels or a line of output, and what to do; None if it fits."""
    if not label.strip():
        return "the label is empty; fill it in or remove the line"
    if _UNFIT.search(label):
        return f"the label {label!a} has a tab, a line end or a lone surrogate in it; remove that"
    return None


class Example(NamedTuple):
    """A labelled text, and the file and line it came from, for error messages."""

    label: str
    text: str
    path: str
    line: int | None


class Lines:
    """A file as (line number, text) pairs; blank lines are skipped and counted.

    Lines end at LF or CRLF and nowhere else: NEL and the other separators of Unicode stay inside their line. Only where
    CRs alone outnumber LFs, as in files of old Macintoshes, does CR alone end a line too.

    content: the bytes of the file, unpacked. digest: SHA-256 of the file as it is, hexadecimal.
    counts: what was skipped or read in another way. remarks: what else the user should know of how it was read.
    """

    def __init__(self, path: str, content: bytes, digest: str):
        self.path = path
        self.content = content
        self.digest = digest
        self.counts = Counter()
        self.remarks = []

    @cached_property
    def text(self) -> str:
        """The decoded text, every line end a LF. UserError for bytes that are no text."""
        text, encoding, other_lines = decoded = decode(self.content, self.path)
        if other_lines:
            self.counts[NOT_UTF8] += other_lines
        elif encoding != "UTF-8":
            self.remarks.append(decoded.note)
        text = text.replace("\r\n", "\n")
        if text.count("\r") > text.count("\n"):
            self.remarks.append("its lines end at CR alone")
            text = text.replace("\r", "\n")
        return text.removesuffix("\r")

    def numbered(self) -> Iterator[tuple[int, str]]:
        """Every line, blank ones too, without its line end; what follows the last line end counts if not empty."""
        lines = self.text.split("\n")
        if lines[-1] == "":
            lines.pop()
        return enumerate(lines, 1)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        for number, line in self.numbered():
            if line.strip(" \t"):
                yield number, line
            else:
                self.counts[BLANK] += 1

    def first(self, blank: str = " \t") -> tuple[int, str]:
        """The first line that has other characters than those of `blank`, and its number; (1, "") if there is none."""
        found = re.compile(rf"(?m)^[{blank}]*+[^{blank}\n][^\n]*").search(self.text)
        return (self.text.count("\n", 0, found.start()) + 1, found[0]) if found else (1, "")

    def error(self, number: int, problem: str) -> UserError:
        """The error to raise for a line."""
        return UserError(located(self.path, number, problem))

    def example(self, number: int, label: str, text: str) -> Example:
        """An example; UserError for a label that would not fit in a list of labels or a line of output."""
        label = label.strip()
        if problem := label_problem(label):
            raise self.error(number, problem)
        return Example(label, text, self.path, number)


def read_lines(path: str) -> Lines:
    """A file, plain or packed, read once from front to back; UserError if it cannot be read or unpacked."""
    with open_unpacked(path) as stream, reading(path):
        blocks, size = [], 0
        while block := stream.read(BLOCK):
            blocks.append(block)
            size += len(block)
            if size > LARGEST:
                raise UserError(f"{path}: holds more than {LARGEST >> 20} MiB of text; give fewer texts")
        return Lines(path, b"".join(blocks), stream.sha256())
