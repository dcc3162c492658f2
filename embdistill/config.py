"""All the settings of a training run in one frozen object, which checks them when it is made."""

import difflib
import math
from dataclasses import asdict, dataclass, field, fields

from embdistill.errors import UserError
from embdistill.methods import METHODS
from embdistill.networks import NETWORKS


def _setting(default, help):
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class Config:
    """Settings that change the result of a run. Strings, as a command line gives them, are turned into numbers.

    Raises UserError for a value out of range.
    """

    method: str = _setting("encode", "how the small table comes about: " + ", ".join(METHODS))
    network: str = _setting("cnn", "the task network: " + ", ".join(NETWORKS))
    dim: int = _setting(50, "dimension d of the small table (large keeps that of the vectors)")
    epochs: int = _setting(60, "most passes over the training part")
    patience: int = _setting(10, "stop after so many epochs without a better dev accuracy")
    seed: int = _setting(0, "start of every random choice: held-out part, weights, order, dropout")
    batch: int = _setting(50, "sentences a step")
    rate: float = _setting(0.002, "learning rate of Adam")
    dropout: float = _setting(0.5, "share of the features dropped before the output layer")
    filters: int = _setting(100, "cnn: filters of each width")
    widths: tuple[int, ...] = _setting((3, 4, 5), "cnn: words that a filter sees, for example 3,4,5")
    hidden: int = _setting(200, "mean: units of the hidden layer")
    split: str = _setting("english", "tokeniser: english, or whitespace for text that is tokenised already")
    lowercase: bool = _setting(True, "tokeniser: map to lower case; false for vectors of cased words")

    def __post_init__(self):
        for setting in fields(self):
            convert = _CONVERTERS[setting.type]
            try:
                value = convert(getattr(self, setting.name))
            except (ValueError, TypeError):
                raise UserError(f"--{setting.name} {getattr(self, setting.name)}: must be {_KINDS[convert]}") from None
            object.__setattr__(self, setting.name, value)
        self._check("method", self.method in METHODS, f"must be one of {', '.join(METHODS)}")
        self._check("network", self.network in NETWORKS, f"must be one of {', '.join(NETWORKS)}")
        for name in ("dim", "epochs", "patience", "batch", "filters", "hidden"):
            self._check(name, 1 <= getattr(self, name) < 2**31, "must be at least 1, and below 2^31")
        self._check("seed", 0 <= self.seed < 2**63, "must be from 0 to 2^63 - 1")
        self._check("rate", self.rate > 0 and math.isfinite(self.rate), "must be above 0")
        self._check("dropout", 0 <= self.dropout < 1, "must be from 0 to below 1")
        sound = len(self.widths) > 0 and min(self.widths) >= 1 and max(self.widths) < 2**31
        self._check("widths", sound, "must be whole numbers from 1 on, below 2^31")

    def _check(self, name, sound, demand):
        if not sound:
            value = getattr(self, name)
            raise UserError(f"--{name} {value}: {demand}{_suggestion(value, demand)}")

    @classmethod
    def from_options(cls, options: dict) -> "Config":
        """Settings by name; UserError names an unknown one and the nearest known one."""
        known = [setting.name for setting in fields(cls)]
        for name in options:
            if name not in known:
                raise UserError(f"unknown option --{name}{did_you_mean(name, known, '--')}")
        return cls(**options)

    def as_dict(self) -> dict:
        """The settings as JSON can hold them."""
        return asdict(self) | {"widths": list(self.widths)}


def did_you_mean(word: str, known, prefix: str = "") -> str:
    """`; did you mean X?`, or nothing where no known word is near."""
    near = difflib.get_close_matches(word, list(known), 1)
    return f"; did you mean {prefix}{near[0]}?" if near else ""


def _suggestion(value, demand):
    return did_you_mean(value, demand.replace(",", "").split()) if isinstance(value, str) else ""


def _whole(value):
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError
    return int(value)


def _number(value):
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _truth(value):
    truth = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if str(value).lower() not in truth:
        raise ValueError
    return truth[str(value).lower()]


def _whole_numbers(value):
    if isinstance(value, str):
        value = value.strip("()[] ").split(",")
    elif isinstance(value, int):
        value = [value]
    return tuple(_whole(part) for part in value)


_CONVERTERS = {str: str, int: _whole, float: _number, bool: _truth, tuple[int, ...]: _whole_numbers}
_KINDS = {
    str: "a word",
    _whole: "a whole number",
    _number: "a number",
    _truth: "true or false",
    _whole_numbers: "whole numbers with commas between them",
}
