"""Where the small vectors of the words come from: a table, or an encoder over the large vectors.

A table has `dim`, `shapes()` of its dense weights, `initialise`, `forward`, which returns its backward, `fold`, which
computes all (V, d) of it, and `rows`: what is trained row by row, or None.
"""

import numpy as np

from embdistill.kernels.encode import bias_tanh, bias_tanh_backward
from embdistill.kernels.gather import gather_rows
from embdistill.parameters import Rows
from embdistill.threads import matmul


def _gather(table, words):
    out = np.empty((len(words), table.shape[1]), table.dtype)
    gather_rows(out, table, words)
    return out


class TunedTable:
    """A table (V, d) trained directly, each batch the rows of its own words."""

    def __init__(self, values: np.ndarray):
        self.rows = Rows(values)
        self.dim = values.shape[1]

    def shapes(self):
        return {}

    def initialise(self, values, rng):
        pass

    def forward(self, values, words):
        """Small vectors (U, d) of the words (U,) int32, and the backward, which leaves the gradient in `rows`."""

        def backward(dembeddings, gradients):
            self.rows.touched = (words, dembeddings)

        return _gather(self.rows.values, words), backward

    def fold(self, values):
        """The (V, d) table itself."""
        return self.rows.values


class Encoder:
    """e = tanh(W phi + b) over frozen large vectors phi (V, D), W (d, D), b (d,).

    Source: Mou et al. 2016, section 3. Folded, the large vectors and the encoder are no longer needed.
    """

    rows = None

    def __init__(self, vectors: np.ndarray, dim: int):
        self.vectors = vectors
        self.dim = dim

    def shapes(self):
        return {"encoder.weight": (self.dim, self.vectors.shape[1]), "encoder.bias": (self.dim,)}

    def initialise(self, values, rng):
        """W uniform, so that large vectors of root mean square 1 become small ones of standard deviation SPREAD."""
        bound = SPREAD * (3 / self.vectors.shape[1]) ** 0.5
        values["encoder.weight"][:] = rng.uniform(-bound, bound, values["encoder.weight"].shape)
        values["encoder.bias"][:] = 0

    def forward(self, values, words):
        """Small vectors (U, d) of the words (U,) int32, and the backward, which writes the encoder's gradients."""
        large = _gather(self.vectors, words)
        encoded = self._encode(values, large)

        def backward(dembeddings, gradients):
            bias_tanh_backward(dembeddings, gradients["encoder.bias"], dembeddings, encoded)
            np.matmul(dembeddings.T, large, out=gradients["encoder.weight"])

        return encoded, backward

    def fold(self, values):
        """The small vectors of the whole vocabulary, (V, d)."""
        return self._encode(values, self.vectors)

    def _encode(self, values, large):
        encoded = matmul(large, values["encoder.weight"].T, np.empty((len(large), self.dim), large.dtype))
        bias_tanh(encoded, values["encoder.bias"])
        return encoded


def large(vectors, config, rng):
    """The large vectors themselves, tuned with the network: the cumbersome model that the others are held against."""
    return TunedTable(vectors * vectors.dtype.type(SPREAD))


def direct(vectors, config, rng):
    """A small table trained directly from a random start: the baseline."""
    return TunedTable(rng.normal(0, DIRECT_SPREAD, (len(vectors), config.dim)).astype(vectors.dtype))


def encode(vectors, config, rng):
    """A trained encoding layer over the frozen large vectors (Mou et al. 2016, section 3)."""
    return Encoder(vectors, config.dim)


# Standard deviations before training, chosen on dev parts (docs/method.md).
SPREAD = 0.3  # of large vectors, and of what an encoder makes of them: where tanh is nearly linear
DIRECT_SPREAD = 0.02  # of a direct table

TABLES = {"large": large, "direct": direct, "encode": encode}
