"""A vector file as a stream of bytes, lines or blocks of lines, read once from front to back."""

import io
from collections import Counter
from collections.abc import Iterator

from embdistill.data.unpack import Damaged, Unpacked
from embdistill.data.vectors.layout import ERRORS
from embdistill.errors import UserError, located

BLOCK = 1 << 16  # bytes of text that are looked at together


class Stream:
    """The bytes of a VectorFile as a context manager, in which an error of a damaged file names the line.

    Text is UTF-8 without a mark, whatever it was. At its end, if nothing went wrong, the VectorFile gets its digest.
    file: to read from. line: how many lines were read so far, for that error.
    """

    def __init__(self, vectors, unpacked: Unpacked):
        self.vectors = vectors
        self.unpacked = unpacked
        self.line = 0
        mark, codec, _ = vectors.encoding
        self.file = io.BufferedReader(_Recoded(unpacked, codec)) if codec else unpacked
        self.file.read(mark)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is None:
            self.vectors.digest = self.unpacked.sha256()
        self.unpacked.close()
        if isinstance(error, Damaged) and self.line:
            raise UserError(located(self.unpacked.path, self.line + 1, error.problem)) from error

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


class _Recoded(io.RawIOBase):
    """A file in another encoding, or with CR at the ends of lines, as UTF-8 with LF."""

    def __init__(self, file, codec):
        self.path = file.path
        self.text = io.TextIOWrapper(file, codec, ERRORS[codec])
        self.left = b""

    def readable(self):
        return True

    def readinto(self, buffer):
        try:
            self.left = self.left or self.text.read(BLOCK).encode(errors=self.text.errors)
        except UnicodeDecodeError as error:
            raise UserError(f"{self.path}: UTF-16 that is cut off or damaged; fetch it again") from error
        size = min(len(buffer), len(self.left))
        buffer[:size] = self.left[:size]
        self.left = self.left[size:]
        return size


NOT_UTF8 = "words not in UTF-8, left out"


def decode_word(word: bytes, counts: Counter) -> str | None:
    """A word as text; None for one that is not UTF-8, which is counted."""
    try:
        return word.decode()
    except UnicodeDecodeError:
        counts[NOT_UTF8] += 1
        return None
