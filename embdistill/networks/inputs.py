"""The first linear map of a network, over what stands at a token: its word and, in relation tasks, its two positions.

A map of vectors one behind the other is the sum of a map of each. So each distinct word and each position is mapped
once, and a token is named by the rows of the products that add up to its own.
"""

from dataclasses import dataclass

import numpy as np

from embdistill.networks.output import glorot
from embdistill.threads import matmul

POSITION_SPREAD = 0.1  # standard deviation of the position vectors before training
ENTITIES = (1, 2)


@dataclass(frozen=True)
class TokenMap:
    """A map from (d,) word vectors, and two (p,) position vectors where p is not 0, to `outputs` numbers.

    Position vectors belong to the distances -reach..reach from an entity; what is farther counts as that far.
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

    def forward(self, values, embeddings, batch):
        """Products (R, outputs) of the rows, the rows (N, F) int32 of each token, and the backward.

        embeddings (U, d); batch: packed, its ids in 0..U-1. R = U and F = 1; with positions R = U + 2 (2 reach + 1) and
        F = 3.
        The backward takes dproducts (R, outputs), writes the gradients of all weights and returns dembeddings (U, d).
        """
        sources = [(embeddings, values[f"{self.name}.weight"])]
        rows = batch.ids[:, None]
        if self.position_dim:
            for entity in ENTITIES:
                sources.append((values[f"position{entity}.table"], values[f"{self.name}.position{entity}"]))
            reach = self.position_reach
            positions = np.clip(batch.distances, -reach, reach) + reach + [0, 2 * reach + 1] + len(embeddings)
            rows = np.hstack([rows, positions.astype(np.int32)])
        ends = np.cumsum([len(source) for source, _ in sources])
        products = np.empty((ends[-1], self.outputs), embeddings.dtype)
        pieces = [slice(end - len(source), end) for end, (source, _) in zip(ends, sources, strict=True)]
        for piece, (source, weight) in zip(pieces, sources, strict=True):
            matmul(source, weight.T, products[piece])

        def backward(dproducts, gradients):
            np.matmul(dproducts[pieces[0]].T, embeddings, out=gradients[f"{self.name}.weight"])
            for entity, piece, (table, weight) in zip(ENTITIES, pieces[1:], sources[1:], strict=False):
                np.matmul(dproducts[piece].T, table, out=gradients[f"{self.name}.position{entity}"])
                np.matmul(dproducts[piece], weight, out=gradients[f"position{entity}.table"])
            return matmul(dproducts[pieces[0]], sources[0][1], np.empty_like(embeddings))

        return products, rows, backward
