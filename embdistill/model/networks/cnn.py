"""Filters over neighbouring words, ReLU, max over time, and the output layer."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from embdistill.kernels.conv import conv_max_backward, conv_max_forward, spread_tokens, spread_tokens_backward
from embdistill.kernels.machine.pieces import pieces
from embdistill.kernels.machine.scratch import Scratch
from embdistill.model.networks import output
from embdistill.model.networks.inputs import TokenMap, keep_gradients

FILTERS = 64  # fewer to a piece are not worth handing to another thread


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
    def features(self):
        return self.filters * len(self.widths)

    @cached_property
    def taps(self):
        return TokenMap("conv", sum(self.widths) * self.filters, self.dim, self.position_dim, self.position_reach)

    def shapes(self):
        return {
            **self.taps.shapes(),
            "conv.bias": (self.features,),
            **output.shapes(self.classes, self.features),
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

    def forward(self, values, embeddings, batch, keep=None, scratch=None):
        """Logits (B, C) from embeddings (U, d) and a packed batch of rows of them; keep as in output.forward."""
        scratch = scratch or Scratch()
        sources, places = self.taps.sources(values, embeddings), self.taps.places(batch)
        pooled = np.empty((batch.sentences, self.features), embeddings.dtype)
        position = np.empty(pooled.shape, np.int32)
        widths = np.array(self.widths)
        words, *positions = sources
        others = self.taps.products(positions, scratch, embeddings.dtype)
        ids, cut = self.taps.rows(sources, places), pieces(self.features, FILTERS)
        mapped = (words.rows, words.weight, others, values["conv.bias"], ids, batch.offsets, widths)
        conv_max_forward(pooled, position, *mapped, cut)
        logits, output_backward = output.forward(values, pooled, keep)

        def backward(dlogits, gradients):
            dpooled = output_backward(dlogits, gradients)
            margin = max(self.widths) - 1
            rows = len(batch.ids) + (batch.sentences + 1) * margin
            drows = []
            for source, place in zip(sources, places, strict=True):
                dweight, dbias = gradients[source.weight_name], gradients["conv.bias"]
                shape, dtype = (rows, source.weight.shape[1]), embeddings.dtype
                tokens = scratch.empty("tokens", shape, dtype)
                cut = pieces(self.features, FILTERS)
                dtokens = scratch.empty("dtokens", (cut, *shape), dtype)
                spread_tokens(tokens, source.rows, place, batch.offsets, margin)
                won = (dpooled, pooled, position, tokens, source.weight, batch.offsets, widths)
                conv_max_backward(dweight, dbias, dtokens, *won, cut)
                drow = np.empty_like(source.rows)
                spread_tokens_backward(drow, dtokens, place, batch.offsets, margin)
                drows.append(drow)
            return keep_gradients(drows, sources, gradients)

        return logits, backward
