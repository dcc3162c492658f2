"""N-grams of words and the vectors made of them, after docs/edm.md."""

import numpy as np


def bucket(ngram: str, buckets: int) -> int:
    number = 2166136261
    for byte in ngram.encode():
        number = (number ^ byte) * 16777619 % 2**32
    number = (number ^ number >> 16) * 0x85EBCA6B % 2**32
    number = (number ^ number >> 13) * 0xC2B2AE35 % 2**32
    return (number ^ number >> 16) * buckets >> 32


def ngrams(word: str, shortest: int, longest: int) -> list[str]:
    marked = f"<{word}>"
    lengths = [n for n in range(shortest, longest + 1) if n < len(marked)]
    return [marked[i : i + n] for i in range(len(marked)) for n in lengths if i + n <= len(marked)] + [marked]


def vector(word: str, rows: np.ndarray, shortest: int, longest: int) -> np.ndarray:
    """The vector (d) of a word; rows (K, d)."""
    found = [bucket(ngram, len(rows)) for ngram in ngrams(word, shortest, longest)]
    return sum(rows[k].astype(np.float64) for k in found) / np.sqrt(len(found))
