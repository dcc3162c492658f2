"""Task networks: from the small vectors of a packed batch to the logits of its sentences, one network a file.

A network has `shapes()` of its weights, `initialise(values, rng)`, `features`, the width
of the layer under dropout, and `forward(values, embeddings, batch, keep, scratch)`, which returns the logits
and its backward.
"""

from dataclasses import fields
from importlib import import_module

from embdistill.errors import UserError

# Name: the class, in the file of that name, and those of its fields that are settings (embdistill.model.config).
NETWORKS = {
    "mean": ("Mean", ("hidden",)),
    "cnn": ("Cnn", ("filters", "widths")),
    "lstm": ("Lstm", ("units", "pooling")),
}
POSITIONS = ("position_dim", "position_reach")  # settings of a network that can tell where the entities are


def network_class(name: str):
    """The class of a network; its file, and Numba with it, is imported now."""
    return getattr(import_module(f"embdistill.model.networks.{name}"), NETWORKS[name][0])


def build_network(config, dim: int, classes: int, relations: bool = False):
    """The network that a configuration asks for, over vectors of `dim` numbers.

    relations: the task is one of relations between two marked entities. UserError for a network without positions.
    """
    network = network_class(config.network)
    names = NETWORKS[config.network][1]
    if relations:
        if POSITIONS[0] not in {field.name for field in fields(network)}:
            raise UserError(f"--network {config.network}: cannot tell where the entities are; use cnn or lstm")
        names += POSITIONS
    return network(dim=dim, classes=classes, **{name: getattr(config, name) for name in names})
