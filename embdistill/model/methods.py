"""The distillation methods by name: a table, what the loss matches, and stages around training, joined by +.

`encode`, `encode+soft`, `encode2+pretrain+ensemble`: every table goes with every match and every stage. The sources are
in docs/method.md.
"""

from dataclasses import dataclass

from embdistill.errors import UserError, did_you_mean

TABLES = {
    "large": "the large vectors, tuned with the network: the cumbersome model, and the teacher",
    "large-frozen": "the large vectors as they are",
    "direct": "a small table trained from a random start, or from --small-vectors",
    "pca": "principal components of the large vectors, frozen",
    "pca-tuned": "principal components as the start of a trained table",
    "encode": "an encoding layer over the large vectors, trained with the network",
    "encode2": "an encoder of two layers",
}
OBJECTIVES = {
    "labels": "the gold labels alone",
    "soft": "the gold labels and a teacher's softened probabilities",
    "logits": "a teacher's logits",
}
STAGES = {
    "pretrain": "the encoder starts as an autoencoder",
    "ensemble": "several teachers instead of one",
    "finetune": "after folding, the small table itself is trained on",
}
ENCODERS = ("encode", "encode2")


@dataclass(frozen=True)
class Method:
    """table, match: keys of TABLES and MATCHES; stages: keys of STAGES, in their order."""

    table: str
    objective: str
    stages: tuple[str, ...]

    @property
    def name(self) -> str:
        """The one way to write it."""
        objective = () if self.objective == "labels" else (self.objective,)
        return "+".join((self.table, *objective, *self.stages))

    @property
    def tunes_large_vectors(self) -> bool:
        """Whether the table has the dimension of the large vectors, whatever --dim says."""
        return self.table.startswith("large")


def parse(name: str) -> Method:
    """The method of a name such as encode+soft.

    Left out, the table is `direct` and the match `labels`; an ensemble without a match is matched by `logits`, as in
    Shin et al. 2019. UserError for an unknown or a repeated part, and for `pretrain` without an encoder.
    """
    chosen: dict[str, list[str]] = {"table": [], "objective": [], "stage": []}
    kinds = {"table": TABLES, "objective": OBJECTIVES, "stage": STAGES}
    for word in map(str.strip, name.lower().split("+")):
        kind = next((kind for kind, known in kinds.items() if word in known), None)
        if kind is None:
            known = [*TABLES, *OBJECTIVES, *STAGES]
            raise UserError(f"--method {name}: {word!r} is none of {', '.join(known)}{did_you_mean(word, known)}")
        chosen[kind].append(word)
    for kind, words in chosen.items():
        if len(set(words)) < len(words) or (kind != "stage" and len(words) > 1):
            raise UserError(f"--method {name}: {' and '.join(words)} do not go together; leave one {kind}")
    stages = tuple(stage for stage in STAGES if stage in chosen["stage"])
    objective = chosen["objective"][0] if chosen["objective"] else "logits" if "ensemble" in stages else "labels"
    method = Method((chosen["table"] or ["direct"])[0], objective, stages)
    if "pretrain" in stages and method.table not in ENCODERS:
        raise UserError(f"--method {name}: pretrain needs an encoder; use {' or '.join(ENCODERS)}, or leave it away")
    if "ensemble" in stages and objective == "labels":
        raise UserError(f"--method {name}: labels need no teachers; match soft or logits, or leave ensemble away")
    return method
