"""Where the small vectors of the words come from: a table, or an encoder over the large vectors.

A table has its size, `words` V and `dim` d, `shapes()` of its dense weights, `initialise`, `forward`, which returns its
backward, `fold`, which computes all (V, d) of it, `outside`, which gives words that are not in it their small vectors,
and `rows`: what is trained row by row, or None.
"""

import numpy as np
import scipy.linalg

from embdistill.errors import UserError
from embdistill.model.encoder import SPREAD, Encoder
from embdistill.model.parameters import Rows

DIRECT_SPREAD = 0.02  # standard deviation of a direct table before training, chosen on dev (docs/method.md)


class Table:
    """A table (V, d) that stays as it is. project: from large vectors (n, D) of other words to their small ones (n, d);
    None for a table where only words in it have a meaning."""

    rows = None

    def __init__(self, values: np.ndarray, project=None):
        self.values, self.project = values, project
        self.words, self.dim = values.shape

    def shapes(self):
        return {}

    def initialise(self, values, rng):
        pass

    def forward(self, values, words):
        """Small vectors (U, d) of the words (U,) int32, and a backward that has nothing to do."""
        return self.values.take(words, axis=0), lambda dembeddings, gradients: None

    def fold(self, values):
        """The (V, d) table itself."""
        return self.values

    def outside(self, values, vectors):
        """The small vectors (n, d) of words outside the table, of which the large ones (n, D) are given, or None."""
        return self.project and self.project(vectors)


class TunedTable(Table):
    """A table (V, d) that is trained itself, each batch the rows of its own words."""

    def __init__(self, values: np.ndarray, project=None):
        super().__init__(values, project)
        self.rows = Rows(values)

    def forward(self, values, words):
        """Small vectors (U, d) of the words (U,) int32, and the backward, which leaves the gradient in `rows`."""

        def backward(dembeddings, gradients):
            self.rows.touched = (words, dembeddings)

        return self.values.take(words, axis=0), backward


class CodedTable(Table):
    """A table (V, dim) that stays as its codes have it, such as ProductCodes or SparseCodes."""

    def __init__(self, codes, dim: int):
        super().__init__(codes.decoded(dim))
        self.codes = codes

    @property
    def bytes(self) -> int:
        """Of the codes."""
        return sum(array.nbytes for array in self.codes)


# ---- one function a table; each takes the large vectors (V, D), given small ones (V, d) or None, the Config and an rng


def large(vectors, small, config, rng):
    """The large vectors themselves, tuned with the network: the cumbersome model that the others are held against."""
    return TunedTable(_scaled(vectors), _scaled)


def large_frozen(vectors, small, config, rng):
    """The large vectors as they are, at the scale where `large` starts."""
    return Table(_scaled(vectors), _scaled)


def _scaled(vectors):
    return vectors * vectors.dtype.type(SPREAD)


def direct(vectors, small, config, rng):
    """A small table trained directly, from a random start or from given small vectors: the baseline."""
    values = rng.normal(0, DIRECT_SPREAD, (len(vectors), config.dim)).astype(vectors.dtype)
    if small is not None:
        if small.shape[1] != config.dim:
            raise UserError(f"--dim {config.dim}: the small vectors have {small.shape[1]} numbers a word; give that")
        given = small.any(axis=1)
        values[given] = small[given] * vectors.dtype.type(SPREAD)
    return TunedTable(values)


def pca(vectors, small, config, rng):
    """Principal components of the large vectors, frozen."""
    return Table(*_principal_components(vectors, config.dim))


def pca_tuned(vectors, small, config, rng):
    """Principal components of the large vectors as the start of a trained table."""
    return TunedTable(*_principal_components(vectors, config.dim))


def encode(vectors, small, config, rng):
    """One trained encoding layer over the frozen large vectors (Mou et al. 2016, section 3)."""
    return Encoder(vectors, [(config.dim, config.activation)])


def encode2(vectors, small, config, rng):
    """Two layers, D to hidden (ReLU) to d (linear) (Shin et al. 2019, section 3.1, "2L")."""
    return Encoder(vectors, [(config.encoder_hidden, "relu"), (config.dim, "identity")])


def _principal_components(vectors, dim):
    """The (V, d) coordinates of the rows, but the first, along the d directions in which they vary most, and what gives
    other rows (n, D) theirs (n, d).

    All are divided by one number, so that their root mean square is SPREAD. The first row, of unknown words, is zero,
    the mean of all words. UserError for more directions than there are (Pearson 1901; Jolliffe 2002, section 1.1).
    """
    words = vectors[1:].astype(np.float64)
    mean = words.mean(axis=0)
    words -= mean
    variances, directions = scipy.linalg.eigh(words.T @ words)
    # What float32 rounds off, squared since these are variances.
    rank = int(np.sum(variances > variances[-1] * words.shape[1] * np.finfo(np.float32).eps ** 2))
    if dim > rank:
        raise UserError(f"--dim {dim}: these large vectors have only {rank} principal components; give at most that")
    table = np.zeros((len(vectors), dim), vectors.dtype)
    axes = directions[:, : -dim - 1 : -1]
    table[1:] = words @ axes
    scale = SPREAD / np.sqrt(np.mean(np.square(table[1:], dtype=np.float64)))
    table *= scale
    return table, lambda others: ((others - mean) @ axes * scale).astype(vectors.dtype)
