"""The binary format of word2vec: a header `V D`, then a word, a space and D float32 a record."""

from collections.abc import Collection, Iterator

import numpy as np

from embdistill.data.vectors.stream import decode_word
from embdistill.data.wanted import encoded
from embdistill.errors import UserError

READ = 1 << 20  # bytes read at a time


def rows(file, wanted: Collection[str] | None, first: int) -> Iterator[tuple[str, np.ndarray]]:
    """(word, vector (D,) float32) of each wanted record of a VectorFile, and of the first records."""
    wanted = None if wanted is None else encoded(wanted)
    size = 4 * file.dim
    with file.stream() as stream:
        promised = int(stream.file.readline().split()[0])
        buffer, at = b"", 0
        for record in range(1, promised + 1):
            while (space := buffer.find(b" ", at)) < 0 or len(buffer) < space + 1 + size:
                more = stream.file.read(READ)
                if not more:
                    problem = f"ends in record {record} of {promised}; the file is cut off or not word2vec"
                    raise UserError(f"{file.path}: {problem}")
                buffer, at = buffer[at:] + more, 0
            file.counts["rows read"] += 1
            word = buffer[at:space].lstrip(b"\n")  # word2vec ends a record with a newline, gensim does not
            at = space + 1 + size
            if wanted is None or record <= first or word in wanted:
                vector = np.frombuffer(buffer, "<f4", file.dim, space + 1).astype(np.float32)
                if not np.isfinite(vector).all():
                    raise UserError(f"{file.path}: record {record} has a NaN or infinite value; remove it")
                decoded = decode_word(word, file.counts)
                if decoded is not None:
                    yield decoded, vector
        if (buffer[at:] + stream.file.read(1)).strip(b"\n"):
            problem = f"goes on after record {promised}, the last that its header promises; fix the header"
            raise UserError(f"{file.path}: {problem}")
