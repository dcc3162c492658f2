"""Tables in sparse codes."""

import numpy as np
import pytest

from embdistill.errors import UserError
from embdistill.model import sparse_codes as module
from embdistill.model.sparse_codes import sparse_codes


def coded(table, counts=None):
    """Codes of a table (V, d) as float32; by default the first words are the most frequent ones."""
    counts = np.arange(len(table), 0, -1) if counts is None else counts
    return sparse_codes(np.asarray(table, np.float32), counts, np.random.default_rng(0))


@pytest.mark.parametrize("dim", [1, 3, 4, 9, 50])
@pytest.mark.parametrize("words", [1, 2, 255, 256, 257, 600])
def test_the_parts_and_what_they_decode_to(rng, words, dim):
    """In plain loops: a common row, or the weighted sum of some."""
    table = rng.normal(size=(words, dim))
    codes, found = coded(table), coded(table).decoded(dim)
    common, terms = min(words, 256), min(words, max(1, dim // 4))
    others = words - common
    shapes = (common,), (common, dim), (others, terms), (others, terms), (others, 1), ()
    assert tuple(part.shape for part in codes) == shapes
    assert [part.dtype.name for part in codes] == ["int32", "float16", "uint8", "int8", "uint8", "float32"]
    assert found.shape == (words, dim) and found.dtype == np.float32
    np.testing.assert_array_equal(found[:common], codes.rows)
    for i in range(others):
        row = sum(
            weight * codes.rows[term].astype(float)
            for term, weight in zip(codes.terms[i], codes.weights[i], strict=True)
        )
        np.testing.assert_allclose(found[common + i], row * codes.steps[i] * codes.unit, atol=1e-5)


def test_common_rows_are_those_of_frequent_words_and_of_the_unknown_one(rng):
    counts = rng.integers(1, 1000, 400)
    counts[0] = 0
    table = rng.normal(size=(400, 8))
    codes = coded(table, counts)
    assert codes.common[0] == 0 and len(set(codes.common)) == 256
    assert counts[codes.common[1:]].min() >= np.delete(counts, codes.common).max()
    np.testing.assert_allclose(codes.decoded(8)[codes.common], table[codes.common], rtol=1e-3)


def test_the_pursuit_is_that_of_the_books(rng):
    """Orthogonal matching pursuit of a row by itself: the term that explains most of the rest, then least squares."""
    table = rng.normal(size=(300, 12))
    codes = coded(table)
    rows = codes.rows.astype(np.float64)
    for i, target in enumerate(table[256:].astype(np.float32).astype(np.float64)):
        chosen, rest = [], target
        for _ in range(3):
            chosen.append(np.argmax(np.abs(rows @ rest) / np.linalg.norm(rows, axis=1)))
            weights, *_ = np.linalg.lstsq(rows[chosen].T, target)
            rest = target - weights @ rows[chosen]
        assert codes.terms[i].tolist() == chosen
        step = float(codes.steps[i, 0] * codes.unit)
        np.testing.assert_allclose(codes.weights[i] * step, weights, atol=0.51 * step + 1e-4)


def test_sums_of_common_rows_are_found_again(rng):
    common = rng.normal(size=(256, 40))
    chosen = np.array([rng.choice(256, 3, replace=False) for _ in range(500)])
    rest = np.einsum("ns,nsd->nd", rng.uniform(0.5, 2, (500, 3)) * rng.choice([-1, 1], (500, 3)), common[chosen])
    found = coded(np.vstack([common, rest])).decoded(40)[256:]
    near = np.linalg.norm(found - rest, axis=1) < 0.02 * np.linalg.norm(rest, axis=1)
    assert near.mean() > 0.9


@pytest.mark.parametrize(
    "rows", [np.zeros((300, 12)), np.ones((300, 12)), np.vstack([np.zeros((256, 12)), np.ones((9, 12))])]
)
@pytest.mark.filterwarnings("error")
def test_rows_that_are_equal_or_zero(rows):
    found = coded(rows).decoded(12)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:256], rows[:256], atol=1e-3)
    if rows[0].any():
        np.testing.assert_allclose(found, rows, atol=1e-2)


def test_rows_at_a_time_do_not_matter(rng, monkeypatch):
    table = rng.normal(size=(700, 9))
    whole = coded(table)
    monkeypatch.setattr(module, "AT_ONCE", 100)
    for part, again in zip(whole, coded(table), strict=True):
        np.testing.assert_array_equal(part, again)


def test_rows_too_large_for_16_bits(rng):
    with pytest.raises(UserError, match="sparse: the vectors are too large"):
        coded(rng.normal(0, 1e5, (300, 4)))
