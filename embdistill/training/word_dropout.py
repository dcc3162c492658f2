"""Word dropout: in training, words are read as unknown at random, the rarer the likelier, so that the unknown word is
trained, and a text is told by its other words too."""

import numpy as np

from embdistill.data.packed import UNKNOWN, Packed


def drop_words(packed: Packed, alpha: float, rng: np.random.Generator) -> Packed:
    """A corpus in which each token of a word that occurs n times there is unknown with probability alpha / (alpha + n).

    alpha: above 0. Source: Kiperwasser & Goldberg 2016, Simple and accurate dependency parsing using bidirectional LSTM
    feature representations ("Word dropout"), https://doi.org/10.1162/tacl_a_00101
    """
    counts = np.bincount(packed.ids)
    probability = (alpha / (alpha + counts)).astype(np.float32)
    dropped = rng.random(len(packed.ids), np.float32) < probability[packed.ids]
    return packed._replace(ids=np.where(dropped, np.int32(UNKNOWN), packed.ids))
