"""Labelled texts: a file for each family of formats, and the list of formats. See docs/formats.md."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from embdistill.data.corpora.formats import FORMATS
from embdistill.data.corpora.kinds import kind_of, open_lines
from embdistill.data.corpora.layout import DEFAULT_LAYOUT, Layout
from embdistill.data.corpora.lines import Example, Lines
from embdistill.data.corpora.recognition import by_content, by_path, no_examples, recognise
from embdistill.data.relations import MARKS
from embdistill.errors import UserError

__all__ = ["DEFAULT_LAYOUT", "FORMATS", "Corpus", "Example", "Layout", "read_corpus", "recognise"]


@dataclass
class Corpus:
    """What one labelled file holds.

    counts: what was skipped or read in another way, for example {"blank lines left out": 1}.
    remarks: what else the user should know of how it was read, with the name of the file.
    digest: SHA-256 of the bytes of the file or files, hexadecimal.
    relations: whether its texts mark two entities, so that its classes are relations between them.
    """

    path: str
    format: str
    examples: list[Example] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
    digest: str = ""
    relations: bool = False

    @property
    def notes(self) -> list[str]:
        """The remarks and the counts as lines for the user."""
        return self.remarks + [f"{self.path}: {what}: {count}" for what, count in self.counts.items() if count]


def read_corpus(
    path: str | Path,
    format: str = "auto",
    layout: Layout = DEFAULT_LAYOUT,
    trees: str = "sst5",
    recorded: Layout = DEFAULT_LAYOUT,
) -> Corpus:
    """Read a labelled file, once from front to back, so that it may be a pipe.

    format: a key of FORMATS, or "auto" to recognise it; trees are then read as the format `trees`.
    recorded: the layout of another file, for what the user does not say of this one. UserError for a file
    that cannot be read, holds no example, or has a line that does not fit the format, and for an option of the layout
    that does not go with the format.
    """
    corpus, recognised = Corpus(str(path), format), None
    if format == "auto":
        corpus.format = by_path(corpus.path)
        if not corpus.format:
            recognised = open_lines(corpus.path)
            corpus.format = _told(recognised, layout, recorded)
        if corpus.format == "sst5":
            corpus.format = trees
    _check(corpus, layout)
    layout, remark = layout.completed(recorded, FORMATS[corpus.format].options)
    corpus.remarks.extend([f"{corpus.path}: {remark}"] if remark else [])
    if recognised:
        _add(corpus, [recognised], layout)
    else:
        files = FORMATS[corpus.format].files(corpus.path, corpus.counts)
        _add(corpus, map(open_lines, files), layout)
    if not corpus.examples:
        raise no_examples(corpus.path)
    note_marks(corpus)
    corpus.counts = +corpus.counts  # only what there is
    return corpus


def _told(lines, layout, recorded):
    """The format of a file by its content; where that does not tell, by the options that another file was read with."""
    try:
        return by_content(lines, layout)
    except UserError:
        if layout.given() or not recorded.given():
            raise
        return by_content(lines, recorded)


def _check(corpus, layout):
    if corpus.format not in FORMATS:
        raise UserError(f"--format: unknown format {corpus.format!r}; use auto or one of {', '.join(FORMATS)}")
    for name in layout.given():
        if name not in FORMATS[corpus.format].options:
            problem = f"--{name.replace('_', '-')} does not go with the format {corpus.format}; omit it"
            raise UserError(f"{corpus.path}: {problem}, or name another --format")


def _add(corpus: Corpus, files: Iterable[Lines], layout: Layout) -> None:
    """Read the files of a corpus; its digest is that of a single file, or of all contents and, in a folder, names."""
    digest, digests, remarks = hashlib.sha256(), [], Counter()
    format = FORMATS[corpus.format]
    for lines in files:
        if (kind := kind_of(lines)) and kind != corpus.format:
            raise UserError(f"{lines.path}: of the format {kind}, not {corpus.format}; omit --format")
        corpus.examples.extend(format.examples(lines, layout))
        corpus.counts.update(lines.counts)
        remarks.update(lines.remarks)
        if corpus.format == "folder":
            digest.update(os.path.relpath(lines.path, corpus.path).encode(errors="surrogateescape"))
        digest.update(lines.content)
        digests.append(lines.digest)
    corpus.digest = digests[0] if len(digests) == 1 and corpus.format != "folder" else digest.hexdigest()
    for remark, count in remarks.items():
        of = f" ({count} of {len(digests)} files)" if len(digests) > 1 else ""
        corpus.remarks.append(f"{corpus.path}: {remark}{of}")


def note_marks(corpus: Corpus) -> None:
    """Tell relations: the format is one of them, or more than half of the texts have all four marks."""
    marked = sum(all(mark in example.text for mark in MARKS) for example in corpus.examples)
    corpus.relations = corpus.format == "semeval" or 2 * marked > len(corpus.examples)
    if corpus.relations and corpus.format != "semeval":
        corpus.remarks.append(f"{corpus.path}: its texts mark two entities, whose relation is the class")
    elif marked and not corpus.relations:
        corpus.counts["texts that mark two entities, among others that do not, read as plain text"] = marked
