"""The first 512 bytes of our HDF5 files: a mark, and the SHA-256 of all that follows.

HDF5 leaves such a user block alone. It is checked before libhdf5 opens the file, so that a truncated or altered file
never reaches that library.
"""

import hashlib
from pathlib import Path

from embdistill.errors import FormatError, UserError

SIZE = 512
MAGIC = b"embdistill hdf5\n"
HDF5_MARK = b"\x89HDF\r\n\x1a\n"


def _block(stream) -> bytes:
    """The user block that belongs to what follows the current one in an open file."""
    stream.seek(SIZE)
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return (MAGIC + f"sha256 {digest}\n".encode()).ljust(SIZE, b"\0")


def seal(path: str | Path) -> None:
    """Fill in the user block of a finished file."""
    with open(path, "r+b") as stream:
        block = _block(stream)
        stream.seek(0)
        stream.write(block)


def is_hdf5(path: str | Path) -> bool:
    """Whether a file is HDF5, ours or not, sound or not; UserError if it cannot be read."""
    front = _front(path, SIZE + len(HDF5_MARK))
    return front.startswith((MAGIC, HDF5_MARK)) or front[SIZE:] == HDF5_MARK


def check(path: str | Path) -> None:
    """FormatError unless the file is one of ours, whole and unaltered to the last bit."""
    if not _front(path, len(MAGIC)) == MAGIC:
        raise FormatError(f"{path}: not a file of embdistill, or cut off at the front; name a run or vector file")
    with open(path, "rb") as stream:
        if stream.read(SIZE) != _block(stream):
            raise FormatError(f"{path}: damaged: its checksum does not match; fetch or make the file again")


def _front(path, size):
    try:
        with open(path, "rb") as stream:
            return stream.read(size)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check the name and the permissions") from error
