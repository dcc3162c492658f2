"""Long short-term memory in both directions, its last states or their maximum over time, and the output layer."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from embdistill.kernels.lstm import Recurrence, Steps, Trace, lstm_backward, lstm_forward, time_major
from embdistill.model.choices import POOLINGS
from embdistill.model.networks import output
from embdistill.model.networks.inputs import ENTITIES, TokenMap, concatenated_map

DIRECTIONS = 2
GATES = 4  # input, output, forget, candidate
FORGET = 2


@dataclass(frozen=True)
class Lstm:
    """Source: Graves & Schmidhuber 2005, "Framewise Phoneme Classification with Bidirectional LSTM", section 2; pooled
    by the last state of each direction, or by the maximum over time as in Conneau et al. 2017, section 3.2.2.

    Weights of both directions and all gates stand in one array, direction after direction and gate after gate. So one
    matrix product takes every distinct word of the batch to all gates, and one a step takes the states to the next.
    """

    name = "lstm"
    settings = ("units", "pooling")

    dim: int
    classes: int
    units: int
    pooling: str
    position_dim: int = 0
    position_reach: int = 0

    @property
    def features(self):
        return DIRECTIONS * self.units

    @cached_property
    def inputs(self):
        return TokenMap("lstm", DIRECTIONS * GATES * self.units, self.dim, self.position_dim, self.position_reach)

    def shapes(self):
        return {
            **self.inputs.shapes(),
            "lstm.bias": (DIRECTIONS * GATES * self.units,),
            "lstm.recurrent": (DIRECTIONS, GATES * self.units, self.units),
            **output.shapes(self.classes, self.features),
        }

    def initialise(self, values, rng):
        """Glorot & Bengio 2010 for each gate, orthogonal recurrent weights (Saxe et al. 2014), and forget gates that
        begin open, by a bias of 1 (Gers et al. 2000; Jozefowicz et al. 2015)."""
        self.inputs.initialise_positions(values, rng)
        maps = ["lstm.weight"] + [f"lstm.position{entity}" for entity in ENTITIES if self.position_dim]
        for name in maps:
            for gate in values[name].reshape(DIRECTIONS * GATES, self.units, -1):
                gate[:] = output.glorot(gate.shape, rng)
        for gate in values["lstm.recurrent"].reshape(DIRECTIONS * GATES, self.units, self.units):
            q, r = np.linalg.qr(rng.normal(size=gate.shape))
            gate[:] = q * np.sign(np.diag(r))  # the signs make every rotation and reflection as likely
        values["lstm.bias"].reshape(DIRECTIONS, GATES, self.units)[:] = 0
        values["lstm.bias"].reshape(DIRECTIONS, GATES, self.units)[:, FORGET] = 1
        output.initialise(values, rng)

    def forward(self, values, embeddings, batch, mask=None):
        """Logits (B, C) from embeddings (U, d) and a packed batch of rows of them; mask as in output.forward."""
        tokens, units, dtype = len(batch.ids), self.units, embeddings.dtype
        steps = _steps(batch.offsets)
        sources = self.inputs.sources(values, embeddings)
        ids = self.inputs.rows(sources, self.inputs.places(batch))
        products = self.inputs.products(sources, dtype).reshape(-1, DIRECTIONS, GATES * units)
        trace = Trace(*(np.empty((DIRECTIONS, tokens, size), dtype) for size in (units, units, GATES * units)))
        recurrence = _recurrence(values)
        lstm_forward(trace, products, recurrence, ids, steps, DIRECTIONS)
        pooled = np.empty((batch.sentences, self.features), dtype)
        argmax = np.empty(pooled.shape, np.int32)
        POOLINGS[self.pooling].load()(pooled, argmax, trace.states, steps)
        logits, output_backward = output.forward(values, pooled, mask)

        def backward(dlogits, gradients):
            dpooled, dproducts = output_backward(dlogits, gradients), np.empty_like(products)
            drecurrence = _recurrence(gradients)
            lstm_backward(drecurrence, dproducts, dpooled, argmax, trace, recurrence, ids, steps, DIRECTIONS)
            return self.inputs.products_backward(dproducts.reshape(-1, self.inputs.outputs), sources, gradients)

        return logits, backward

    # ---- export: .edm and ONNX; kernels/runtime/networks/lstm.c computes the same in C ----

    edm_code = 2

    def edm_settings(self):
        return self.units, self.pooling == "max", ()

    def edm_weights(self, values):
        forward, backward = values["lstm.recurrent"]
        recurrent = {"RECF": forward.T, "RECB": backward.T}
        return {"MAPW": concatenated_map(values, "lstm").T, "MAPB": values["lstm.bias"][None], **recurrent}

    def scratch_floats(self):
        return self.features + self.dim + 2 * self.position_dim + (2 * GATES + 2) * self.units

    def multiply_adds(self, tokens):
        inputs = self.dim + 2 * self.position_dim + self.units
        return tokens * self.inputs.outputs * inputs + self.features * self.classes

    def scratch_integers(self):
        step = (2 * GATES + 1) * self.units + (self.units + 1) // 2
        return self.features // 2 + 1 + (self.dim + 1) // 2 + self.position_dim + self.dim + step

    def onnx_features(self, graph, values, vectors):
        """Adds the features (B, 2H) of vectors (B, T, d + 2p) to an export.onnx.Graph."""
        weight = concatenated_map(values, "lstm").reshape(DIRECTIONS, GATES * self.units, -1)
        bias = values["lstm.bias"].reshape(DIRECTIONS, GATES * self.units)
        states, last, _ = graph.add(
            "LSTM",
            graph.add("Transpose", vectors, perm=[1, 0, 2]),  # (T, B, d + 2p)
            graph.constant(weight),
            graph.constant(values["lstm.recurrent"]),
            graph.constant(np.hstack([bias, np.zeros_like(bias)])),
            graph.cast(graph.add("Max", "lengths", graph.constant(1)), "INT32"),  # the operator takes no empty sequence
            outputs=3,
            direction="bidirectional",
            hidden_size=self.units,
        )
        if self.pooling == "last":
            ends = graph.add("Transpose", last, perm=[1, 0, 2])  # (B, 2, H)
            pooled = graph.add("Reshape", ends, graph.constant([0, self.features]))
        else:
            over_time = graph.add("Transpose", states, perm=[2, 1, 3, 0])  # (B, 2, H, T)
            pooled = graph.max_over_time(graph.add("Reshape", over_time, graph.constant([0, self.features, -1])))
        return graph.zero_if_empty(pooled)


def _steps(offsets):
    """The tokens of a batch, step after step."""
    sentences, tokens = len(offsets) - 1, int(offsets[-1])
    order, starts = np.empty(sentences, np.int64), np.empty(tokens + 1, np.int64)
    steps = Steps(order, starts, np.empty((DIRECTIONS, tokens), np.int32))
    longest = time_major(steps, offsets)
    return steps._replace(starts=starts[: longest + 1])


def _recurrence(values):
    weight = values["lstm.recurrent"]
    return Recurrence(values["lstm.bias"].reshape(weight.shape[:2]), weight)
