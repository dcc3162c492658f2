"""Batches: sentences picked from a packed corpus, each batch over its own distinct words."""

from collections.abc import Iterator

import numpy as np

from embdistill.data.packed import Packed, tokens_of
from embdistill.kernels.batches import pick

AT_ONCE = 16  # batches that are picked in one call


def batches(
    packed: Packed, order: np.ndarray, size: int, slot: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, Packed]]:
    """The sentences of the numbers order (P,) int64, `size` a batch, the last may have fewer. For each batch: the
    numbers (B,) of its sentences, their distinct words (U,) int32, and a packed batch of rows of these: views of arrays
    that several batches share.

    slot (V,) int32, all -1, is scratch for the kernel; V is more than any id of the packed corpus.
    """
    ids, offsets, positions = packed
    for first in range(0, len(order), AT_ONCE * size):
        some = order[first : first + AT_ONCE * size]
        tokens = int((offsets[some + 1] - offsets[some]).sum())
        counts = np.empty(-(-len(some) // size), np.int64)
        words, local = np.empty(tokens, np.int32), np.empty(tokens, np.int32)
        picked = np.empty(len(some) + len(counts), np.int64)
        pick(words, local, picked, counts, slot, ids, offsets, some, size)
        picked_distances = None if positions is None else positions[tokens_of(offsets, some)]
        begin = 0
        for number, count in enumerate(counts.tolist()):
            sentences, at = some[number * size : (number + 1) * size], number * (size + 1)
            places = picked[at : at + len(sentences) + 1]
            end = begin + int(places[-1])
            batch = Packed(local[begin:end], places, None if positions is None else picked_distances[begin:end])
            yield sentences, words[begin : begin + count], batch
            begin = end
