"""The word index: every word has its row, and row 0 is of all others."""

import struct

import numpy as np
import pytest

import naive.edm
from embdistill.model import word_index as index


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 64, 20_000, 32_769])
def test_word_indexes_of_any_size(count, short):
    words = [f"word{i}" for i in range(count)]
    section, order = index.index_words(words, short)
    assert len(section) == index.index_bytes(count, short) and sorted(order) == list(range(count))
    assert section[12] == (short and count <= index.SHORT)
    for place in {0, count // 2, count - 1}:
        assert naive.edm.lookup(section, words[order[place]]) == place + 1


def test_another_seed_where_words_collide(monkeypatch):
    honest = index.word_hashes

    def colliding(words, seed):
        return np.full(len(words), 7, np.uint64) if seed < 3 else honest(words, seed)

    monkeypatch.setattr(index, "word_hashes", colliding)
    section, order = index.index_words(["a", "b", "c"])
    assert struct.unpack_from("<2I", section) == (3, 3)
    assert [naive.edm.lookup(section, "abc"[i]) for i in order] == [1, 2, 3]


def test_words_twice_are_refused():
    with pytest.raises(ValueError, match="distinct"):
        index.index_words(["a", "a"])
