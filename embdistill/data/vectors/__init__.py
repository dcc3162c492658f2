"""Large word vectors: a file for each format, read row by row, so that only the rows asked for are in memory.

What is handled and counted, and what is an error, stands in docs/formats.md.
"""

import itertools
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from embdistill.data.vectors import hdf5_file, text, word2vec_binary
from embdistill.data.vectors.stream import Stream
from embdistill.errors import UserError
from embdistill.storage.userblock import is_hdf5

PEEK_LINES = 100  # lines read ahead to tell the dimension where no header gives it

# By format: rows(file, wanted) yields what VectorFile.rows does, repeated words too, and counts in file.counts.
READERS = {
    "glove": text.rows,
    "word2vec": text.rows,
    "word2vec-binary": word2vec_binary.rows,
    "hdf5": hdf5_file.rows,
}


@dataclass
class VectorFile:
    """A vector file, read row by row.

    format: a key of READERS; a fastText `.vec` is a word2vec text file. dim: D.
    counts: what was met and how often, complete once the rows have been read to the end.
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

        Of several rows of a word, the first counts. Raises UserError, with the line, for a row that is not sound.
        """
        self.counts.clear()
        seen = set()
        for word, vector in READERS[self.format](self, wanted):
            if word in seen:
                self.counts["rows of words met before, left out"] += 1
            else:
                seen.add(word)
                yield word, vector


def open_vectors(path: str | Path) -> VectorFile:
    """Tell the format and dimension of a vector file by its start; UserError if it is none."""
    path = str(path)
    if is_hdf5(path):
        return VectorFile(path, "hdf5", hdf5_file.vectors_summary(path)["dim"])
    with Stream(path) as stream:
        head = [line for _, line in itertools.islice(stream.lines(), PEEK_LINES)]
    if not head:
        raise UserError(f"{path}: no vectors in it; give a GloVe, word2vec or fastText file")
    header = head[0].split()
    if len(header) == 2 and all(number.isdigit() for number in header) and int(header[1]) > 0:
        if len(head) == 1:
            raise UserError(f"{path}: no vectors after its header; fetch it again")
        format = "word2vec" if text.is_row(head[1]) else "word2vec-binary"
        return VectorFile(path, format, dim=int(header[1]))
    # Some words may have spaces in them and the last line may be short, so the most frequent number of fields decides.
    dim = Counter(len(line.split()) for line in head).most_common(1)[0][0] - 1
    if dim < 1:
        raise UserError(f"{path}:1: no vector on this line; write a word and its values, one space between them")
    return VectorFile(path, "glove", dim)


def load_vectors(file: VectorFile, wanted: Collection[str] | None = None) -> tuple[list[str], np.ndarray]:
    """The wanted words that the file has, in its order, and their vectors (n, D) float32."""
    words, rows = [], []
    for word, vector in file.rows(wanted):
        words.append(word)
        rows.append(vector)
    return words, np.array(rows, np.float32).reshape(len(rows), file.dim)
