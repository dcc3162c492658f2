"""Packed sentences, one after the other without padding: a whole corpus, or a batch."""

from typing import NamedTuple

import numpy as np

UNKNOWN = 0  # the id of every word that has none of its own


class Packed(NamedTuple):
    """Sentences without padding: sentence b is ids[offsets[b]:offsets[b + 1]].

    The ids of a corpus are those of its vocabulary. Those of a batch index the distinct words of that batch, each of
    which is encoded once (embdistill.data.batches).

    ids (N,) int32; offsets (B + 1,) int64, from 0 to N, never falling. positions (N, 2) int32, in relation tasks: the
    signed distances of each token from the two entities, in words (embdistill.data.relations). composed (n, d) float32:
    the small vectors of words that the table lacks, which have the ids from V on; None without subwords
    (embdistill.model.words).
    """

    ids: np.ndarray
    offsets: np.ndarray
    positions: np.ndarray | None = None
    composed: np.ndarray | None = None

    @property
    def sentences(self) -> int:
        return len(self.offsets) - 1


def check_packed(packed: Packed, rows: int) -> Packed:
    """The same batch, if kernels may read it; ValueError for an id outside 0..rows-1 or offsets that do not fit.

    rows: of the table and of the composed vectors together.

    Numba does not check bounds, so every batch that comes from outside goes through here.
    """
    ids, offsets, positions, _ = packed
    if ids.dtype != np.int32 or offsets.dtype != np.int64 or ids.ndim != 1 or offsets.ndim != 1:
        raise ValueError("a packed batch is ids (N,) int32 and offsets (B+1,) int64")
    if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(ids) or np.any(offsets[1:] < offsets[:-1]):
        raise ValueError(f"offsets must rise from 0 to the number of tokens, {len(ids)}")
    if len(ids) and not 0 <= ids.min() <= ids.max() < rows:
        raise ValueError(f"word ids {ids.min()}..{ids.max()} do not fit a table of {rows} rows")
    if positions is not None and (positions.shape != (len(ids), 2) or positions.dtype != np.int32):
        raise ValueError("positions are (N, 2) int32, two for each token")
    return packed


def known_words(packed: Packed) -> list[int]:
    """How many tokens of each sentence are known words."""
    known = np.concatenate([[0], np.cumsum(packed.ids != UNKNOWN)])
    return (known[packed.offsets[1:]] - known[packed.offsets[:-1]]).tolist()


def tokens_of(offsets: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The indices (N,) int64 in a packed corpus of all tokens of the sentences order (B,), in that order."""
    lengths = offsets[order + 1] - offsets[order]
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(offsets[order] - ends + lengths, lengths)


def select(packed: Packed, order: np.ndarray) -> Packed:
    """The sentences of the indices order (B,) int64, in that order, as a packed corpus of their own."""
    ids, offsets, positions, composed = packed
    tokens = tokens_of(offsets, order)
    lengths = offsets[order + 1] - offsets[order]
    picked = np.concatenate([[0], np.cumsum(lengths)])
    return Packed(ids[tokens], picked, None if positions is None else positions[tokens], composed)


def joined(first: Packed, second: Packed) -> Packed:
    """The sentences of two packed corpora of the same words, without composed vectors."""
    positions = None if first.positions is None else np.concatenate([first.positions, second.positions])
    offsets = np.concatenate([first.offsets, first.offsets[-1] + second.offsets[1:]])
    return Packed(np.concatenate([first.ids, second.ids]), offsets, positions)
