"""Batches: sentences picked from a packed corpus, each batch over its own distinct words."""

from collections.abc import Iterator

import numpy as np

from embdistill.data.packed import Packed, tokens_of
from embdistill.kernels.batches import pick


def pick_batch(packed: Packed, sentences: np.ndarray, scratch: np.ndarray) -> tuple[np.ndarray, Packed]:
    """The sentences of the indices (B,) int64: their distinct words (U,) int32, and a packed batch of rows of these.

    scratch (V,) int32, all -1, is for the kernel, and all -1 again afterwards; V is more than any id of the corpus.
    """
    ids, offsets, positions, _ = packed
    tokens = int((offsets[sentences + 1] - offsets[sentences]).sum())
    words, local = np.empty(tokens, np.int32), np.empty(tokens, np.int32)
    picked = np.empty(len(sentences) + 1, np.int64)
    count = pick(words, local, picked, scratch, ids, offsets, sentences)
    if positions is not None:
        positions = positions[tokens_of(offsets, sentences)]
    return words[:count], Packed(local, picked, positions)


def batches(
    packed: Packed, order: np.ndarray, size: int, scratch: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, Packed]]:
    """The sentences of the indices order (P,) int64, `size` a batch, the last may have fewer.

    For each batch: the indices (B,) of its sentences, and what pick_batch makes of them.
    """
    for first in range(0, len(order), size):
        sentences = order[first : first + size]
        yield sentences, *pick_batch(packed, sentences, scratch)
