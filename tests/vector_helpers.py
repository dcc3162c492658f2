"""Vector files, written as their makers write them, and how the tests read them."""

import gzip
import struct

import numpy as np
import pytest

from conftest import put
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.data.vectors.hdf5_file import write_vectors
from embdistill.errors import UserError

WORDS = ["the", "naïve", "日本", "don't", "lamp,"]
DIM = 6


def _values():
    """Whole multiples of 1/64 up to 127/64, which every format, int8 and float16 among them, can hold exactly."""
    values = np.random.default_rng(7).integers(-126, 127, (len(WORDS), DIM)).astype(np.float32)
    values[range(len(WORDS)), range(len(WORDS))] = [127, -127, 127, -127, 127]
    return values / 64


VALUES = _values()


def _line(word, vector, end=b"\n"):
    return b" ".join([word.encode(), *(f"{value:.6f}".encode() for value in vector)]) + end


def _header(words, values):
    return f"{len(words)} {values.shape[1]}\n".encode()


def _glove(words=WORDS, values=VALUES):
    return b"".join(map(_line, words, values))


def _word2vec(words=WORDS, values=VALUES):
    return _header(words, values) + _glove(words, values)


def _fasttext(words=WORDS, values=VALUES):
    rows = (_line(word, vector, b" \n") for word, vector in zip(words, values, strict=True))
    return _header(words, values) + b"".join(rows)


def _record(word, vector, end):
    word = word if isinstance(word, bytes) else word.encode()
    return word + b" " + struct.pack(f"<{len(vector)}f", *vector) + end


def _binary(words=WORDS, values=VALUES, end=b"\n"):
    """As word2vec.c writes it: a newline after each record."""
    return _header(words, values) + b"".join(_record(*row, end) for row in zip(words, values, strict=True))


def _binary_dense(words=WORDS, values=VALUES):
    """As gensim writes it, and as GoogleNews-vectors has it: no newline between records."""
    return _binary(words, values, b"")


TEXTS = {"glove": _glove, "word2vec": _word2vec, "fasttext": _fasttext}
BINARIES = {"binary": _binary, "binary-dense": _binary_dense}
WRITERS = {**TEXTS, **BINARIES}
DTYPES = ["float32", "float16", "int8"]
EVERY_FORMAT = [f"{name}{ending}" for name in WRITERS for ending in ("", ".gz")] + DTYPES


def made(folder, kind, words=WORDS, values=VALUES):
    """A vector file of one of EVERY_FORMAT."""
    if kind in DTYPES:
        path = folder / "vectors.h5"
        write_vectors(path, zip(words, values, strict=True), values.shape[1], kind, {})
        return path
    content = WRITERS[kind.removesuffix(".gz")](words, values)
    return put(folder, gzip.compress(content) if kind.endswith(".gz") else content)


def loaded(path, wanted=None):
    """Words, values and counts of a file."""
    file = open_vectors(path)
    words, values = load_vectors(file, wanted)
    return words, values, dict(file.counts)


def error_of(path, wanted=None):
    """The one line that opening and reading a file ends with."""
    with pytest.raises(UserError) as caught:
        loaded(path, wanted)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def large(kind, rows=300, dim=20):
    """Enough of a vector file that its gzip has several blocks of lines; words and bytes."""
    words = [f"word{i}" for i in range(rows)]
    return words, WRITERS[kind](words, np.random.default_rng(3).normal(size=(rows, dim)).astype(np.float32))


def many():
    """20,000 words and their vectors of 50 numbers."""
    values = np.random.default_rng(5).integers(-999, 1000, (20_000, 50)).astype(np.float32) / 64
    return [f"word{i}" for i in range(len(values))], values
