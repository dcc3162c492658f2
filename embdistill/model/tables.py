"""Where the small vectors of the words come from: a table, or an encoder over the large vectors.

A table has its size, `words` V and `dim` d, `shapes()` of its dense weights, `initialise`, `forward`, which returns its
backward, `fold`, which computes all (V, d) of it, and `rows`: what is trained row by row, or None.
"""

import numpy as np
import scipy.linalg

from embdistill.errors import UserError
from embdistill.kernels.dense import bias_relu, bias_relu_backward
from embdistill.kernels.encode import bias_identity, bias_identity_backward, bias_tanh, bias_tanh_backward
from embdistill.kernels.gather import gather_rows
from embdistill.kernels.machine.scratch import Scratch
from embdistill.kernels.machine.threads import gather_matmul, matmul_transposed, transposed_matmul
from embdistill.model.parameters import Rows


def _gather(table, words, scratch):
    out = (scratch or Scratch()).empty("rows", (len(words), table.shape[1]), table.dtype)
    gather_rows(out, table, words)
    return out


class TunedTable:
    """A table (V, d) trained directly, each batch the rows of its own words."""

    def __init__(self, values: np.ndarray):
        self.rows = Rows(values)
        self.words, self.dim = values.shape

    def shapes(self):
        return {}

    def initialise(self, values, rng):
        pass

    def forward(self, values, words, scratch=None):
        """Small vectors (U, d) of the words (U,) int32, and the backward, which leaves the gradient in `rows`."""

        def backward(dembeddings, gradients):
            self.rows.touched = (words, dembeddings)

        return _gather(self.rows.values, words, scratch), backward

    def fold(self, values):
        """The (V, d) table itself."""
        return self.rows.values


class FrozenTable:
    """A table (V, d) that stays as it is."""

    rows = None

    def __init__(self, values: np.ndarray):
        self.values = values
        self.words, self.dim = values.shape

    def shapes(self):
        return {}

    def initialise(self, values, rng):
        pass

    def forward(self, values, words, scratch=None):
        """Small vectors (U, d) of the words (U,) int32, and a backward that has nothing to do."""
        return _gather(self.values, words, scratch), lambda dembeddings, gradients: None

    def fold(self, values):
        """The (V, d) table itself."""
        return self.values


ACTIVATIONS = {
    "tanh": (bias_tanh, bias_tanh_backward),
    "relu": (bias_relu, bias_relu_backward),
    "identity": (bias_identity, bias_identity_backward),
}


class Encoder:
    """Layers e = f(W x + b) over frozen large vectors phi (V, D); one, or more with other sizes between D and d.

    Source: Mou et al. 2016, section 3 (one layer, tanh); Shin et al. 2019, section 3.1 (two layers, ReLU and none).
    Folded, the large vectors and the encoder are no longer needed.
    """

    rows = None

    def __init__(self, vectors: np.ndarray, layers: list[tuple[int, str]]):
        """layers: size and activation of each."""
        self.vectors = vectors
        self.sizes = [size for size, _ in layers]
        self.activations = [ACTIVATIONS[name] for _, name in layers]
        self.weights = [f"encoder{number}.weight" for number, _ in enumerate(layers, 1)]
        self.biases = [f"encoder{number}.bias" for number, _ in enumerate(layers, 1)]
        self.words, self.dim = len(vectors), self.sizes[-1]

    def shapes(self):
        inputs = [self.vectors.shape[1], *self.sizes]
        shapes = {weight: (inputs[i + 1], inputs[i]) for i, weight in enumerate(self.weights)}
        return shapes | {bias: (size,) for bias, size in zip(self.biases, self.sizes, strict=True)}

    def initialise(self, values, rng):
        """W uniform, so that large vectors of root mean square 1 become small ones of standard deviation SPREAD.

        Hidden layers stay at 1 before their ReLU, which halves the mean square (He et al. 2015, section 2.2).
        """
        square = 1.0  # mean square of the inputs of the layer
        for name, bias in zip(self.weights, self.biases, strict=True):
            spread = SPREAD if name == self.weights[-1] else 1.0
            bound = spread * (3 / (values[name].shape[1] * square)) ** 0.5
            values[name][:] = rng.uniform(-bound, bound, values[name].shape)
            values[bias][:] = 0
            square = 0.5

    def forward(self, values, words, scratch=None):
        """Small vectors (U, d) of the words (U,) int32, and the backward, which writes the encoder's gradients."""
        large = (scratch or Scratch()).empty("rows", (len(words), self.vectors.shape[1]), self.vectors.dtype)
        outputs = self._layers(values, large, gather_matmul(self.vectors, words, values[self.weights[0]], large))

        def backward(dembeddings, gradients):
            doutput = dembeddings
            for i in reversed(range(len(self.sizes))):
                self.activations[i][1](doutput, gradients[self.biases[i]], outputs[i + 1])
                transposed_matmul(doutput, outputs[i], gradients[self.weights[i]])
                if i > 0:
                    doutput = doutput @ values[self.weights[i]]

        return outputs[-1], backward

    def fold(self, values):
        """The small vectors of the whole vocabulary, (V, d)."""
        return self._layers(values, self.vectors, self._product(values, 0, self.vectors))[-1]

    def _layers(self, values, large, product):
        """The large vectors (U, D), then what each layer gives; product (U, size) is that of the first."""
        outputs = [large]
        for i, (activate, _) in enumerate(self.activations):
            if i > 0:
                product = self._product(values, i, product)
            activate(product, values[self.biases[i]])
            outputs.append(product)
        return outputs

    def _product(self, values, i, inputs):
        """What layer i makes of its inputs, before bias and activation."""
        return matmul_transposed(inputs, values[self.weights[i]], np.empty((len(inputs), self.sizes[i]), inputs.dtype))


