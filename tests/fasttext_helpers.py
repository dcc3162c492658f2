"""fastText models written by the tests, and what fastText's own code makes of their words, in plain loops."""

import struct

import numpy as np


def write_model(path, words, matrix, minn=3, maxn=6, buckets=50, labels=(), quantised=False, version=12, model=2):
    """An unquantised model as fastText 0.9 saves it. matrix (len(words) + buckets, D) float32."""
    dim = matrix.shape[1]
    content = struct.pack("<2i12id", 793712314, version, dim, 5, 1, 1, 5, 1, 1, model, buckets, minn, maxn, 100, 1e-4)
    content += struct.pack("<3i2q", len(words) + len(labels), len(words), len(labels), 999, -1)
    for kind, names in enumerate([words, labels]):
        for name in names:
            content += (name if isinstance(name, bytes) else name.encode()) + b"\0" + struct.pack("<qb", 3, kind)
    content += struct.pack("<?2q", quantised, *matrix.shape) + matrix.astype("<f4").tobytes()
    content += struct.pack("<?2q", False, len(words), dim) + b"\0" * 4 * len(words) * dim  # the output matrix
    path.write_bytes(content)
    return path


def fnv(ngram: bytes) -> int:
    """fastText's hash: the bytes are signed, so those above 127 are sign-extended to 32 bits."""
    h = 2166136261
    for byte in ngram:
        signed = byte - 256 if byte > 127 else byte
        h = ((h ^ (signed % 2**32)) * 16777619) % 2**32
    return h


def naive_vector(word, words, matrix, minn, maxn, buckets):
    """The mean of the rows of a word, as Dictionary::computeSubwords and FastText::getWordVector do, or None."""
    rows = [words.index(word)] if word in words else []
    marked = "<" + word + ">"
    if word != "</s>" and buckets:
        for first in range(len(marked)):
            for last in range(first + 1, len(marked) + 1):
                n = last - first
                if minn <= n <= maxn and not (n == 1 and (first == 0 or last == len(marked))):
                    rows.append(len(words) + fnv(marked[first:last].encode()) % buckets)
    return matrix[rows].astype(np.float64).mean(axis=0) if rows else None
