"""The first 512 bytes of our HDF5 files, which HDF5 leaves alone: a mark, and the SHA-256 of all that follows."""

import hashlib
from pathlib import Path

from embdistill.errors import reading

SIZE = 512
MAGIC = b"embdistill hdf5\n"
HDF5_MARK = b"\x89HDF\r\n\x1a\n"


def seal(path: str | Path) -> None:
    """Fill in the user block of a finished file."""
    with open(path, "r+b") as stream:
        stream.seek(SIZE)
        front = block(hashlib.file_digest(stream, "sha256"))
        stream.seek(0)
        stream.write(front)


def is_hdf5(front: bytes) -> bool:
    """Whether a file that begins with these bytes is HDF5, ours or not, sound or not."""
    return front.startswith((MAGIC, HDF5_MARK)) or front[SIZE:].startswith(HDF5_MARK)


def is_ours(path: str | Path) -> bool:
    """Whether a file begins as ours do; UserError if it cannot be read."""
    with reading(path), open(path, "rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def block(digest) -> bytes:
    """The user block, for the running SHA-256 of all that follows it."""
    return (MAGIC + f"sha256 {digest.hexdigest()}\n".encode()).ljust(SIZE, b"\0")
