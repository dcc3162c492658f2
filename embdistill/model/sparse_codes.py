"""Sparse codes: the most frequent words keep their rows, and each other row is a weighted sum of a few of those.

Source: Chen et al. 2016, "Compressing neural language models by sparse word representations", section 3. There the
weights come from a regularised fit; here from orthogonal matching pursuit (Pati, Rezaiifar & Krishnaprasad 1993), which
gives all words equally many, computed on inner products (Rubinstein, Zibulevsky & Elad 2008).
"""

from typing import NamedTuple

import numpy as np

from embdistill.errors import UserError

COMMON = 256  # words that keep their rows, so that a byte names one
SHARE = 4  # numbers of a row for each term of its sum, so that the two bytes of a term are 4 bits a number
RIDGE = 1e-6  # of the largest squared norm, since rows may be equal
LARGEST, STEPS = 127, 255  # a weight, in steps of its row; a step, in units
AT_ONCE = 1024  # rows, which bounds the memory


class SparseCodes(NamedTuple):
    """Codes of a table (V, d): 256 common rows, or all if V is less, and s = max(1, d // 4) of them for each other row.

    One of the others is unit * step * (the sum of weights[i] * rows[terms[i]]).
    """

    common: np.ndarray  # (256) int32, which rows of the table are kept
    rows: np.ndarray  # (256, d) float16
    terms: np.ndarray  # (V - 256, s) uint8
    weights: np.ndarray  # (V - 256, s) int8
    steps: np.ndarray  # (V - 256, 1) uint8
    unit: np.ndarray  # () float32

    def decoded(self, dim: int) -> np.ndarray:
        """The table (V, dim) float32."""
        rows = self.rows.astype(np.float32)
        sums = np.zeros((len(self.terms), len(rows)), np.float32)
        np.put_along_axis(sums, self.terms.astype(np.intp), self.weights * (self.steps * self.unit), axis=1)
        table = np.empty((len(self.common) + len(self.terms), dim), np.float32)
        table[self.common] = rows
        table[_others(table, self.common)] = sums @ rows
        return table


def sparse_codes(table: np.ndarray, counts: np.ndarray, rng: np.random.Generator) -> SparseCodes:
    """Codes of a table (V, d) float whose words occur counts (V) times in training. Nothing is drawn from rng."""
    frequent = np.argsort(-counts[1:], kind="stable") + 1
    common = np.append(0, frequent)[:COMMON].astype(np.int32)  # row 0, of all unknown words, is among them
    with np.errstate(over="ignore"):
        rows, others = table[common].astype(np.float16), table[_others(table, common)]
    if not np.isfinite(rows).all():
        raise UserError("sparse: the vectors are too large for 16 bits; lower --rate")
    length = min(max(1, table.shape[1] // SHARE), len(common))
    chunks = [others[first : first + AT_ONCE] for first in range(0, len(others) or 1, AT_ONCE)]
    found = [_pursuit(chunk, rows.astype(np.float64), length) for chunk in chunks]
    terms, weights = map(np.concatenate, zip(*found, strict=True))
    return SparseCodes(common, rows, terms.astype(np.uint8), *_quantised(weights))


def _others(table, common):
    return np.delete(np.arange(len(table)), common)


def _pursuit(targets, rows, length):
    """The terms (n, length) of the sums that approximate targets (n, d), each chosen greedily by its inner product with
    the residual, and their weights, refitted by least squares after each."""
    gram, products = rows @ rows.T, targets @ rows.T
    squares = np.diagonal(gram)
    ridge, norms = RIDGE * (squares.max() or 1), np.sqrt(np.where(squares > 0, squares, 1))
    terms, unexplained = np.empty((len(targets), length), np.intp), products
    for used in range(1, length + 1):
        gain = np.abs(unexplained) / norms
        np.put_along_axis(gain, terms[:, : used - 1], -1, axis=1)
        terms[:, used - 1] = gain.argmax(axis=1)
        chosen = terms[:, :used]
        system = gram[chosen[:, :, None], chosen[:, None, :]] + ridge * np.eye(used)
        weights = np.linalg.solve(system, np.take_along_axis(products, chosen, axis=1)[:, :, None])[:, :, 0]
        unexplained = products - np.einsum("nk,nkr->nr", weights, gram[chosen])
    return terms, weights


def _quantised(weights):
    """Weights (n, s) int8 in steps (n, 1) uint8 of a unit () float32."""
    largest = np.abs(weights).max(axis=1, keepdims=True)
    unit = np.float32(largest.max(initial=0) / (LARGEST * STEPS) or 1)
    steps = np.clip(np.ceil(largest / (LARGEST * np.float64(unit))), 1, STEPS)
    integers = np.clip(np.rint(weights / (steps * unit)), -LARGEST, LARGEST)
    return integers.astype(np.int8), steps.astype(np.uint8), np.array(unit)
