"""Large word vectors: streamed from every format, so that only the rows asked for are in memory.

Text formats hold a word and its numbers a line, with one space between: GloVe (no header), word2vec and fastText `.vec`
(a header `V D`). The binary format of word2vec has the same header, then word, space, D float32 a record. Each of them
may be packed with gzip. Our own HDF5 is read by hdf5_file.py.
"""

import gzip
import io
import itertools
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from embdistill.data.vectors import _vectors
from embdistill.errors import UserError, located
from embdistill.storage import userblock

BLOCK = 1 << 16  # bytes of text looked at together
PEEK_LINES = 100  # lines read ahead to tell the dimension where no header gives it


@dataclass
class VectorFile:
    """A vector file, read row by row.

    format: "glove", "word2vec", "word2vec-binary" or "hdf5"; a fastText `.vec` is a word2vec text file.
    dim: D. counts: what was met and how often, complete once the rows have been read to the end.
    """

    path: str
    format: str
    dim: int
    counts: Counter = field(default_factory=Counter)

    @property
    def notes(self) -> list[str]:
        """The counts as lines for the user."""
        return [f"{self.path}: {count} {what}" for what, count in self.counts.items()]

    def rows(self, wanted: Collection[str] | None = None) -> Iterator[tuple[str, np.ndarray]]:
        """(word, vector (D,) float32) of each word in `wanted` (None: of all), in the order of the file.

        The first of several rows of a word counts. Raises UserError, with the line, for a row that is not sound.
        """
        self.counts.clear()
        read = {"hdf5": _hdf5_rows, "word2vec-binary": _binary_rows}.get(self.format, _text_rows)
        seen = set()
        for word, vector in read(self, wanted):
            if word in seen:
                self.counts["rows of words met before, left out"] += 1
            else:
                seen.add(word)
                yield word, vector


def open_vectors(path: str | Path) -> VectorFile:
    """Look at the head of a vector file for its format and dimension; UserError if it is none."""
    path = str(path)
    if userblock.is_hdf5(path):
        from embdistill.data.vectors import hdf5_file

        return VectorFile(path, "hdf5", hdf5_file.vectors_summary(path)["dim"])
    with _Stream(path) as stream:
        head = [line for _, line in itertools.islice(stream.lines(), PEEK_LINES)]
    if not head:
        raise UserError(f"{path}: no vectors in it; give a GloVe, word2vec or fastText file")
    header = head[0].split()
    if len(header) == 2 and all(part.isdigit() for part in header) and int(header[1]) > 0:
        dim = int(header[1])
        if len(head) == 1:
            raise UserError(f"{path}: no vectors after its header; fetch it again")
        return VectorFile(path, "word2vec" if _is_text_row(head[1]) else "word2vec-binary", dim)
    # Some lines may have spaces in their word and the last may be short, so the commonest number of fields decides.
    dim = Counter(len(line.split()) for line in head).most_common(1)[0][0] - 1
    if dim < 1:
        raise UserError(f"{path}:1: no vector on this line; write a word and its numbers with one space between them")
    return VectorFile(path, "glove", dim)


def load_vectors(file: VectorFile, wanted: Collection[str] | None = None) -> tuple[list[str], np.ndarray]:
    """The wanted words that the file has, in its order, and their vectors (n, D) float32."""
    words, rows = [], []
    for word, vector in file.rows(wanted):
        words.append(word)
        rows.append(vector)
    return words, np.array(rows, np.float32).reshape(len(rows), file.dim)


def nearest(file: VectorFile, word: str, count: int = 10) -> list[tuple[str, float]]:
    """The `count` words of highest cosine with a word, best first; UserError if the file does not have the word."""
    found = load_vectors(file, {word})[1]
    if len(found) == 0:
        raise UserError(f"{file.path}: no vector for {word!r}; words are matched exactly, capitals included")
    target = found[0] / max(np.linalg.norm(found[0]), 1e-30)
    names, scores = [], []
    for other, vector in file.rows():
        if other != word:
            names.append(other)
            scores.append(float(vector @ target) / max(float(np.linalg.norm(vector)), 1e-30))
    best = np.argsort(-np.array(scores), kind="stable")[:count]
    return [(names[i], scores[i]) for i in best]


# ---- streams ----


class _Stream:
    """The plain bytes of a file, unpacked if they are packed with gzip; a damaged gzip becomes a UserError."""

    def __init__(self, path):
        self.path = path
        self.line = 0  # lines read so far, for error messages
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

    def lines(self):
        """(number, line) to the end of the file."""
        for line in self.file:
            self.line += 1
            yield self.line, line

    def blocks(self):
        """The bytes to the end of the file, in blocks of whole lines; who takes them counts the lines."""
        begun = b""
        while line := self.file.readline():  # the rest of one begun; it fills the buffer, of which read1 takes its part
            block = self.file.read1(BLOCK)
            end = block.rfind(b"\n") + 1
            yield b"".join([begun, line, memoryview(block)[:end]])
            begun = block[end:]
        if begun:
            yield begun


# ---- text ----


