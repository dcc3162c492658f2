"""One batch: sentences picked from a packed corpus, over its own distinct words."""

import numpy as np

from embdistill.kernels import batches as kernels
from embdistill.text import Packed


def pick(packed: Packed, order: np.ndarray, slot: np.ndarray) -> tuple[np.ndarray, Packed]:
    """The sentences of the numbers (B,) int64: their distinct words (U,) int32, and a packed batch of rows of these.

    slot (V,) int32, all -1, is scratch for the kernel; V is more than any id of the packed corpus.
    """
    ids, offsets, distances = packed
    tokens = int((offsets[order + 1] - offsets[order]).sum())
    words, local, picked = np.empty(tokens, np.int32), np.empty(tokens, np.int32), np.empty(len(order) + 1, np.int64)
    count = kernels.pick(words, local, picked, slot, ids, offsets, order)
    if distances is not None:
        distances = distances[tokens_of(offsets, order)]
    return words[:count], Packed(local, picked, distances)


def tokens_of(offsets: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The places (N,) int64 in a packed corpus of all tokens of the sentences order (B,), one behind the other."""
    lengths = offsets[order + 1] - offsets[order]
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(offsets[order] - ends + lengths, lengths)


def select(packed: Packed, order: np.ndarray) -> Packed:
    """The sentences of the numbers (B,) int64, in that order, as a packed corpus of their own."""
    ids, offsets, distances = packed
    tokens = tokens_of(offsets, order)
    lengths = offsets[order + 1] - offsets[order]
    picked = np.concatenate([[0], np.cumsum(lengths)])
    return Packed(ids[tokens], picked, None if distances is None else distances[tokens])
