"""Task networks: from the small vectors of a packed batch to the logits of its sentences, one network a file.

A network is a frozen dataclass of its sizes, with a `name`, the names of its `settings` in Config, `shapes()` of its
weights, `initialise(values, rng)`, `features`, the width of the layer under dropout, and
`forward(values, embeddings, batch, mask)`, which returns the logits and its backward. docs/extending.md says how one is
added.

For export: `edm_code`, its number in an .edm image; `edm_settings()`, H, whether pooled by the maximum, and widths, as
in section NETW; `edm_weights(values)` (rows, columns) by section, maps transposed so that C adds up whole rows;
`scratch_floats()`, those that C takes with EMBDISTILL_BLOCK=1 besides one a token; `scratch_integers()`, what an int8
model takes in place of them, in units of four bytes; `multiply_adds(tokens)`, those of a text; `onnx_features`, its
ONNX nodes.
"""

from dataclasses import fields

from embdistill.errors import UserError
from embdistill.model.choices import NETWORKS

POSITIONS = ("position_dim", "position_reach")  # settings of a network that can tell where the entities are


def build_network(config, dim: int, classes: int, relations: bool = False):
    """The network that a Config asks for, over vectors of `dim` numbers.

    relations: whether the classes are relations between two marked entities. UserError for a network without positions.
    """
    network = NETWORKS[config.network].load()
    names = network.settings
    if relations:
        if not _has_positions(network):
            able = [name for name, choice in NETWORKS.items() if _has_positions(choice.load())]
            raise UserError(f"--network {config.network}: cannot tell where the entities are; use {' or '.join(able)}")
        names += POSITIONS
    return network(dim=dim, classes=classes, **{name: getattr(config, name) for name in names})


def _has_positions(network):
    return POSITIONS[0] in {field.name for field in fields(network)}
