"""The first 512 bytes of our HDF5 files: a mark, and the SHA-256 of all that follows.

HDF5 leaves such a user block alone. It is checked before libhdf5 opens the file, so that a truncated or altered file
never reaches that library.
"""

import hashlib
from pathlib import Path

from embdistill.errors import FormatError, reading

SIZE = 512
MAGIC = b"embdistill hdf5\n"
HDF5_MARK = b"\x89HDF\r\n\x1a\n"


def seal(path: str | Path) -> None:
    """Fill in the user block of a finished file."""
    with open(path, "r+b") as stream:
        block = _block(stream)
        stream.seek(0)
        stream.write(block)


def is_hdf5(front: bytes) -> bool:
    """Whether a file that begins with these bytes is HDF5, ours or not, sound or not."""
    return front.startswith((MAGIC, HDF5_MARK)) or front[SIZE:].startswith(HDF5_MARK)


def is_ours(path: str | Path) -> bool:
    """Whether a file begins as ours do; UserError if it cannot be read."""
    with reading(path), open(path, "rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def check(path: str | Path) -> None:
    """FormatError unless the file is one of ours, and unaltered to the last bit; UserError if it cannot be read."""
    with reading(path), open(path, "rb") as stream:
        front = stream.read(SIZE)
        if not front.startswith(MAGIC):
            raise FormatError(f"{path}: not a file of embdistill, or its start is lost; name a run or vector file")
        if front != _block(stream):
            raise FormatError(f"{path}: damaged: its checksum does not match; fetch or make the file again")


def _block(stream) -> bytes:
    """The user block that fits what follows it in an open file."""
    stream.seek(SIZE)
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return (MAGIC + f"sha256 {digest}\n".encode()).ljust(SIZE, b"\0")
