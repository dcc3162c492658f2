"""The filter of right words, after docs/edm.md, bit by bit."""

import struct

from naive.edm import word_hash


def probes(word: str, seed: int, bits: int, count: int) -> list[int]:
    """The bits of a word."""
    number = word_hash(word, seed)
    first, step = number >> 32, number % 2**32 | 1
    return [(first + i * step) % 2**32 * bits >> 32 for i in range(count)]


def section(words, seed: int, bits: int, count: int) -> bytes:
    """SPEL of some words."""
    held = bytearray(bits // 8)
    for bit in (bit for word in words for bit in probes(word, seed, bits, count)):
        held[bit // 8] |= 1 << bit % 8
    return struct.pack("<2I", bits, count) + held


def holds(section: bytes, word: str, seed: int) -> bool:
    """Whether all bits of a word are set."""
    bits, count = struct.unpack_from("<2I", section)
    return all(section[8 + bit // 8] >> bit % 8 & 1 for bit in probes(word, seed, bits, count))