def large(vectors, small, config, rng):
    """The large vectors themselves, tuned with the network: the cumbersome model that the others are held against."""
    return TunedTable(vectors * vectors.dtype.type(SPREAD))


def large_frozen(vectors, small, config, rng):
    """The large vectors as they are, at the scale where `large` starts."""
    return FrozenTable(vectors * vectors.dtype.type(SPREAD))


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
    return FrozenTable(_principal_components(vectors, config.dim))


def pca_tuned(vectors, small, config, rng):
    """Principal components of the large vectors as the start of a trained table."""
    return TunedTable(_principal_components(vectors, config.dim))


def encode(vectors, small, config, rng):
    """One trained encoding layer over the frozen large vectors (Mou et al. 2016, section 3)."""
    return Encoder(vectors, [(config.dim, config.activation)])


def encode2(vectors, small, config, rng):
    """Two layers, D to hidden (ReLU) to d (linear) (Shin et al. 2019, section 3.1, "2L")."""
    return Encoder(vectors, [(config.encoder_hidden, "relu"), (config.dim, "identity")])


def _principal_components(vectors, dim):
    """The (V, d) coordinates of the rows, but the first, along the d directions in which they vary most.

    All are divided by one number, so that their root mean square is SPREAD. The first row, of unknown words, is zero,
    the mean of all words. UserError for more directions than there are (Pearson 1901; Jolliffe 2002, section 1.1).
    """
    words = vectors[1:].astype(np.float64)
    words -= words.mean(axis=0)
    variances, directions = scipy.linalg.eigh(words.T @ words)
    # What float32 rounds off, squared since these are variances.
    rank = int(np.sum(variances > variances[-1] * words.shape[1] * np.finfo(np.float32).eps ** 2))
    if dim > rank:
        raise UserError(f"--dim {dim}: these large vectors have only {rank} principal components; give at most that")
    table = np.zeros((len(vectors), dim), vectors.dtype)
    table[1:] = words @ directions[:, : -dim - 1 : -1]
    table *= SPREAD / np.sqrt(np.mean(np.square(table[1:], dtype=np.float64)))
    return table


# Standard deviations before training, chosen on dev parts (docs/method.md).
SPREAD = 0.3  # of large vectors, and of what an encoder makes of them: where tanh is nearly linear
DIRECT_SPREAD = 0.02  # of a direct table

# Each takes the large vectors (V, D), given small ones (V, d) or None, the settings and a random generator.
TABLES = {
    "large": large,
    "large-frozen": large_frozen,
    "direct": direct,
    "pca": pca,
    "pca-tuned": pca_tuned,
    "encode": encode,
    "encode2": encode2,
}
