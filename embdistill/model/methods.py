"""The distillation methods by name: a table, an objective, stages of training and codes, joined by +.

`encode`, `encode+soft`, `encode2+pretrain+ensemble`, `encode+pq`: every table goes with every objective, every stage
and all codes. The sources are in docs/method.md.
"""

from dataclasses import dataclass

from embdistill.errors import UserError, did_you_mean
from embdistill.model.choices import CODES, OBJECTIVES, STAGES, TABLES

ENCODERS = tuple(name for name in TABLES if name.startswith("encode"))


@dataclass(frozen=True)
class Method:
    """table, objective, codes: keys of TABLES, OBJECTIVES, CODES (or None); stages: keys of STAGES, in their order."""

    table: str
    objective: str
    stages: tuple[str, ...]
    codes: str | None = None

    @property
    def name(self) -> str:
        """The one way to write it."""
        objective = () if self.objective == "labels" else (self.objective,)
        codes = (self.codes,) if self.codes else ()
        return "+".join((self.table, *objective, *self.stages, *codes))

    @property
    def has_teacher(self) -> bool:
        """Whether the objective compares with a teacher."""
        return OBJECTIVES[self.objective].teacher

    @property
    def tunes_large_vectors(self) -> bool:
        """Whether the table has the dimension of the large vectors, whatever --dim says."""
        return self.table.startswith("large")


def parse(name: str) -> Method:
    """The method of a name such as encode+soft.

    The table is `direct` unless named; the objective `labels`, and of an ensemble `logits`, as in Shin et al. 2019.
    UserError for an unknown or repeated word, and for `pretrain` without an encoder.
    """
    chosen: dict[str, list[str]] = {"table": [], "objective": [], "stage": [], "kind of codes": []}
    kinds = {"table": TABLES, "objective": OBJECTIVES, "stage": STAGES, "kind of codes": CODES}
    for word in map(str.strip, name.lower().split("+")):
        kind = next((kind for kind, known in kinds.items() if word in known), None)
        if kind is None:
            known = [*TABLES, *OBJECTIVES, *STAGES, *CODES]
            raise UserError(f"--method {name}: {word!r} is none of {', '.join(known)}{did_you_mean(word, known)}")
        chosen[kind].append(word)
    for kind, words in chosen.items():
        if len(set(words)) < len(words) or (kind != "stage" and len(words) > 1):
            raise UserError(f"--method {name}: {' and '.join(words)} do not go together; give one {kind}")
    stages = tuple(stage for stage in STAGES if stage in chosen["stage"])
    objective = chosen["objective"][0] if chosen["objective"] else "logits" if "ensemble" in stages else "labels"
    method = Method((chosen["table"] or ["direct"])[0], objective, stages, next(iter(chosen["kind of codes"]), None))
    if "pretrain" in stages and method.table not in ENCODERS:
        raise UserError(f"--method {name}: pretrain needs an encoder; use {' or '.join(ENCODERS)}, or omit pretrain")
    if "ensemble" in stages and not method.has_teacher:
        raise UserError(f"--method {name}: {objective} need no teachers; add soft or logits, or omit ensemble")
    return method
