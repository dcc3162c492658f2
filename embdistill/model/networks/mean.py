"""The mean of the word vectors, one hidden ReLU layer, and the output layer."""

from dataclasses import dataclass

import numpy as np

from embdistill.kernels.activations import RELU
from embdistill.kernels.dense import dense_backward, dense_forward
from embdistill.kernels.mean import mean_backward, mean_forward
from embdistill.model.networks import output


@dataclass(frozen=True)
class Mean:
    """Source: Iyyer et al. 2015, "Deep Unordered Composition Rivals Syntactic Methods", section 3, with one layer."""

    name = "mean"
    settings = ("hidden",)

    dim: int
    classes: int
    hidden: int

    @property
    def features(self):
        return self.hidden

    def shapes(self):
        return {
            "hidden.weight": (self.hidden, self.dim),
            "hidden.bias": (self.hidden,),
            **output.shapes(self.classes, self.hidden),
        }

    def initialise(self, values, rng):
        values["hidden.weight"][:] = output.glorot(values["hidden.weight"].shape, rng)
        values["hidden.bias"][:] = 0
        output.initialise(values, rng)

    def forward(self, values, embeddings, batch, mask=None):
        """Logits (B, C) from embeddings (U, d) and a packed batch of rows of them; mask (B, H) as in output.forward."""
        weight, bias = values["hidden.weight"], values["hidden.bias"]
        averages = np.empty((batch.sentences, self.dim), embeddings.dtype)
        mean_forward(averages, embeddings, batch.ids, batch.offsets)
        hidden = np.empty((batch.sentences, self.hidden), embeddings.dtype)
        dense_forward(hidden, averages, weight, bias, RELU)
        logits, output_backward = output.forward(values, hidden, mask)

        def backward(dlogits, gradients):
            dhidden = output_backward(dlogits, gradients)
            daverages, dembeddings = np.empty_like(averages), np.empty_like(embeddings)
            dweights = gradients["hidden.weight"], gradients["hidden.bias"]
            dense_backward(daverages, *dweights, dhidden, hidden, averages, weight, RELU)
            mean_backward(dembeddings, daverages, batch.ids, batch.offsets)
            return dembeddings

        return logits, backward

    # ---- export: .edm and ONNX; kernels/runtime/networks/mean.c computes the same in C ----

    edm_code = 0

    def edm_settings(self):
        return self.hidden, False, ()

    def edm_weights(self, values):
        return {"MAPW": values["hidden.weight"].T, "MAPB": values["hidden.bias"][None]}

    def scratch_floats(self):
        return self.features + 2 * self.dim

    def multiply_adds(self, tokens):
        return tokens * self.dim + self.hidden * (self.dim + self.classes)

    def scratch_integers(self):
        return self.features // 2 + 1 + 3 * self.dim + self.dim % 2 + self.hidden + self.hidden % 2

    def onnx_features(self, graph, values, vectors):
        """Adds the features (B, H) of word vectors (B, T, d) to an export.onnx.Graph."""
        # In float64, since runtimes add up in sequence: 10,000 float32 numbers would lose a digit or two.
        total = graph.add("ReduceSum", graph.cast(graph.masked(vectors), "DOUBLE"), graph.constant([1]), keepdims=0)
        count = graph.add("Max", graph.lengths(), graph.constant(1))  # 1 for an empty text
        average = graph.cast(graph.add("Div", total, graph.cast(count, "DOUBLE")), "FLOAT")
        return graph.add("Relu", graph.linear(average, values["hidden.weight"], values["hidden.bias"]))
