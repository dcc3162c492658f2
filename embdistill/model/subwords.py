"""Small vectors of words that the table lacks, from their character n-grams.

The n-grams of <word> share K vectors by their hashes, so-called buckets. They are fitted when a run ends, in closed
form, so that the words whose small vectors are known get these again.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embdistill.kernels.runtime import _runtime

SHORTEST, LONGEST = 3, 6  # characters of an n-gram, < and > included; the whole <word> is one too
LONGEST_NGRAM = 16  # characters that a model may say
RIDGE = 3.0  # penalty of the squared values of a bucket; a word of average weight counts as 1
TRUST = 0.6  # of the vectors that n-grams give, as a factor: they are often wrong, and a small vector says less
AT_ONCE = 4096  # words whose vectors are made at once, which bounds the memory
GRAM_ROWS = 256  # of a product of sparse matrices, which is hardly sparse


@dataclass(frozen=True)
class Subwords:
    """The vectors of n-grams: buckets (K, d) float32. shortest, longest: characters of an n-gram.

    A word is the sum of the buckets of its n-grams, divided by the square root of their number.
    Source: Zhao, Mudgal & Liang 2018, "Generalizing word embeddings using bag of subwords", section 3.
    """

    buckets: np.ndarray
    shortest: int = SHORTEST
    longest: int = LONGEST

    def ngrams(self, word: str) -> list[int]:
        """The bucket of each n-gram of a word, at least one."""
        return _runtime.ngrams(word, self.shortest, self.longest, len(self.buckets))

    def spelt(self, word: str) -> list[str]:
        """The n-grams of a word in the order of ngrams()."""
        whole = f"<{word}>"
        sizes = range(self.shortest, min(self.longest, len(whole) - 1) + 1)
        parts = [whole[i : i + size] for i in range(len(whole)) for size in sizes if i + size <= len(whole)]
        return [*parts, whole]

    def vectors(self, words: Sequence[str]) -> np.ndarray:
        """The small vectors (n, d) float32 of words."""
        vectors = np.empty((len(words), self.buckets.shape[1]), np.float32)
        for first in range(0, len(words), AT_ONCE):
            rows, starts, counts = _flat(map(self.ngrams, words[first : first + AT_ONCE]))
            sums = np.add.reduceat(self.buckets[rows], starts, axis=0)
            vectors[first : first + AT_ONCE] = sums / np.sqrt(counts, dtype=np.float32)[:, None]
        return vectors


def fit(words: Sequence[str], vectors: np.ndarray, weights: np.ndarray, buckets: int) -> Subwords:
    """The buckets B that give words (n) their vectors (n, d) best: the minimum over B (K, d) of

    sum over i of weights[i] * |x_i B - vectors[i]|^2 + RIDGE * |B|^2,

    where x_i (K) has 1 / sqrt(number of n-grams) for each n-gram of word i. weights (n): above 0, scaled here to a mean
    of 1. They are then multiplied by TRUST. Takes 8 m^2 bytes of memory, and time that grows with m^3, where m is the
    smaller of K and n.
    Source: Hoerl & Kennard 1970, "Ridge regression".
    """
    import scipy.sparse

    rows, starts, counts = _flat(_runtime.ngrams(word, SHORTEST, LONGEST, buckets) for word in words)
    scale = np.sqrt(weights / weights.mean())
    values = np.repeat(scale / np.sqrt(counts), counts)
    ends = np.append(starts, len(rows)).astype(np.int32)
    incidence = scipy.sparse.csr_array((values, rows, ends), shape=(len(words), buckets))
    incidence.sum_duplicates()
    transposed = incidence.T.tocsr()
    targets = vectors * scale[:, None]
    if len(words) < buckets:  # the same by the smaller matrix, of words: (X'X + r)^-1 X' = X' (XX' + r)^-1
        found = transposed @ _solve(incidence, transposed, targets)
    else:
        found = _solve(transposed, incidence, transposed @ targets)
    return Subwords(np.ascontiguousarray(TRUST * found, np.float32))


def rank_weights(count: int) -> np.ndarray:
    """Weights (count,) of words in the order of their frequency: about the root of how often, by Zipf's law."""
    return 1 / np.sqrt(np.arange(1, count + 1))


def _solve(factor, transposed, targets):
    """(A A' + r)^-1 T, for a sparse A (m, n) and T (m, d)."""
    import scipy.linalg

    gram = np.empty((factor.shape[0],) * 2, order="F")  # as LAPACK takes it without a copy
    for first in range(0, len(gram), GRAM_ROWS):
        some = factor[first : first + GRAM_ROWS]
        gram[:, first : first + GRAM_ROWS] = (some @ transposed).toarray().T
    gram[np.diag_indices(len(gram))] += RIDGE
    return scipy.linalg.solve(gram, targets, assume_a="pos", overwrite_a=True, overwrite_b=True)


def _flat(found):
    """Lists of buckets, none empty, one after the other (N,), where each starts (n,), and how many it has (n,)."""
    rows, counts = array("i"), array("q")
    for row in found:
        rows.extend(row)
        counts.append(len(row))
    rows, counts = np.frombuffer(rows, np.int32), np.frombuffer(counts, np.int64)
    return rows, np.cumsum(counts) - counts, counts
