"""The list of formats of labelled files. See docs/formats.md."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from embdistill.data.corpora import (
    delimited,
    fasttext,
    folder,
    json_objects,
    polarity,
    semeval,
    trec,
    trees,
    typed_tables,
)
from embdistill.data.corpora.layout import Layout
from embdistill.data.corpora.lines import Example, Lines

COLUMNS = ("text_column", "label_column")


class Format(NamedTuple):
    """A format of labelled files: how it is read, and what tells it from the others."""

    read: Callable[..., Iterator[Example]]  # of Lines, and of a Layout where the format takes options of one
    first_line: str | None = None  # pattern of the first line that is not blank; the first format that matches is taken
    endings: tuple[str, ...] = ()  # of file names, in lower case; they are looked at before the first line
    files: Callable[[str, Counter], list[str]] = lambda path, counts: [path]  # the files that a path stands for
    options: tuple[str, ...] = ()  # of Layout, that it takes

    def examples(self, lines: Lines, layout: Layout) -> Iterator[Example]:
        """The examples of a file; UserError for a line that does not fit the format."""
        return self.read(lines, layout) if self.options else self.read(lines)


FORMATS = {
    "trec": Format(trec.read, r"[A-Z]+:[^\s:]+([ \t]|$)"),
    "sst5": Format(trees.read_sst5, r"\s*\([0-4] ?\(?"),
    "sst2": Format(trees.read_sst2),
    "sst5-phrases": Format(trees.read_sst5_phrases),
    "sst2-phrases": Format(trees.read_sst2_phrases),
    "polarity": Format(polarity.read, files=polarity.files),
    "folder": Format(folder.read, files=folder.files),
    "semeval": Format(semeval.read, r'[0-9]+\t"'),
    "fasttext": Format(fasttext.read, r"__label__\S"),
    "csv": Format(delimited.read_csv, endings=(".csv",), options=(*COLUMNS, "delimiter", "header")),
    "tsv": Format(delimited.read_tsv, endings=(".tsv", ".tab"), options=(*COLUMNS, "delimiter", "header")),
    "jsonl": Format(json_objects.read, r"\s*\{", (".jsonl", ".ndjson"), options=COLUMNS),
    "json": Format(json_objects.read, r"\s*\[\s*([{\]]|$)", options=COLUMNS),
    "parquet": Format(typed_tables.read_parquet, options=COLUMNS),
    "excel": Format(typed_tables.read_excel, options=(*COLUMNS, "header")),
}
