"""Tables in product codes."""

import numpy as np
import pytest

from embdistill.model.product_codes import CENTROIDS, product_codes


def coded(table, seed=0):
    """Codes of a table (V, d) as float32."""
    return product_codes(np.asarray(table, np.float32), np.ones(len(table), np.int64), np.random.default_rng(seed))


@pytest.mark.parametrize("dim", [1, 2, 5, 8])
@pytest.mark.parametrize("words", [1, 2, 200, 256, 257, 900])
def test_the_parts_and_what_they_decode_to(rng, words, dim):
    """In plain loops: the norm, times the centroid of each block; and no other centroid is nearer to a block."""
    table = rng.normal(size=(words, dim)).astype(np.float32)
    codes, found = coded(table), coded(table).decoded(dim)
    blocks, centroids = -(-dim // 2), min(words, CENTROIDS)
    shapes = (words, blocks), (blocks, centroids, 2), (words,), (centroids, 1)
    assert tuple(part.shape for part in codes) == shapes
    assert [part.dtype.name for part in codes] == ["uint8", "float16", "uint8", "float32"]
    assert found.shape == (words, dim) and found.dtype == np.float32
    for i in range(0, words, 7):
        norm = np.linalg.norm(table[i].astype(np.float64))
        assert abs(codes.norms[codes.norm_codes[i], 0] - norm) <= 1.0001 * np.abs(codes.norms[:, 0] - norm).min() + 1e-6
        for m in range(blocks):
            block = np.zeros(2)
            block[: dim - 2 * m] = table[i, 2 * m : 2 * m + 2] / norm
            distances = np.linalg.norm(codes.centroids[m].astype(np.float64) - block, axis=1)
            assert distances[codes.codes[i, m]] <= distances.min() + 1e-3  # which float16 rounds off
            expected = codes.centroids[m, codes.codes[i, m]] * codes.norms[codes.norm_codes[i], 0]
            np.testing.assert_allclose(found[i, 2 * m : 2 * m + 2], expected[: dim - 2 * m], rtol=1e-6)


@pytest.mark.parametrize("words", [1, 5, 256])
def test_as_many_words_as_centroids_are_kept(rng, words):
    table = rng.normal(size=(words, 7))
    np.testing.assert_allclose(coded(table).decoded(7), table, atol=2e-3)


def test_duplicates_are_kept(rng):
    """300 words with three vectors, and one word that is zero."""
    table = np.vstack([np.repeat(rng.normal(size=(3, 6)), 100, axis=0), np.zeros((1, 6))])
    found = coded(table).decoded(6)
    np.testing.assert_allclose(found, table, atol=2e-3)
    assert not found[-1].any()


def test_norms_are_apart(rng):
    """Words that say little stay near zero beside words that say much."""
    table = rng.normal(size=(2000, 8)) * np.where(np.arange(2000) < 1000, 1, 0.01)[:, None]
    errors = np.linalg.norm(coded(table).decoded(8) - table, axis=1) / np.linalg.norm(table, axis=1)
    assert errors[1000:].mean() < 1.2 * errors[:1000].mean() < 0.12


def test_centroids_are_the_means_of_their_rows(rng):
    table = rng.normal(size=(4000, 2)).astype(np.float32)
    codes, directions = coded(table), table / np.linalg.norm(table, axis=1, keepdims=True)
    members = [directions[codes.codes[:, 0] == k] for k in range(CENTROIDS)]
    away = [np.linalg.norm(rows.mean(axis=0) - codes.centroids[0, k]) for k, rows in enumerate(members) if len(rows)]
    assert len(away) > 240 and np.mean(away) < 2e-3


def test_the_seed_alone_decides(rng):
    table = rng.normal(size=(1000, 6))
    first, again, other = coded(table), coded(table), coded(table, seed=1)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.codes, other.codes)
