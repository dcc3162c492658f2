"""The bytes of one of our files, none of which is used before the checksum of the whole was found right.

A file can be overwritten while it is read. So it is opened once, read once from front to back, and what is read of it
afterwards is held against what was read then. Only a part of it is in memory, whatever its size.
"""

import hashlib
from pathlib import Path

from embdistill.errors import FormatError, reading
from embdistill.storage import userblock

BLOCK = 1 << 18  # bytes that are read, and held against what they were, together
KEPT = 4  # blocks in memory


class CheckedFile:
    """An open file of ours, as a context manager, whose bytes are those that its checksum was computed of."""

    def __init__(self, path: str | Path):
        """FormatError unless the file is one of ours, and unaltered to the last bit; UserError if it cannot be read."""
        self.path = path
        self.blocks: dict[int, bytes] = {}  # the last ones read, by number
        with reading(path):
            self.stream = open(path, "rb", buffering=0)
        try:
            self._check()
        except BaseException:
            self.stream.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stream.close()

    def read(self, start: int, size: int) -> bytearray:
        """The bytes from `start` on; ValueError beyond the end, FormatError if the file was changed meanwhile."""
        if start + size > self.size:
            raise ValueError(f"{size} bytes at {start} are beyond its end")
        found = bytearray(size)
        self.fill(found, start)
        return found

    def fill(self, buffer: bytearray | memoryview, start: int) -> None:
        """Fill a buffer with the bytes from `start` on, which are there; FormatError if the file was changed."""
        filled = 0
        while filled < len(buffer):
            number, offset = divmod(start + filled, BLOCK)
            part = memoryview(self._block(number))[offset : offset + len(buffer) - filled]
            buffer[filled : filled + len(part)] = part
            filled += len(part)

    def _check(self):
        """Read all of the file, and compare its checksum."""
        digest, self.size = hashlib.sha256(), 0
        self.digests = []  # the running SHA-256 before each block, and after the last
        front = self._read(0)[: userblock.SIZE]
        if not front.startswith(userblock.MAGIC):
            raise FormatError(f"{self.path}: not a file of embdistill, or its start is lost; name a run or vector file")
        while block := self._read(self.size):
            self.digests.append(digest.copy())
            digest.update(memoryview(block)[0 if self.size else userblock.SIZE :])
            self.size += len(block)
        self.digests.append(digest)
        if front != userblock.block(digest):
            raise FormatError(f"{self.path}: damaged: its checksum does not match; fetch or make the file again")

    def _block(self, number):
        """A block as it was when the checksum was computed."""
        if number not in self.blocks:
            block = self._read(number * BLOCK)
            digest = self.digests[number].copy()
            digest.update(memoryview(block)[0 if number else userblock.SIZE :])
            if digest.digest() != self.digests[number + 1].digest():
                raise FormatError(f"{self.path}: was changed while it was read; wait until it is there, and try again")
            if len(self.blocks) == KEPT:
                del self.blocks[next(iter(self.blocks))]
            self.blocks[number] = block
        return self.blocks[number]

    def _read(self, start):
        """Up to a block of the file as it is now."""
        with reading(self.path):
            self.stream.seek(start)
            parts, missing = [], BLOCK
            while missing and (part := self.stream.read(missing)):
                parts.append(part)
                missing -= len(part)
        return b"".join(parts)
