"""Batches of a packed corpus: each the sentences that were asked for, over its own distinct words."""

import numpy as np
import pytest

from embdistill.data.batches import AT_ONCE, batches
from embdistill.data.packed import Packed, select

WORDS = 40


@pytest.fixture(params=[False, True], ids=["words alone", "distances"])
def packed(request, rng):
    lengths = rng.integers(0, 9, 60)  # some sentences are empty
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    positions = rng.integers(-9, 9, (offsets[-1], 2), np.int32) if request.param else None
    return Packed(rng.integers(0, WORDS, offsets[-1], np.int32), offsets, positions)


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("count", [0, 1, AT_ONCE, 3 * AT_ONCE - 1, 3 * AT_ONCE, 3 * AT_ONCE + 1])
def test_batches(packed, rng, size, count):
    order, slot = rng.integers(0, packed.sentences, count), np.full(WORDS, -1, np.int32)  # some of them twice
    first = 0
    for sentences, words, batch in batches(packed, order, size, slot):
        np.testing.assert_array_equal(sentences, order[first : first + size])
        expected = select(packed, sentences)
        assert len(set(words.tolist())) == len(words) == len(set(expected.ids.tolist()))
        np.testing.assert_array_equal(words[batch.ids], expected.ids)
        np.testing.assert_array_equal(batch.offsets, expected.offsets)
        np.testing.assert_array_equal(batch.positions, expected.positions)
        assert (slot == -1).all()
        first += len(sentences)
    assert first == count
