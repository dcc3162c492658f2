"""The distillation methods by name: so far, where the small table comes from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """table: a key of embdistill.tables.TABLES."""

    table: str


METHODS = {name: Method(table=name) for name in ("large", "direct", "encode")}
