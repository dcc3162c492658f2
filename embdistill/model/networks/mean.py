"""The mean of the word vectors, one hidden ReLU layer, and the output layer."""

from dataclasses import dataclass

import numpy as np

from embdistill.kernels.dense import bias_relu, bias_relu_backward
from embdistill.kernels.machine.threads import matmul, matmul_transposed, transposed_matmul
from embdistill.kernels.pool import mean_backward, mean_forward
from embdistill.model.networks import output


@dataclass(frozen=True)
class Mean:
    """Source: Iyyer et al. 2015, "Deep Unordered Composition Rivals Syntactic Methods", section 3, with one layer."""

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

    def forward(self, values, embeddings, batch, keep=None, scratch=None):
        """Logits (B, C) from embeddings (U, d) and a packed batch of rows of them; keep (B, H) as in output.forward.

        scratch: not needed, its arrays are small.
        """
        averages = np.empty((batch.sentences, self.dim), embeddings.dtype)
        mean_forward(averages, embeddings, batch.ids, batch.offsets)
        weight = values["hidden.weight"]
        hidden = matmul_transposed(averages, weight, np.empty((batch.sentences, self.hidden), embeddings.dtype))
        bias_relu(hidden, values["hidden.bias"])
        logits, output_backward = output.forward(values, hidden, keep)

        def backward(dlogits, gradients):
            dhidden = output_backward(dlogits, gradients)
            bias_relu_backward(dhidden, gradients["hidden.bias"], hidden)
            transposed_matmul(dhidden, averages, gradients["hidden.weight"])
            dembeddings, daverages = np.empty_like(embeddings), matmul(dhidden, weight, np.empty_like(averages))
            mean_backward(dembeddings, daverages, batch.ids, batch.offsets)
            return dembeddings

        return logits, backward
