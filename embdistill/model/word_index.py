"""The word index of a model: from a word to its row in about 4.6 or 2.6 bytes a word, without storing the words."""

import struct
from collections.abc import Sequence

import numpy as np

GROUP = 32  # buckets that share a base
SHORT = 32_768  # the most words of which remainders may have 16 bits; of more, too many collide
LARGEST_BUCKET = 15  # words; the size of a bucket has four bits
FNV_START, FNV_PRIME = np.uint64(14695981039346656037), np.uint64(1099511628211)


def word_hashes(words: Sequence[str], seed: int) -> np.ndarray:
    """The 64-bit hashes (n,) uint64 of words: FNV-1a of their UTF-8, then the finaliser of MurmurHash3.

    Source: Fowler, Noll & Vo, draft-eastlake-fnv; Appleby, MurmurHash3, fmix64.
    """
    encoded = [word.encode() for word in words]
    lengths = np.array([len(word) for word in encoded], np.int64)
    letters = np.frombuffer(b"".join(encoded), np.uint8).astype(np.uint64)
    starts = np.cumsum(lengths) - lengths
    hashes = np.full(len(words), FNV_START ^ np.uint64(seed))
    for i in range(lengths.max(initial=0)):  # byte i of all words at once
        longer = np.flatnonzero(lengths > i)
        hashes[longer] = (hashes[longer] ^ letters[starts[longer] + i]) * FNV_PRIME
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        hashes = (hashes ^ hashes >> np.uint64(33)) * np.uint64(factor)
    return hashes ^ hashes >> np.uint64(33)


def index_words(words: Sequence[str], short: bool = False) -> tuple[bytes, np.ndarray]:
    """The section WORD (docs/edm.md), and the order (n,) int64 of the words in it.

    short: whether a remainder has 16 bits, if there are at most SHORT words; then 1 of 65,000 unknown words is mistaken
    for a known one. The seed is the first with which no bucket is too large and no two words share bucket and
    remainder. ValueError for words that are not distinct.
    """
    if len(set(words)) < len(words):
        raise ValueError("the words of an index must be distinct")
    buckets = max(1, len(words))
    remainder = np.dtype("<u2" if (short := short and len(words) <= SHORT) else "<u4")
    seed = 0
    while (found := _ordered(word_hashes(words, seed), buckets, remainder)) is None:
        seed += 1
    order, sizes, remainders = found
    bases = np.concatenate([[0], np.cumsum(sizes)])[: len(sizes) : GROUP]
    sizes = np.append(sizes, np.zeros(len(sizes) % 2, sizes.dtype)).astype(np.uint8)
    header = struct.pack("<4I", len(words), seed, buckets, short)
    halves = sizes[0::2] | sizes[1::2] << 4
    return header + bases.astype("<u4").tobytes() + remainders.tobytes() + halves.tobytes(), order


def index_bytes(words: int, short: bool = False) -> int:
    """The size of the section WORD for `words` words. short: as in index_words."""
    buckets = max(1, words)
    return 16 + 4 * -(-buckets // GROUP) + (2 if short and words <= SHORT else 4) * words + -(-buckets // 2)


def _ordered(hashes, buckets, dtype):
    """Order of the words, sizes of the buckets, and remainders in that order; None if another seed is needed."""
    bucket = (hashes >> np.uint64(32)) * np.uint64(buckets) >> np.uint64(32)
    remainder = hashes.astype(dtype)  # the lowest bits
    order = np.lexsort((remainder, bucket))
    sizes = np.bincount(bucket.astype(np.int64), minlength=buckets)
    bucket, remainder = bucket[order], remainder[order]
    if sizes.max() > LARGEST_BUCKET or np.any((bucket[1:] == bucket[:-1]) & (remainder[1:] == remainder[:-1])):
        return None
    return order, sizes, remainder
