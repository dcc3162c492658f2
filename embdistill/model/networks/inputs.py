"""The first linear map of a network, over what stands at a token: its word and, in relation tasks, its two positions.

A linear map of concatenated vectors is the sum of one map per part. So each distinct word and each position is mapped
once, and a token is given by the rows of the products that add up to its own.
"""

from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from embdistill.kernels.dense import product
from embdistill.kernels.machine.threads import chunks
from embdistill.model.networks.output import glorot

POSITION_SPREAD = 0.1  # standard deviation of the position vectors before training
ENTITIES = (1, 2)
LEAST = 96  # rows or columns of a chunk


class Source(NamedTuple):
    """Rows (R, m) and their map (outputs, m), with the names of both among the weights; word vectors have none."""

    rows: np.ndarray
    weight: np.ndarray
    weight_name: str
    table_name: str


@dataclass(frozen=True)
class TokenMap:
    """A map from (d,) word vectors, and two (p,) position vectors where p is not 0, to `outputs` numbers.

    Position vectors belong to the distances -position_reach..position_reach from an entity; what is farther counts as
    that far.
    Source: Zeng et al. 2014, "Relation Classification via Convolutional Deep Neural Network", section 3.4.
    """

    name: str
    outputs: int
    dim: int
    position_dim: int
    position_reach: int

    def shapes(self):
        shapes = {f"{self.name}.weight": (self.outputs, self.dim)}
        if self.position_dim:
            for entity in ENTITIES:
                shapes[f"{self.name}.position{entity}"] = (self.outputs, self.position_dim)
                shapes[f"position{entity}.table"] = (2 * self.position_reach + 1, self.position_dim)
        return shapes

    def initialise_positions(self, values, rng):
        """Small random position vectors, and maps of them as of Glorot & Bengio 2010."""
        if self.position_dim:
            for entity in ENTITIES:
                table, weight = values[f"position{entity}.table"], values[f"{self.name}.position{entity}"]
                table[:] = rng.normal(0, POSITION_SPREAD, table.shape)
                weight[:] = glorot(weight.shape, rng)

    def sources(self, values, embeddings) -> list[Source]:
        """What is mapped: the word vectors (U, d) and, with positions, the two tables of position vectors."""
        name = f"{self.name}.weight"
        sources = [Source(embeddings, values[name], name, "")]
        if self.position_dim:
            for entity in ENTITIES:
                name, table = f"{self.name}.position{entity}", f"position{entity}.table"
                sources.append(Source(values[table], values[name], name, table))
        return sources

    def places(self, batch) -> list[np.ndarray]:
        """The row (N,) int32 of each token in each source."""
        if not self.position_dim:
            return [batch.ids]
        reach = self.position_reach
        positions = (np.clip(batch.positions, -reach, reach) + reach).astype(np.int32)
        return [batch.ids, *map(np.ascontiguousarray, positions.T)]

    def rows(self, sources, places) -> np.ndarray:
        """The rows (N, S) int32 of each token, where the sources stand one below the other."""
        if not self.position_dim:  # words alone
            return places[0].reshape(-1, 1)
        return np.stack([place + first for place, first in zip(places, _firsts(sources), strict=False)], axis=1)

    def products(self, sources, dtype) -> np.ndarray:
        """Products (R, outputs) of the rows of some sources, one below the other."""
        firsts = _firsts(sources)
        products = np.empty((firsts[-1], self.outputs), dtype)
        for f, source in enumerate(sources):
            _product(products[firsts[f] : firsts[f + 1]], source.rows, source.weight.T)
        return products

    def products_backward(self, dproducts, sources, gradients):
        """Gradient of products: writes those of all weights, and returns dembeddings (U, d)."""
        firsts, drows = _firsts(sources), []
        for f, source in enumerate(sources):
            dproduct = dproducts[firsts[f] : firsts[f + 1]]
            _product(gradients[source.weight_name], dproduct.T, source.rows)
            drow = np.empty_like(source.rows)
            _product(drow, dproduct, source.weight)
            drows.append(drow)
        return keep_gradients(drows, sources, gradients)


def _product(out, a, b):
    product(out, a, b, chunks(max(out.shape), LEAST))


def _firsts(sources):
    """Where the rows of each source begin, and where the last end, one source below the other."""
    return list(accumulate((len(source.rows) for source in sources), initial=0))


def keep_gradients(drows, sources, gradients):
    """Store the gradients of the rows of all sources but the words, whose own, the first, is returned."""
    for drow, source in zip(drows[1:], sources[1:], strict=True):
        gradients[source.table_name][:] = drow
    return drows[0]


def concatenated_map(values, name):
    """The map (outputs, d + 2p) of concatenated word and position vectors, as exports have it."""
    parts = ["weight", *(f"position{entity}" for entity in ENTITIES)]
    return np.hstack([values[f"{name}.{part}"] for part in parts if f"{name}.{part}" in values])
