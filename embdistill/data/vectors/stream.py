"""The bytes of a vector file, plain or packed with gzip."""

import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator

from embdistill.errors import UserError, located

BLOCK = 1 << 16  # bytes of text that are looked at together


class Stream:
    """The unpacked bytes of a file, as a context manager in which a damaged gzip file becomes a UserError.

    file: to read from. line: how many lines were read so far, for that error.
    """

    def __init__(self, path: str):
        self.path = path
        self.line = 0
        self.packed = open(path, "rb", BLOCK)
        is_gzip = self.packed.read(2) == b"\x1f\x8b"
        self.packed.seek(0)
        self.file = io.BufferedReader(gzip.GzipFile(fileobj=self.packed), 1 << 20) if is_gzip else self.packed

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.file.close()
        self.packed.close()
        if isinstance(error, (EOFError, zlib.error, gzip.BadGzipFile)):
            problem = f"the gzip file is cut off or damaged here ({error}); fetch it again"
            raise UserError(located(self.path, self.line and self.line + 1, problem)) from error

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """(number, line with its end) to the end of the file."""
        for line in self.file:
            self.line += 1
            yield self.line, line

    def blocks(self) -> Iterator[bytes]:
        """The bytes to the end of the file, in blocks of whole lines; the caller adds to `line`."""
        begun = b""
        # readline completes the line that a block ended in, and fills the buffer, so that read1 returns the rest of it.
        while line := self.file.readline():
            block = self.file.read1(BLOCK)
            end = block.rfind(b"\n") + 1
            yield b"".join([begun, line, memoryview(block)[:end]])
            begun = block[end:]
        if begun:
            yield begun


def decode_word(word: bytes, counts: Counter) -> str | None:
    """A word as text; None for one that is not UTF-8, which is counted."""
    try:
        return word.decode()
    except UnicodeDecodeError:
        counts["words not in UTF-8, left out"] += 1
        return None
