"""The models that a search tries: settings that fit the limits, each with as many words as it has room for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embdistill.data.dataset import Dataset
from embdistill.data.packed import UNKNOWN
from embdistill.errors import UserError
from embdistill.export.budget import Budget, parse_size
from embdistill.export.sizes import code_bytes, image_bytes, most_words, ram_bytes
from embdistill.export.variants import closed_vocabulary
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.model.correction import Correction, correction_of
from embdistill.model.networks import build_network
from embdistill.model.subwords import Subwords
from embdistill.searching.instructions import TextSize, instructions

DTYPE = "int4"  # by which words are counted: docs/results/dtypes.md has what the smaller dtype loses, next to nothing


@dataclass(frozen=True)
class Limits:
    """What a device has: bytes, and instructions for a text (None: no limit)."""

    budget: Budget
    instructions: int | None = None

    @classmethod
    def read(cls, flash: str, ram: str | None = None, instructions: int | None = None) -> "Limits":
        """Limits of sizes such as 64K; UserError for one that is none."""
        return cls(Budget(parse_size("flash", flash), None if ram is None else parse_size("ram", ram)), instructions)


@dataclass(frozen=True, eq=False)
class Arm:
    """Settings, and the words that it has, as rows (n,) of the table, the most important one first."""

    config: Config
    words: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """The rows (n + 1,) of its table, rising from row 0."""
        return np.sort(np.append(self.words, UNKNOWN))

    @property
    def title(self) -> str:
        """What tells it from the others, in a few words."""
        config = self.config
        sizes = {
            "mean": f"hidden {config.hidden}",
            "cnn": f"filters {config.filters} x {','.join(map(str, config.widths))}",
            "lstm": f"units {config.units}",
        }
        table = config.parsed.table
        return f"{config.network} {table} d {config.dim} {sizes[config.network]}"


def fitting(dataset: Dataset, configs: Sequence[Config], limits: Limits, text: TextSize) -> list[Config]:
    """The settings whose smallest model, of one word, fits; UserError if there are none, with the smallest need."""
    left = list(configs)
    blanks = {config: closed_vocabulary(blank(dataset, config)) for config in left}
    needs = [
        (
            "flash",
            limits.budget.flash,
            lambda model: code_bytes(model, DTYPE) + image_bytes(model, np.array([1]), DTYPE),
        ),
        ("ram", limits.budget.ram, lambda model: ram_bytes(model, DTYPE)),
        ("max-instructions", limits.instructions, lambda model: instructions(model.network, text)),
    ]
    for name, most, need in needs:
        needed = {config: need(blanks[config]) for config in left}
        left = [config for config in left if most is None or needed[config] <= most]
        if not left:
            unit = "instructions" if name == "max-instructions" else "bytes"
            problem = f"nothing fits; the smallest possible is {min(needed.values())} {unit}"
            raise UserError(
                f"--{name} {most}: {problem}; give more, or a smaller --dim, --hidden, --filters or --units"
            )
    return left


def arms(dataset: Dataset, configs: Sequence[Config], limits: Limits, ranked: np.ndarray) -> list[Arm]:
    """An arm for each of the settings, which fit, with the first words of `ranked` (n,), rows of the table.

    configs: all with the same corrections. Words are counted without spellings but those that are removed words: an
    image with more spellings has fewer words, which are pruned when the training is over.
    """
    words, correction = dataset.vocabulary.words, None
    if configs[0].correct:
        correction = correction_of(words, np.bincount(dataset.train.packed.ids, minlength=len(words)))
    found = []
    for config in configs:
        model = blank(dataset, config, correction)
        counts = (
            most_words(variant, ranked, limits.budget.flash - code_bytes(variant, DTYPE), DTYPE)
            for variant in (model, closed_vocabulary(model))
        )
        count = next(filter(None, counts), 0)
        found.append(Arm(config, ranked[:count]))
    return found


def blank(dataset: Dataset, config: Config, correction: Correction | None = None) -> Model:
    """A model of these settings that was not trained, and has the size of one that was."""
    network = build_network(config, config.dim, len(dataset.labels), dataset.relations)
    record = {"method": config.method, "network": config.network, "dim": config.dim, "seed": config.seed}
    return Model(
        labels=dataset.labels,
        tokenizer=dataset.tokenizer,
        vocabulary=dataset.vocabulary,
        table=np.ones((len(dataset.vocabulary), config.dim), np.float32),
        network=network,
        values={name: np.ones(shape, np.float32) for name, shape in network.shapes().items()},
        about={"record": record, "format": dataset.format},
        subwords=Subwords(np.ones((config.subwords, config.dim), np.float32)) if config.subwords else None,
        correction=correction,
    )
