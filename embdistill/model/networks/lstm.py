"""Long short-term memory in both directions, its last states or their maximum over time, and the output layer."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from embdistill.kernels.lstm import last_state, lstm_backward, lstm_forward, max_state, time_major
from embdistill.kernels.machine.scratch import Scratch
from embdistill.model.networks import output
from embdistill.model.networks.inputs import ENTITIES, TokenMap

POOLING = {"last": last_state, "max": max_state}
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

    def forward(self, values, embeddings, batch, keep=None, scratch=None):
        """Logits (B, C) from embeddings (U, d) and a packed batch of rows of them; keep as in output.forward."""
        scratch = scratch or Scratch()
        tokens, units, dtype = len(batch.ids), self.units, embeddings.dtype
        time, order = np.empty((DIRECTIONS, tokens), np.int32), np.empty(batch.sentences, np.int64)
        starts = np.empty(tokens + 1, np.int64)
        starts = starts[: time_major(time, starts, order, batch.offsets) + 1]

        sources = self.inputs.sources(values, embeddings)
        ids = self.inputs.rows(sources, self.inputs.places(batch))
        products = self.inputs.products(sources, scratch, dtype)
        products = products.reshape(len(products), DIRECTIONS, GATES * units)
        bias, recurrent = values["lstm.bias"].reshape(DIRECTIONS, GATES * units), values["lstm.recurrent"]
        states = scratch.empty("states", (DIRECTIONS, tokens, units), dtype)
        cells = scratch.empty("cells", (DIRECTIONS, tokens, units), dtype)
        gates = scratch.empty("gates", (DIRECTIONS, tokens, GATES * units), dtype)
        lstm_forward(states, cells, gates, products, bias, recurrent, ids, time, starts, DIRECTIONS)
        pooled = np.empty((batch.sentences, self.features), dtype)
        position = np.empty(pooled.shape, np.int32)
        POOLING[self.pooling](pooled, position, states, order, starts)
        logits, output_backward = output.forward(values, pooled, keep)

        def backward(dlogits, gradients):
            dproducts = scratch.empty("dproducts", products.shape, dtype)
            drecurrent, dbias = gradients["lstm.recurrent"], gradients["lstm.bias"].reshape(bias.shape)
            chosen = (output_backward(dlogits, gradients), position, order)
            rest = (gates, cells, states, recurrent, ids, time, starts, DIRECTIONS)
            lstm_backward(drecurrent, dbias, dproducts, *chosen, *rest)
            return self.inputs.products_backward(
                dproducts.reshape(len(products), self.inputs.outputs), sources, gradients
            )

        return logits, backward
