"""Product codes: a row of a table is cut into blocks of two numbers, and a byte names the centroid nearest to each.

Source: Jégou, Douze & Schmid 2011, "Product quantization for nearest neighbor search"; of word tables, with the norm of
a row coded apart, Joulin et al. 2016, "FastText.zip", section 3.
"""

from typing import NamedTuple

import numpy as np
from scipy.cluster.vq import vq

BLOCK = 2  # numbers that share a byte
CENTROIDS = 256
PASSES, SAMPLE = 25, 65_536  # of k-means, as in fastText: passes, and the rows that it sees at most


class ProductCodes(NamedTuple):
    """Codes of a table (V, d) in M = ceil(d / 2) blocks, with 256 centroids each, or V if that is less.

    A row is norms[norm_codes[row]] times its centroids, centroids[m, codes[row, m]], one after the other.
    """

    codes: np.ndarray  # (V, M) uint8
    centroids: np.ndarray  # (M, 256, 2) float16
    norm_codes: np.ndarray  # (V) uint8
    norms: np.ndarray  # (256, 1) float32

    def decoded(self, dim: int) -> np.ndarray:
        """The table (V, dim) float32."""
        blocks = [centroids[codes] for centroids, codes in zip(self.centroids, self.codes.T, strict=True)]
        return np.hstack(blocks)[:, :dim] * self.norms[self.norm_codes]


def product_codes(table: np.ndarray, counts: np.ndarray, rng: np.random.Generator) -> ProductCodes:
    """Codes of a table (V, d) float. counts (V), how often the words occur in training, do not matter."""
    norms = np.linalg.norm(table, axis=1, keepdims=True).astype(np.float64)
    directions = np.pad(table / np.where(norms > 0, norms, 1), ((0, 0), (0, -table.shape[1] % BLOCK)))
    blocks = np.hsplit(directions, directions.shape[1] // BLOCK)
    codes, centroids = zip(*(_coded(block, rng) for block in blocks), strict=True)
    norm_codes, norms = _coded(norms, rng)
    return ProductCodes(
        np.stack(codes, axis=1), np.stack(centroids).astype(np.float16), norm_codes, norms.astype(np.float32)
    )


def _coded(rows, rng):
    """The nearest centroid of each row (V) uint8, and the centroids (256, columns), zeros beyond the distinct rows."""
    distinct = np.unique(rows, axis=0)
    if len(distinct) > CENTROIDS:
        distinct = _k_means(rng.permutation(rows)[:SAMPLE], rng.permutation(distinct)[:CENTROIDS])
    centroids = np.zeros((min(CENTROIDS, len(rows)), rows.shape[1]))
    centroids[: len(distinct)] = distinct
    return vq(rows, centroids)[0].astype(np.uint8), centroids


def _k_means(rows, centroids):
    """Centroids (256, columns), each moved PASSES times to the mean of the rows nearest to it, if there are any."""
    for _ in range(PASSES):
        nearest, _ = vq(rows, centroids)
        sizes = np.bincount(nearest, minlength=len(centroids))[:, None]
        sums = np.stack([np.bincount(nearest, column, len(centroids)) for column in rows.T], axis=1)
        centroids = np.where(sizes > 0, sums / np.maximum(sizes, 1), centroids)
    return centroids
