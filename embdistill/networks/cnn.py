"""Filters over neighbouring words, ReLU, max over time, and the output layer."""

from dataclasses import dataclass

import numpy as np

from embdistill.kernels.conv import conv_max_backward, conv_max_forward
from embdistill.networks import output
from embdistill.threads import matmul


@dataclass(frozen=True)
class Cnn:
    """Source: Kim 2014, "Convolutional Neural Networks for Sentence Classification", section 2.

    The filters of all widths stand in one weight, (sum of widths, H, d): tap after tap, each a matrix (out, in). So one
    matrix product applies every tap to every distinct word of the batch, and the kernel only adds up and takes maxima.
    """

    dim: int
    classes: int
    filters: int
    widths: tuple[int, ...]

    @property
    def dropped(self):
        return self.filters * len(self.widths)

    def shapes(self):
        return {
            "conv.weight": (sum(self.widths), self.filters, self.dim),
            "conv.bias": (self.dropped,),
            **output.shapes(self.classes, self.dropped),
        }

    def initialise(self, values, rng):
        """Glorot & Bengio 2010, for each filter width with its own fan-in (width * d) and fan-out (width * H)."""
        first = 0
        for width in self.widths:
            bound = (6 / (width * (self.dim + self.filters))) ** 0.5
            taps = values["conv.weight"][first : first + width]
            taps[:] = rng.uniform(-bound, bound, taps.shape)
            first += width
        values["conv.bias"][:] = 0
        output.initialise(values, rng)

    def forward(self, values, embeddings, batch, keep=None):
        """Logits (B, C) from embeddings (U, d) and a packed batch of rows of them; keep as in output.forward."""
        taps = values["conv.weight"].reshape(-1, self.dim)
        products = np.empty((len(embeddings), sum(self.widths), self.filters), embeddings.dtype)
        matmul(embeddings, taps.T, products.reshape(len(embeddings), len(taps)))
        pooled = np.empty((batch.sentences, self.dropped), embeddings.dtype)
        position = np.empty(pooled.shape, np.int32)
        widths = np.array(self.widths)
        sums = np.empty(self.filters, embeddings.dtype)
        conv_max_forward(pooled, position, products, values["conv.bias"], batch.ids, batch.offsets, widths, sums)
        logits, output_backward = output.forward(values, pooled, keep)

        def backward(dlogits, gradients):
            dpooled = output_backward(dlogits, gradients)
            dproducts = np.zeros_like(products)
            gradients["conv.bias"][:] = 0
            conv_max_backward(
                dproducts, gradients["conv.bias"], dpooled, pooled, position, batch.ids, batch.offsets, widths
            )
            dproducts = dproducts.reshape(len(embeddings), len(taps))
            np.matmul(dproducts.T, embeddings, out=gradients["conv.weight"].reshape(taps.shape))
            return matmul(dproducts, taps, np.empty_like(embeddings))

        return logits, backward
