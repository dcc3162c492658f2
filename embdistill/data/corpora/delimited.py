"""CSV and TSV under a header that names a column `text` and a column `label`; quoted fields may hold line ends."""

import csv
from collections.abc import Iterator

from embdistill.data.corpora.lines import Example, Lines


def read(lines: Lines, delimiter: str) -> Iterator[Example]:
    rows = _rows(lines, delimiter)
    number, header = next(rows, (1, ["text", "label"]))  # an empty file gives no examples, which is reported elsewhere
    names = [name.strip().lower() for name in header]
    if names.count("text") != 1 or names.count("label") != 1:
        shown = ", ".join(names)[:80]
        raise lines.error(number, f"no column `text` or no column `label` in {shown}; name each once")
    text, label = names.index("text"), names.index("label")
    for number, row in rows:
        if len(row) != len(names):
            raise lines.error(number, f"{len(row)} fields under a header of {len(names)}; quote the text")
        yield lines.example(number, row[label].strip(), row[text])


def _rows(lines, delimiter):
    """(number of its first line, fields) of each row; blank rows are skipped and counted."""
    csv.field_size_limit(2**31 - 1)  # a text may be longer than the module's default of 131,072 characters
    rows = csv.reader((line + "\n" for _, line in lines.numbered()), delimiter=delimiter, strict=True)
    end = 0
    try:
        for row in rows:
            number, end = end + 1, rows.line_num
            if any(row):
                yield number, row
            else:
                lines.counts["blank lines left out"] += 1
    except csv.Error as error:
        raise lines.error(end + 1, f"not a row of the table ({error}); check the quotes") from error
