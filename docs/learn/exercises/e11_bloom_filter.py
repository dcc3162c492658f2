"""11. Ask a Bloom filter.

80,000 right words would take half a megabyte; a Bloom filter of 8 bits a word only says whether a word is among
them, and is wrong for about one word in forty that is not. Each word has `probes` bits, all of which are set when
it is put in: bit i of a word with the 64-bit hash x is

    ((first + i step) mod 2^32) bits // 2^32,     first = x // 2^32,  step = (x mod 2^32) | 1

Bit n stands in byte n // 8, the lowest bit of a byte first. A word is in the filter if all its bits are set. (Use
Python integers: int(x). Those of NumPy overflow.)

Read: docs/edm.md, SPEL (Bloom 1970). In the project: kernels/runtime/correction.c.
"""

import struct

from embdistill.model.correction import Correction
from embdistill.model.word_index import word_hashes


def holds(filter_bytes, bits, probes, x):
    """Whether the filter of so many bits holds the word with the hash x."""
    raise NotImplementedError


def a_filter(words, seed=7):
    """(bytes, bits, probes) of a filter as embdistill writes it."""
    section = Correction("", None, spellings=words).spellings_section(struct.pack("<2I", 0, seed))
    bits, probes = struct.unpack_from("<2I", section)
    return section[8:], bits, probes


def test_it_holds_its_words_and_few_others():
    words, others = [f"word{i}" for i in range(500)], [f"other{i}" for i in range(2000)]
    made = a_filter(words)
    assert all(holds(*made, int(x)) for x in word_hashes(words, 7))
    wrong = sum(bool(holds(*made, int(x))) for x in word_hashes(others, 7))
    assert 0 < wrong < 0.05 * len(others)