def _is_text_row(row):
    """Whether the bytes behind the word are text: those of float32 numbers are hardly ever all printable."""
    numbers = row.partition(b" ")[2].rstrip()
    return numbers.isascii() and all(byte >= 32 for byte in numbers)


def _text_rows(file, wanted):
    wanted = None if wanted is None else {word.encode() for word in wanted}
    short = None  # a line with too few numbers: an error, unless it is the last
    with _Stream(file.path) as stream:
        if file.format == "word2vec":
            next(stream.lines(), None)
        for number, line, spaces in _lines_to_judge(file, stream, wanted):
            if short is not None and line:
                raise _count_error(file, *short)
            if spaces < file.dim:
                short = short or (number, line)
                continue
            space = line.find(b" ")
            if spaces > file.dim:
                space = _end_of_spaced_word(file, number, line)
                file.counts["words with spaces in them"] += 1
            file.counts["rows read"] += 1
            word = line[:space]
            if wanted is None or word in wanted:
                text = _decoded(file, word)
                if text is not None:
                    yield text, _numbers(file, number, line, space)
        if not file.counts["rows read"]:
            raise UserError(f"{file.path}: no vectors in it; fetch it again")
        if short is not None and short[1]:
            file.counts["short last line, left out"] += 1


def _lines_to_judge(file, stream, wanted):
    """(number, line, spaces in it), without the line's end, of all lines but the sound ones of words not wanted.

    Lines with as many spaces as numbers are sound; behind one that has fewer, none is taken for sound.
    """
    for block in stream.blocks():
        at = 0
        while at < len(block):
            skipped, at, spaces = _vectors.skip(block, at, file.dim, wanted)
            if skipped:
                stream.line += skipped
                file.counts["rows read"] += skipped
                continue
            if spaces < file.dim:
                wanted = None
            end = block.find(b"\n", at) + 1 or len(block)
            stream.line += 1
            yield stream.line, block[at:end].rstrip(b" \r\n"), spaces
            at = end


def _end_of_spaced_word(file, number, line):
    """Where the word ends on a line with more spaces than numbers, as some of GloVe 840B have."""
    parts = line.rsplit(b" ", file.dim)
    inner = parts[0].split(b" ")[1:]
    if any(_is_number(part) for part in inner):
        raise _count_error(file, number, line)
    return len(parts[0])


def _numbers(file, number, line, space):
    vector = np.empty(file.dim, np.float32)
    if _vectors.numbers(line, space + 1, vector):
        return vector
    try:
        with np.errstate(over="ignore"):
            vector = np.array(line[space + 1 :].split(b" "), np.float32)
        if len(vector) == file.dim and np.isfinite(vector).all():
            return vector
    except ValueError:
        pass
    for value in line[space + 1 :].split(b" "):
        if not _is_number(value):
            shown = value.decode(errors="replace")
            raise UserError(located(file.path, number, f"{shown!r} is not a number; mend or remove the line"))
    raise UserError(located(file.path, number, "a value is NaN, infinite or too large; mend or remove the line"))


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _count_error(file, number, line):
    values = len(line.split(b" ")) - 1
    problem = f"{values} values, not {file.dim}; mend or remove the line, or name a vector file"
    return UserError(located(file.path, number, problem))


def _decoded(file, word):
    try:
        return word.decode()
    except UnicodeDecodeError:
        file.counts["words not in UTF-8, left out"] += 1
        return None


# ---- word2vec binary ----


def _binary_rows(file, wanted):
    wanted = None if wanted is None else {word.encode() for word in wanted}
    size = 4 * file.dim
    with _Stream(file.path) as stream:
        promised = int(stream.file.readline().split()[0])
        buffer, at = b"", 0
        for record in range(1, promised + 1):
            while (space := buffer.find(b" ", at)) < 0 or len(buffer) < space + 1 + size:
                more = stream.file.read(1 << 20)
                if not more:
                    problem = f"ends in record {record} of {promised}; the file is cut off or not word2vec"
                    raise UserError(located(file.path, None, problem))
                buffer, at = buffer[at:] + more, 0
            file.counts["rows read"] += 1
            word = buffer[at:space].lstrip(b"\n")
            at = space + 1 + size
            if wanted is None or word in wanted:
                vector = np.frombuffer(buffer, "<f4", file.dim, space + 1).astype(np.float32)
                if not np.isfinite(vector).all():
                    problem = f"record {record} has a NaN or infinite value; remove it"
                    raise UserError(located(file.path, None, problem))
                text = _decoded(file, word)
                if text is not None:
                    yield text, vector
        if (buffer[at:] + stream.file.read(1)).strip(b"\n"):
            problem = f"goes on after record {promised}, the last that its header promises; mend the header"
            raise UserError(located(file.path, None, problem))


# ---- HDF5 ----


def _hdf5_rows(file, wanted):
    from embdistill.data.vectors import hdf5_file

    for words, block in hdf5_file.vector_blocks(file.path):
        file.counts["rows read"] += len(words)
        for i, word in enumerate(words):
            if wanted is None or word in wanted:
                yield word, block[i].copy()
