"""Filters over neighbouring words, ReLU, max over time, and the output layer."""

from dataclasses import dataclass

import numpy as np

from embdistill.kernels.conv import conv_max_backward, conv_max_forward, spread_tokens, spread_tokens_backward
from embdistill.kernels.pieces import pieces
from embdistill.networks import output
from embdistill.networks.inputs import TokenMap

SENTENCES = 12  # fewer of them, or of the filters, are not worth handing to another thread
FILTERS = 64


@dataclass(frozen=True)
class Cnn:
    """Source: Kim 2014, "Convolutional Neural Networks for Sentence Classification", section 2.

    The filters of all widths stand in one weight, (sum of widths * H, d): tap after tap, each H rows. So one matrix
    product applies every tap to every distinct word of the batch, and the kernel only adds up and takes maxima.
    """

    dim: int
    classes: int
    filters: int
    widths: tuple[int, ...]
    position_dim: int = 0
    position_reach: int = 0

    @property
    def dropped(self):
        return self.filters * len(self.widths)

    @property
    def taps(self):
        return TokenMap("conv", sum(self.widths) * self.filters, self.dim, self.position_dim, self.position_reach)

    def shapes(self):
        return {
            **self.taps.shapes(),
            "conv.bias": (self.dropped,),
            **output.shapes(self.classes, self.dropped),
        }

    def initialise(self, values, rng):
        """Glorot & Bengio 2010, for each filter width with its own fan-in (width * d) and fan-out (width * H)."""
        self.taps.initialise_positions(values, rng)
        first = 0
        for width in self.widths:
            bound = (6 / (width * (self.dim + self.filters))) ** 0.5
            taps = values["conv.weight"][first : first + width * self.filters]
            taps[:] = rng.uniform(-bound, bound, taps.shape)
            first += width * self.filters
        values["conv.bias"][:] = 0
        output.initialise(values, rng)

    def forward(self, values, embeddings, batch, keep=None):
        """Logits (B, C) from embeddings (U, d) and a packed batch of rows of them; keep as in output.forward."""
        sources, rows = self.taps.sources(values, embeddings), self.taps.rows(batch)
        products, ids = self.taps.products(sources, rows)
        products = products.reshape(len(products), sum(self.widths), self.filters)
        pooled = np.empty((batch.sentences, self.dropped), embeddings.dtype)
        position = np.empty(pooled.shape, np.int32)
        widths = np.array(self.widths)
        cut = pieces(batch.sentences, SENTENCES)
        conv_max_forward(pooled, position, products, values["conv.bias"], ids, batch.offsets, widths, cut)
        logits, output_backward = output.forward(values, pooled, keep)

        def backward(dlogits, gradients):
            dpooled = output_backward(dlogits, gradients)
            margin = widths.max() - 1
            columns = np.cumsum([0] + [source.shape[1] for source, _ in sources])
            shape = (len(rows) + (batch.sentences + 1) * margin, columns[-1])
            tokens = np.zeros(shape, embeddings.dtype)
            parts = [(np.ascontiguousarray(rows[:, f]), columns[f]) for f in range(len(sources))]
            for (source, _), (places, column) in zip(sources, parts, strict=True):
                spread_tokens(tokens, source, places, batch.offsets, margin, column)
            weight = np.hstack([weight for _, weight in sources])
            dweight, dbias = np.empty_like(weight), gradients["conv.bias"]
            dtokens = np.empty((pieces(self.dropped, FILTERS), *shape), embeddings.dtype)
            conv_max_backward(dweight, dbias, dtokens, dpooled, pooled, position, tokens, weight, batch.offsets, widths)
            dsources = [np.zeros_like(source) for source, _ in sources]
            for dsource, (places, column) in zip(dsources, parts, strict=True):
                spread_tokens_backward(dsource, dtokens, places, batch.offsets, margin, column)
            self.taps.put_gradients(gradients, dweight, dsources)
            return dsources[0]

        return logits, backward
