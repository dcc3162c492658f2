"""Which settings a search tries."""

from collections.abc import Container, Iterator
from dataclasses import replace
from itertools import product

from embdistill.errors import UserError
from embdistill.model.config import Config

METHOD, TEACHERS = "encode+soft+ensemble", 4
SIZES = {  # of each network: what is tried of each setting
    "mean": {"dim": (8, 12, 16, 24), "hidden": (50, 100)},
    "cnn": {"dim": (8, 12, 16, 24, 32), "filters": (32, 50, 100), "widths": ((2, 3), (3, 4, 5))},
    "lstm": {"dim": (8, 16), "units": (16, 32)},
}


def shared_settings(config: Config, given: Container[str]) -> Config:
    """What all candidates have; settings of the names `given` stay. UserError for a method whose table is large."""
    shared = {"method": METHOD, "teachers": TEACHERS, "teacher_networks": ("cnn",)}
    config = replace(config, **{name: value for name, value in shared.items() if name not in given})
    if config.parsed.table.startswith("large"):
        raise UserError(f"--method {config.method} does not go with --flash, since its table is large; omit it")
    return config


def settings_to_try(config: Config, given: Container[str]) -> list[Config]:
    """Settings in all combinations; those of the names `given` stay as in config."""
    return list(_combinations(config, given))


def _combinations(config, given) -> Iterator[Config]:
    for network, sizes in SIZES.items():
        if "network" in given and network != config.network:
            continue
        tried = {name: values for name, values in sizes.items() if name not in given}
        for values in product(*tried.values()):
            yield replace(config, network=network, subwords=0, **dict(zip(tried, values, strict=True)))
