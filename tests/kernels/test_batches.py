"""Batches of a packed corpus: each the sentences that were asked for, over its own distinct words."""

import numpy as np
import pytest

import naive.batches
from embdistill.data.batches import batches
from embdistill.data.packed import Packed, select
from embdistill.kernels.batches import pick
from kernel_helpers import ROWS


@pytest.mark.parametrize("twice", [False, True])
def test_pick(batch, twice):
    ids, offsets = batch
    every = np.arange(len(offsets) - 1)
    sentences = np.repeat(every, 2) if twice else every[::-1].copy()
    words, local = np.empty((2, np.diff(offsets)[sentences].sum()), np.int32)
    scratch, picked = np.full(ROWS, -1, np.int32), np.empty(len(sentences) + 1, np.int64)
    count = pick(words, local, picked, scratch, ids, offsets, sentences)
    ref_words, ref_local, ref_picked = naive.batches.pick(ids, offsets, sentences)
    np.testing.assert_array_equal(words[:count], ref_words)
    np.testing.assert_array_equal(local, ref_local)
    np.testing.assert_array_equal(picked, ref_picked)
    assert (scratch == -1).all(), "scratch must be handed back as it was"


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("count", [0, 1, 50])
@pytest.mark.parametrize("relations", [False, True])
def test_batches(rng, size, count, relations):
    lengths = rng.integers(0, 9, 60)  # some sentences are empty
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    positions = rng.integers(-9, 9, (offsets[-1], 2), np.int32) if relations else None
    packed = Packed(rng.integers(0, 40, offsets[-1], np.int32), offsets, positions)
    order, scratch = rng.integers(0, packed.sentences, count), np.full(40, -1, np.int32)  # some of them twice
    first = 0
    for sentences, words, batch in batches(packed, order, size, scratch):
        np.testing.assert_array_equal(sentences, order[first : first + size])
        expected = select(packed, sentences)
        assert len(set(words.tolist())) == len(words) == len(set(expected.ids.tolist()))
        np.testing.assert_array_equal(words[batch.ids], expected.ids)
        np.testing.assert_array_equal(batch.offsets, expected.offsets)
        np.testing.assert_array_equal(batch.positions, expected.positions)
        assert (scratch == -1).all()
        first += len(sentences)
    assert first == count
