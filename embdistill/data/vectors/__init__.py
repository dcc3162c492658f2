"""Large word vectors: a file for each format, read row by row, so that only the rows asked for are in memory.

What is handled and counted, and what is an error, stands in docs/formats.md.
"""

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from embdistill.data.unpack import Unpacked, open_unpacked
from embdistill.data.vectors import fasttext_binary, hdf5_file, text, word2vec_binary
from embdistill.data.vectors.kinds import SAFETENSORS, is_binary, refuse_other_kinds
from embdistill.data.vectors.layout import Encoding, Layout, encoding_of, first_lines, header_of, layout_of
from embdistill.data.vectors.stream import NOT_UTF8, Stream
from embdistill.errors import UserError, reading
from embdistill.storage.userblock import is_hdf5

AHEAD = 1 << 18  # bytes looked at ahead to tell the format and the layout

# By format: rows(file, wanted, first) yields what VectorFile.rows does, repeated words too, and counts in file.counts.
READERS: dict[str, Callable] = {
    "glove": text.rows,
    "word2vec": text.rows,
    "word2vec-binary": word2vec_binary.rows,
    "fasttext-binary": fasttext_binary.rows,
    "hdf5": hdf5_file.rows,
}


@dataclass
class VectorFile:
    """A vector file, read row by row.

    format: a key of READERS; a fastText `.vec` is a word2vec text file. dim: D.
    counts: what was met and how often, complete once the rows have been read to the end.
    promised: the words that a header promises, None without one. encoding, layout: of text.
    first_rows: the numbers, from 1, of the first rows that were asked for and gave a word, once they have been read.
    """

    path: str
    format: str
    dim: int
    counts: Counter = field(default_factory=Counter)
    promised: int | None = None
    encoding: Encoding = field(default_factory=Encoding)
    layout: Layout | None = None
    opened: Unpacked | None = None  # at its start, for the first reader
    digest: str | None = None
    first_rows: list[int] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """The counts and what else was met, as lines for the user."""
        notes = [f"{what}: {count}" for what, count in self.counts.items()]
        notes += [note for note in (self.encoding.note, *(self.layout.notes if self.layout else ())) if note]
        if self.promised is not None and self.promised != self.counts["rows read"]:
            problem = "it may be cut off" if self.promised > self.counts["rows read"] else "it may be put together"
            notes.append(f"its header promises {self.promised} words, {self.counts['rows read']} are there; {problem}")
        return [f"{self.path}: {note}" for note in notes]

    def rows(self, wanted: Collection[str] | None = None, first: int = 0) -> Iterator[tuple[str, np.ndarray]]:
        """(word, vector (D,) float32) of each word in `wanted` (None: of all), in the order of the file.

        first: so many rows at the start of the file are wanted, whatever their words. Of several rows of a word, the
        first counts. Raises UserError, with the line, for a row that is not sound.
        """
        self.counts.clear()
        self.first_rows.clear()
        seen = set()
        for given, (word, vector) in enumerate(self._read(wanted, first), 1):
            if word in seen:
                self.counts["rows of words met before, left out"] += 1
            else:
                seen.add(word)
                row = given + self.counts[NOT_UTF8]  # as long as it is one of the first, of which none is passed over
                if row <= first:
                    self.first_rows.append(row)
                yield word, vector

    def _read(self, wanted, first):
        """What `rows` yields, with words that are there twice."""
        return READERS[self.format](self, wanted, first)

    def again(self) -> "VectorFile":
        """The same vectors, to be read from their start."""
        return open_vectors(self.path)

    @property
    def is_pipe(self) -> bool:
        """Whether it can be read only once."""
        return not os.path.isfile(self.path)

    def stream(self) -> Stream:
        """The bytes from the start; UserError for a pipe that was read before."""
        opened, self.opened = self.opened, None
        if opened is None:
            if self.is_pipe:
                raise UserError(f"{self.path}: a pipe, which can be read only once; give a file")
            opened = open_unpacked(self.path)
        return Stream(self, opened)

    def sha256(self) -> str:
        """The SHA-256 of the file, packed if it is; of a pipe, once its rows have been read to the end."""
        if self.digest is None:
            with open_unpacked(self.path) as file:
                self.digest = file.sha256()
        return self.digest


def open_vectors(path: str | Path) -> VectorFile:
    """Tell the format and dimension of a vector file by its start, or of a static model; UserError if it is none."""
    if os.path.isdir(path) or _is_safetensors(path):
        from embdistill.data.vectors.static_model import open_static_model

        return open_static_model(str(path))
    opened = open_unpacked(path)
    try:
        file = _recognised(str(path), opened)
    except BaseException:
        opened.close()
        raise
    if file.format == "hdf5":
        opened.close()
    else:
        file.opened = opened
    return file


def _is_safetensors(path):
    if not os.path.isfile(path):  # to look into a pipe would be to read it
        return False
    with reading(path), open(path, "rb") as file:
        return SAFETENSORS.match(file.read(16)) is not None


def _recognised(path, opened):
    head = opened.ahead(AHEAD)
    if is_hdf5(head):
        if opened.packed or not os.path.isfile(path):
            raise UserError(f"{path}: HDF5 is read from a plain file only; unpack it, or save it as one")
        return VectorFile(path, "hdf5", hdf5_file.vectors_summary(path)["dim"])
    if head.startswith(fasttext_binary.MAGIC):
        return VectorFile(path, "fasttext-binary", fasttext_binary.dim_of(path, head))
    refuse_other_kinds(path, head)
    if not head:
        raise UserError(f"{path}: no vectors in it; give a GloVe, word2vec or fastText file")
    encoding = encoding_of(head)
    if not encoding.codec:
        first, _, rest = head.partition(b"\n")
        header = header_of(first)
        if header and is_binary(rest):
            return VectorFile(path, "word2vec-binary", header[1])
        if is_binary(head):
            raise UserError(
                f"{path}: a binary file of a kind that is not read; give GloVe, word2vec or fastText vectors"
            )
    lines = first_lines(head, encoding, whole=len(head) < AHEAD)
    layout = layout_of(path, lines)
    format, promised = ("word2vec", layout.header[0]) if layout.header else ("glove", None)
    return VectorFile(path, format, layout.dim, promised=promised, encoding=encoding, layout=layout)


def load_vectors(
    file: VectorFile, wanted: Collection[str] | None = None, first: int = 0
) -> tuple[list[str], np.ndarray]:
    """The wanted words that the file has, in its order, and their vectors (n, D) float32; `first` as for rows."""
    words, rows = [], bytearray()  # which grows where it is: all vectors are in memory once
    for word, vector in file.rows(wanted, first):
        words.append(word)
        rows += vector.tobytes()
    return words, np.frombuffer(rows, np.float32).reshape(len(words), file.dim)
