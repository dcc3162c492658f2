"""The encoder: a trained map from the frozen large vectors to the small ones."""

import copy
from typing import NamedTuple

import numpy as np

from embdistill.kernels.dense import dense_backward, dense_forward
from embdistill.kernels.encode import encode_backward, encode_forward
from embdistill.kernels.machine.threads import chunks
from embdistill.model.choices import ACTIVATIONS

LEAST_ROWS, LEAST_COLUMNS = 32, 96  # of a chunk, forward and backward
FOLDED = 4096  # words that are folded at a time
SPREAD = 0.3  # standard deviation of the small vectors before training, where tanh is nearly linear (docs/method.md)


class Layer(NamedTuple):
    """Names of its weights, its size and its activation."""

    weight: str
    bias: str
    size: int
    activation: int


class Encoder:
    """Layers e = f(W x + b) over frozen large vectors phi (V, D); one, or more with other sizes between D and d.

    Source: Mou et al. 2016, section 3 (one layer, tanh); Shin et al. 2019, section 3.1 (two layers, ReLU and none).
    Folded, the large vectors and the encoder are no longer needed.
    """

    rows = None

    def __init__(self, vectors: np.ndarray, layers: list[tuple[int, str]]):
        """layers: size and activation of each."""
        self.vectors = vectors
        self.layers = [
            Layer(f"encoder{i}.weight", f"encoder{i}.bias", size, ACTIVATIONS[name].load())
            for i, (size, name) in enumerate(layers, 1)
        ]
        self.words, self.dim = len(vectors), self.layers[-1].size

    def shapes(self):
        inputs = [self.vectors.shape[1], *(layer.size for layer in self.layers)]
        shapes = {layer.weight: (layer.size, n) for layer, n in zip(self.layers, inputs, strict=False)}
        return shapes | {layer.bias: (layer.size,) for layer in self.layers}

    def initialise(self, values, rng):
        """W uniform, so that large vectors of root mean square 1 become small ones of standard deviation SPREAD.

        Hidden layers stay at 1 before their ReLU, which halves the mean square (He et al. 2015, section 2.2).
        """
        square = 1.0  # mean square of the inputs of the layer
        for layer in self.layers:
            weight = values[layer.weight]
            spread = SPREAD if layer is self.layers[-1] else 1.0
            bound = spread * (3 / (weight.shape[1] * square)) ** 0.5
            weight[:] = rng.uniform(-bound, bound, weight.shape)
            values[layer.bias][:] = 0
            square = 0.5

    def forward(self, values, words):
        """Small vectors (U, d) of the words (U,) int32, and the backward, which writes the encoder's gradients."""
        first, *deeper = self.layers
        large = np.empty((len(words), self.vectors.shape[1]), self.vectors.dtype)
        outputs = [np.empty((len(words), layer.size), large.dtype) for layer in self.layers]
        weights = values[first.weight], values[first.bias]
        encode_forward(
            outputs[0], large, self.vectors, words, *weights, first.activation, chunks(len(words), LEAST_ROWS)
        )
        for layer, inputs, out in zip(deeper, outputs, outputs[1:], strict=False):
            dense_forward(out, inputs, values[layer.weight], values[layer.bias], layer.activation)

        def backward(dembeddings, gradients):
            dout = dembeddings
            for layer, inputs, out in reversed(list(zip(deeper, outputs, outputs[1:], strict=False))):
                dinputs = np.empty_like(inputs)
                dweights = gradients[layer.weight], gradients[layer.bias]
                dense_backward(dinputs, *dweights, dout, out, inputs, values[layer.weight], layer.activation)
                dout = dinputs
            dweights = gradients[first.weight], gradients[first.bias]
            encode_backward(*dweights, dout, outputs[0], large, first.activation, chunks(large.shape[1], LEAST_COLUMNS))

        return outputs[-1], backward

    def fold(self, values):
        """The small vectors of the whole vocabulary, (V, d)."""
        table = np.empty((self.words, self.dim), self.vectors.dtype)
        for first in range(0, self.words, FOLDED):
            words = np.arange(first, min(first + FOLDED, self.words), dtype=np.int32)
            table[words] = self.forward(values, words)[0]
        return table

    def outside(self, values, vectors):
        """The small vectors (n, d) of other words, of which the large ones (n, D) are given."""
        others = copy.copy(self)
        others.vectors, others.words = vectors, len(vectors)
        return others.fold(values)
