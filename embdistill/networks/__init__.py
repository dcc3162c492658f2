"""Task networks: from the small vectors of a packed batch to the logits of its sentences, one network a file.

A network has `shapes()` of its weights, `initialise(values, rng)`, `dropped`, the width of the layer under dropout, and
`forward(values, embeddings, batch, keep)`, which returns the logits and its backward.
"""

from importlib import import_module

# Name: the class, in the file of that name, and those of its fields that are settings (embdistill.config).
NETWORKS = {"mean": ("Mean", ("hidden",)), "cnn": ("Cnn", ("filters", "widths"))}


def network_class(name: str):
    """The class of a network; its file, and Numba with it, is imported now."""
    return getattr(import_module(f"embdistill.networks.{name}"), NETWORKS[name][0])


def build_network(config, dim: int, classes: int):
    """The network that a configuration asks for, over vectors of `dim` numbers."""
    settings = {setting: getattr(config, setting) for setting in NETWORKS[config.network][1]}
    return network_class(config.network)(dim=dim, classes=classes, **settings)
