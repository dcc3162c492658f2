"""What can be chosen by name, each kind listed once: a name, where it is, what it means; imported when it is used.

docs/extending.md says how something is added.
"""

from importlib import import_module
from typing import NamedTuple


class Choice(NamedTuple):
    """where: MODULE:NAME; meaning: a phrase for the help; teacher: whether an objective compares with a teacher."""

    where: str
    meaning: str = ""
    teacher: bool = False

    def load(self):
        """The class, function or number that is chosen; its module, and Numba with it, is imported now."""
        module, name = self.where.split(":")
        return getattr(import_module(module), name)


def _in(module, **choices):
    """Choices of one module, by the names that they have there (large_frozen is chosen as large-frozen)."""
    return {name.replace("_", "-"): Choice(f"embdistill.{module}:{name}", what) for name, what in choices.items()}


NETWORKS = {
    "mean": Choice("embdistill.model.networks.mean:Mean", "the mean of the word vectors, and a hidden layer"),
    "cnn": Choice("embdistill.model.networks.cnn:Cnn", "filters over neighbouring words, and their maximum over time"),
    "lstm": Choice("embdistill.model.networks.lstm:Lstm", "long short-term memory in both directions"),
}
TABLES = _in(
    "model.tables",
    large="the large vectors, tuned with the network: the cumbersome model, and the teacher",
    large_frozen="the large vectors as they are",
    direct="a small table trained from a random start, or from --small-vectors",
    pca="principal components of the large vectors, frozen",
    pca_tuned="principal components as the start of a trained table",
    encode="an encoding layer over the large vectors, trained with the network",
    encode2="an encoder of two layers",
)
OBJECTIVES = {
    "labels": Choice("embdistill.model.losses:cross_entropy", "the gold labels alone"),
    "soft": Choice(
        "embdistill.model.losses:soft_cross_entropy", "the gold labels and a teacher's softened probabilities", True
    ),
    "logits": Choice("embdistill.model.losses:squared_error", "a teacher's logits", True),
}
ACTIVATIONS = {
    name.lower(): Choice(f"embdistill.kernels.activations:{name}", "") for name in ("TANH", "RELU", "IDENTITY")
}
POOLINGS = {
    "last": Choice("embdistill.kernels.lstm:last_state", "the last state of each direction"),
    "max": Choice("embdistill.kernels.lstm:max_state", "the maximum over time"),
}
COMBINATIONS = _in(
    "model.ensemble",
    mean="the mean of the teachers' logits",
    agreement="teachers that agree with the others weigh more",
    disagreement="teachers that differ from the others weigh more",
)
STAGES = {
    "pretrain": "the encoder starts as an autoencoder",
    "ensemble": "several teachers instead of one",
    "finetune": "after folding, the small table itself is trained on",
}
CODES = {
    "pq": Choice("embdistill.model.product_codes:product_codes", "the small table in product codes"),
    "sparse": Choice("embdistill.model.sparse_codes:sparse_codes", "rarer words as sums of a few frequent ones"),
}
