"""Files that are no lines of text, told by their first bytes or by what is in them."""

import hashlib
import os
import zipfile

from embdistill.data.corpora.lines import Lines, read_lines
from embdistill.errors import UserError, reading

PARQUET = b"PAR1"
REFUSED = {  # first bytes: what the file is, and what to do
    b"\xd0\xcf\x11\xe0": ("an old Excel or Word file", "save it as .xlsx or CSV"),
    b"ARROW1": ("an Arrow or Feather file", "write it as Parquet or CSV"),
    b"SQLite format 3": ("a database", "write the table as CSV"),
    b"\x89HDF": ("an HDF5 file", "write the texts as CSV"),
    b"embdistill hdf5": ("a file of embdistill", "give labelled texts"),
    b"\x80\x04\x95": ("a pickle", "write the texts as CSV"),
    b"\x80\x05\x95": ("a pickle", "write the texts as CSV"),
    b"%PDF": ("a PDF", "give plain text"),
    b"{\\rtf": ("an RTF document", "save it as plain text"),
    b"version https://git-lfs": ("a pointer of git-lfs", "fetch the file itself with `git lfs pull`"),
}
WEB_PAGE = (b"<!doctype html", b"<html")


def open_lines(path: str) -> Lines:
    """A labelled file, an Excel workbook as it is and any other unpacked; UserError for what holds no texts."""
    lines = _workbook(path) or read_lines(path)
    for mark, (kind, fix) in REFUSED.items():
        if lines.content.startswith(mark):
            raise UserError(f"{path}: {kind}, not labelled texts; {fix}")
    if lines.content[:100].lstrip().lower().startswith(WEB_PAGE):
        raise UserError(f"{path}: a web page, not labelled texts; download the file itself")
    return lines


def kind_of(lines: Lines) -> str | None:
    """The format of a file that is no text: "parquet", "excel" or None."""
    if lines.content.startswith(PARQUET):
        return "parquet"
    return "excel" if lines.content.startswith(b"PK\x03\x04") else None


def _workbook(path):
    """The Lines of an Excel workbook, which is a zip with more than one file in it; None for another file."""
    if not os.path.isfile(path):
        return None
    with reading(path), open(path, "rb") as stream:
        if stream.read(4) != b"PK\x03\x04" or not _has_sheets(stream):
            return None
        stream.seek(0)
        content = stream.read()
    return Lines(path, content, hashlib.sha256(content).hexdigest())


def _has_sheets(stream):
    try:
        return "xl/workbook.xml" in zipfile.ZipFile(stream).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError):
        return False
