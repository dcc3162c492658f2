"""The first linear map of a network, over what stands at a token: its word and, in relation tasks, its two positions.

A map of vectors one behind the other is the sum of a map of each. So each distinct word and each position is mapped
once, and a token is named by the rows of the products that add up to its own.
"""

from dataclasses import dataclass

import numpy as np

from embdistill.networks.output import glorot
from embdistill.threads import matmul, transposed_matmul

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

    def sources(self, values, embeddings):
        """What is mapped: pairs of rows (R_s, m_s) and their map (outputs, m_s); the words, then with positions two more.

        embeddings (U, d).
        """
        sources = [(embeddings, values[f"{self.name}.weight"])]
        if self.position_dim:
            for entity in ENTITIES:
                sources.append((values[f"position{entity}.table"], values[f"{self.name}.position{entity}"]))
        return sources

    def rows(self, batch):
        """The rows (N, F) int32 of each token of a packed batch, one in each source: F is 1, and 3 with positions."""
        rows = batch.ids[:, None]
        if self.position_dim:
            positions = np.clip(batch.distances, -self.position_reach, self.position_reach) + self.position_reach
            rows = np.hstack([rows, positions.astype(np.int32)])
        return rows

    def products(self, sources, rows):
        """Products (R, outputs) of the rows of all sources, one source below the other, and the rows (N, F) there."""
        ends = np.cumsum([len(source) for source, _ in sources])
        products = np.empty((ends[-1], self.outputs), sources[0][0].dtype)
        for piece, (source, weight) in zip(_slices(ends), sources, strict=True):
            matmul(source, weight.T, products[piece])
        return products, rows + (ends - [len(source) for source, _ in sources]).astype(np.int32)

    def products_backward(self, dproducts, sources, gradients):
        """Gradient of products: writes those of all weights, and returns dembeddings (U, d)."""
        ends = np.cumsum([len(source) for source, _ in sources])
        dsources = []
        for piece, (source, weight), names in zip(_slices(ends), sources, self._names(), strict=True):
            dproduct = dproducts[piece]
            transposed_matmul(dproduct, source, gradients[names[0]])
            dsources.append(matmul(dproduct, weight, np.empty_like(source)))
        for (_, table), dsource in zip(self._names()[1:], dsources[1:], strict=True):
            gradients[table][:] = dsource
        return dsources[0]

    def put_gradients(self, gradients, dweight, dsources):
        """Store the gradient dweight (outputs, sum of m_s) of all maps side by side, and those of the position tables."""
        column = 0
        for (weight, table), dsource in zip(self._names(), dsources, strict=True):
            width = dsource.shape[1]
            gradients[weight][:] = dweight[:, column : column + width]
            if table:
                gradients[table][:] = dsource
            column += width

    def _names(self):
        names = [(f"{self.name}.weight", None)]
        if self.position_dim:
            names += [(f"{self.name}.position{entity}", f"position{entity}.table") for entity in ENTITIES]
        return names


def _slices(ends):
    return [slice(first, end) for first, end in zip([0, *ends[:-1]], ends, strict=True)]
