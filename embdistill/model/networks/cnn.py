"""Filters over neighbouring words, ReLU, max over time, and the output layer."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from embdistill.kernels.conv import (
    Filters,
    conv_max_backward,
    conv_max_forward,
    spread_tokens,
    spread_tokens_backward,
)
from embdistill.kernels.machine.threads import chunks
from embdistill.model.networks import output
from embdistill.model.networks.inputs import TokenMap, concatenated_map, keep_gradients

LEAST, LEAST_BACKWARD = 32, 64  # filters of a chunk


@dataclass(frozen=True)
class Cnn:
    """Source: Kim 2014, "Convolutional Neural Networks for Sentence Classification", section 2.

    The filters of all widths stand in one weight, (sum of widths * H, d): tap after tap, each H rows. So a
    matrix product applies a tap of many filters to every distinct word of the batch; what is left are sums and maxima.
    """

    name = "cnn"
    settings = ("filters", "widths")

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

    def forward(self, values, embeddings, batch, mask=None):
        """Logits (B, C) from embeddings (U, d) and a packed batch of rows of them; mask as in output.forward."""
        sources, places = self.taps.sources(values, embeddings), self.taps.places(batch)
        pooled = np.empty((batch.sentences, self.features), embeddings.dtype)
        argmax = np.empty(pooled.shape, np.int32)
        widths, bias = np.array(self.widths), values["conv.bias"]
        words, *positions = sources
        others = self.taps.products(positions, embeddings.dtype)
        ids = self.taps.rows(sources, places)
        filters = Filters(words.weight, bias, widths)
        conv_max_forward(pooled, argmax, words.rows, others, filters, ids, batch.offsets, chunks(self.features, LEAST))
        logits, output_backward = output.forward(values, pooled, mask)

        def backward(dlogits, gradients):
            dpooled = output_backward(dlogits, gradients)
            margin, n_chunks = max(self.widths) - 1, chunks(self.features, LEAST_BACKWARD)
            rows = len(batch.ids) + (batch.sentences + 1) * margin
            drows = []
            for source, place in zip(sources, places, strict=True):
                tokens = np.empty((rows, source.weight.shape[1]), embeddings.dtype)
                dtokens = np.empty((n_chunks, *tokens.shape), embeddings.dtype)
                spread_tokens(tokens, source.rows, place, batch.offsets, margin)
                filters = Filters(source.weight, bias, widths)
                dfilters = Filters(gradients[source.weight_name], gradients["conv.bias"], widths)
                conv_max_backward(dfilters, dtokens, dpooled, pooled, argmax, tokens, filters, batch.offsets, n_chunks)
                drow = np.empty_like(source.rows)
                spread_tokens_backward(drow, dtokens, place, batch.offsets, margin)
                drows.append(drow)
            return keep_gradients(drows, sources, gradients)

        return logits, backward

    # ---- export: .edm and ONNX; kernels/runtime/networks/cnn.c computes the same in C ----

    edm_code = 1

    def edm_settings(self):
        return self.filters, False, self.widths

    def edm_weights(self, values):
        return {"MAPW": concatenated_map(values, "conv").T, "MAPB": values["conv.bias"][None]}

    def scratch_floats(self):
        return self.features + self.dim + 2 * self.position_dim + 2 * sum(self.widths) * self.filters

    def multiply_adds(self, tokens):
        return tokens * self.taps.outputs * (self.dim + 2 * self.position_dim) + self.features * self.classes

    def scratch_integers(self):
        taps, inputs = sum(self.widths) * self.filters, self.dim + 2 * self.position_dim
        features = self.features // 2 + 1 + self.features  # as they are, and the sums that they are made of
        return features + (inputs + 1) // 2 + (taps + taps % 2) + self.dim + taps

    def onnx_features(self, graph, values, vectors):
        """Adds the features (B, k H) of vectors (B, T, d + 2p) to an export.onnx.Graph."""
        columns = graph.add("Transpose", graph.masked(vectors), perm=[0, 2, 1])  # (B, d + 2p, T)
        weight, first, pooled = concatenated_map(values, "conv"), 0, []
        for width in self.widths:
            taps = weight[first : first + width * self.filters].reshape(width, self.filters, -1).transpose(1, 2, 0)
            first += width * self.filters
            responses = graph.add("Conv", columns, graph.constant(taps), pads=[width - 1, width - 1])
            pooled.append(graph.max_over_time(responses, width - 1))
        largest = graph.zero_if_empty(graph.add("Concat", *pooled, axis=1))
        return graph.add("Relu", graph.add("Add", largest, graph.constant(values["conv.bias"])))
