"""The distillation methods as independent choices: where the small table comes from, and what the loss matches."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """table: a key of embdistill.tables.TABLES. match: what the loss compares the logits with."""

    table: str
    match: str = "labels"


METHODS = {
    "large": Method("large"),
    "direct": Method("direct"),
    "encode": Method("encode"),
}
