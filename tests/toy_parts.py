"""A network, an objective and a table that are not the project's, as someone would add them (docs/extending.md)."""

from dataclasses import dataclass

import numpy as np

from embdistill.model.networks import output
from embdistill.model.tables import Table


@dataclass(frozen=True)
class First:
    """The vector of the first word, zero for an empty sentence, and the output layer."""

    name = "first"
    settings = ()

    dim: int
    classes: int

    @property
    def features(self):
        return self.dim

    def shapes(self):
        return output.shapes(self.classes, self.dim)

    def initialise(self, values, rng):
        output.initialise(values, rng)

    def forward(self, values, embeddings, batch, mask=None):
        begins = batch.offsets[:-1] < batch.offsets[1:]
        rows = batch.ids[batch.offsets[:-1][begins]]
        first = np.zeros((batch.sentences, self.dim), embeddings.dtype)
        first[begins] = embeddings[rows]
        logits, output_backward = output.forward(values, first, mask)

        def backward(dlogits, gradients):
            dembeddings = np.zeros_like(embeddings)
            np.add.at(dembeddings, rows, output_backward(dlogits, gradients)[begins])
            return dembeddings

        return logits, backward


def brier(dlogits, logits, labels, weights, teacher, config):
    """Half the squared distance of the probabilities from the one-hot labels (Brier 1950)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    gaps = probabilities - np.eye(logits.shape[1])[labels]
    inner = np.sum(gaps * probabilities, axis=1, keepdims=True)
    dlogits[:] = probabilities * (gaps - inner) / len(labels)
    return np.sum(gaps**2) / 2 / len(labels)


def front(vectors, small, config, rng):
    """The first d numbers of each large vector, frozen."""
    return Table(np.ascontiguousarray(vectors[:, : config.dim]))
