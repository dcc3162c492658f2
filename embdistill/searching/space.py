"""Which settings a search tries."""

from collections.abc import Container
from dataclasses import replace
from itertools import product

from embdistill.errors import UserError
from embdistill.model.config import Config

SOFT, SOFT2 = "encode+soft+ensemble", "encode2+soft+ensemble"
TRIED = {  # of each network: what is tried of each setting
    "mean": {"method": (SOFT, SOFT2), "dim": (8, 16, 32), "hidden": (100,)},
    "cnn": {
        "method": (SOFT2,),
        "dim": (8, 12, 16, 24, 32, 50),
        "filters": (32, 50, 100),
        "widths": ((2, 3, 4),),
    },
    "lstm": {"method": (SOFT,), "dim": (8, 16), "units": (32,)},
}
FOR_RELATIONS = ("cnn", "lstm")
TEACHERS = ("cnn", "cnn", "cnn", "lstm")  # of two kinds, whose mistakes differ
SHARED = {
    "subwords": 0,
    "teachers": len(TEACHERS),
    "teacher_networks": TEACHERS,
    "units": 50,  # of the `lstm` among the teachers
    "temperature": 3.0,  # students of several teachers gain by it: docs/search.md
}


def shared_settings(config: Config, given: Container[str]) -> Config:
    """What all candidates have; settings of the names `given` stay. UserError for a method whose table is large, or in
    codes, which no image has."""
    if "method" in given and config.parsed.table.startswith("large"):
        raise UserError(f"--method {config.method} does not go with --flash, since its table is large; omit it")
    if "method" in given and config.parsed.codes:
        raise UserError(f"--method {config.method} does not go with --flash, since no image has codes; omit them")
    return replace(config, **{name: value for name, value in SHARED.items() if name not in given})


def settings_to_try(config: Config, given: Container[str], relations: bool) -> list[Config]:
    """Settings in all combinations; those of the names `given` stay as in config.

    relations: whether the task is one, which `mean` cannot do.
    """
    networks = [config.network] if "network" in given else FOR_RELATIONS if relations else TRIED
    found = []
    for network in networks:
        tried = {name: values for name, values in TRIED[network].items() if name not in given}
        combinations = product(*tried.values())
        found += [replace(config, network=network, **dict(zip(tried, values, strict=True))) for values in combinations]
    return found
