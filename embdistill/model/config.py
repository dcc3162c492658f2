"""All the settings of a training run in one frozen object, which checks them when it is made."""

import math
import tomllib
from dataclasses import asdict, dataclass, field, fields

from embdistill.data.encoding import decode
from embdistill.errors import UserError, did_you_mean, reading
from embdistill.model.choices import ACTIVATIONS, CODES, COMBINATIONS, NETWORKS, OBJECTIVES, POOLINGS, STAGES, TABLES
from embdistill.model.methods import Method, parse

CHOICES = {
    "network": NETWORKS,
    "activation": ACTIVATIONS,
    "pooling": POOLINGS,
    "combine": COMBINATIONS,
    "class_weights": ("none", "balanced"),
    "select": ("accuracy", "macro_f1"),
    "split": ("english", "whitespace"),
}
MOST_SUBWORDS = 2**14  # to fit them takes 8 bytes for each pair
FROM_ZERO = ("words", "subwords", "spellings")  # whole numbers that may be 0: none


def option(name: str) -> str:
    """A setting as the command line spells it."""
    return f"--{name.replace('_', '-')}"


def _setting(default, help):
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class Config:
    """Settings that change the result of a run. Strings, as a command line gives them, are turned into numbers.

    Raises UserError for a value out of range.
    """

    method: str = _setting(
        "encode",
        f"a table ({', '.join(TABLES)}), an objective ({', '.join(OBJECTIVES)}), stages ({', '.join(STAGES)}) "
        f"and codes ({', '.join(CODES)}), joined by +, for example encode+soft",
    )
    network: str = _setting("cnn", "the task network: " + ", ".join(NETWORKS))
    dim: int = _setting(50, "dimension d of the small table (large keeps that of the vectors)")
    epochs: int = _setting(60, "most passes over the training split")
    patience: int = _setting(10, "stop after so many epochs without a better dev score")
    select: str = _setting("accuracy", "the dev score that chooses the epoch: accuracy, or macro_f1 for uneven classes")
    class_weights: str = _setting(
        "none", "how much a text counts in the loss: none, all alike; or balanced, by its class, all classes alike"
    )
    seed: int = _setting(0, "start of every random choice: held-out split, weights, order, dropout")
    batch: int = _setting(50, "sentences a step")
    rate: float = _setting(0.002, "learning rate of Adam")
    dropout: float = _setting(0.5, "share of the features dropped before the output layer")
    filters: int = _setting(100, "cnn: filters of each width")
    widths: tuple[int, ...] = _setting((3, 4, 5), "cnn: words that a filter sees, for example 3,4,5")
    hidden: int = _setting(200, "mean: units of the hidden layer")
    units: int = _setting(100, "lstm: hidden units of each direction")
    pooling: str = _setting("max", "lstm: last (states) or max (over time)")
    position_dim: int = _setting(20, "relations: dimension of the two position vectors of a token")
    position_reach: int = _setting(30, "relations: greatest distance from an entity that is told apart, in words")
    activation: str = _setting("tanh", "encode: tanh, relu or identity")
    encoder_hidden: int = _setting(300, "encode2: units of the hidden layer")
    temperature: float = _setting(2.0, "soft: temperature T that softens both outputs, above 0")
    mixing: float = _setting(0.5, "soft: share a of the teacher in the loss, 0 to 1; the labels have the rest")
    teachers: int = _setting(3, "ensemble: how many teachers")
    teacher_networks: tuple[str, ...] = _setting(
        (), "networks of the teachers in turn, as cnn,lstm; else the student's"
    )
    combine: str = _setting("mean", "ensemble: mean, agreement or disagreement (routing) of the teachers")
    pretrain_epochs: int = _setting(20, "pretrain: passes of the autoencoder over the vocabulary")
    finetune_rate: float = _setting(0.0005, "finetune, pq, sparse: learning rate of Adam")
    split: str = _setting("english", "tokenizer: english, or whitespace for text that is already tokenized")
    lowercase: bool = _setting(True, "tokenizer: map to lower case; false for vectors of cased words")
    words: int = _setting(
        0, "table: so many of the most frequent words besides, the first of the vectors, or of a --vocab with counts"
    )
    transductive: bool = _setting(
        False, "table: the words of the test texts too, as in most papers; a device does not know them"
    )
    word_dropout: float = _setting(
        0.5, "training: read a word that occurs n times as unknown with probability a / (a + n), a being this number"
    )
    subwords: int = _setting(4096, "vectors of character n-grams, for words that the table lacks; 0: none")
    correct: bool = _setting(True, "read an unknown word as the known one that is one typing error away")
    spellings: int = _setting(80_000, "correct: words of the vectors, the first ones, that are right as they are")

    def __post_init__(self):
        for setting in fields(self):
            convert, kind = _TYPES[setting.type]
            try:
                value = convert(getattr(self, setting.name))
            except (ValueError, TypeError, KeyError):
                raise UserError(f"{option(setting.name)} {getattr(self, setting.name)}: must be {kind}") from None
            object.__setattr__(self, setting.name, value)
            if setting.type is int and setting.name != "seed":
                least = int(setting.name not in FROM_ZERO)
                self._check(setting.name, least <= value < 2**31, f"must be at least {least}, and below 2^31")
        object.__setattr__(self, "method", self.parsed.name)
        for name, words in CHOICES.items():
            self._check(name, getattr(self, name) in words, f"must be one of {', '.join(words)}")
        for network in self.teacher_networks:
            if network not in NETWORKS:
                raise UserError(f"--teacher-networks {network}: must be of {', '.join(NETWORKS)}")
        self._check("seed", 0 <= self.seed < 2**63, "must be from 0 to 2^63 - 1")
        for name in ("rate", "finetune_rate"):
            self._check(name, getattr(self, name) > 0 and math.isfinite(getattr(self, name)), "must be above 0")
        self._check("subwords", self.subwords <= MOST_SUBWORDS, f"must be at most {MOST_SUBWORDS}")
        self._check("teachers", self.teachers <= 1000, "must be at most 1000")
        self._check("temperature", 0.001 <= self.temperature <= 1000, "must be above 0, from 0.001 to 1000")
        self._check("mixing", 0 <= self.mixing <= 1, "must be from 0 to 1")
        self._check("word_dropout", 0 <= self.word_dropout < math.inf, "must be 0 or above")
        self._check("dropout", 0 <= self.dropout < 1, "must be from 0 to below 1")
        sound = len(self.widths) > 0 and min(self.widths) >= 1 and max(self.widths) < 2**31
        self._check("widths", sound, "must be whole numbers from 1 on, below 2^31")

    def _check(self, name, sound, demand):
        if not sound:
            value = getattr(self, name)
            near = did_you_mean(value, demand.replace(",", "").split()) if isinstance(value, str) else ""
            raise UserError(f"{option(name)} {value}: {demand}{near}")

    @classmethod
    def from_options(cls, options: dict, file=None, toml: dict | None = None) -> "Config":
        """Settings by name, over those of a TOML file (None: no file); what neither names has its default.

        toml: what read_toml gave for the file, if that has been read, since a pipe can be read only once.

        UserError for an unknown name, with the nearest known one, and for a file that is not TOML.
        """
        settings = toml if toml is not None else read_toml(file) if file else {}
        known = [setting.name for setting in fields(cls)]
        for name in options:
            if name not in known:
                near = did_you_mean(option(name), map(option, known))
                raise UserError(f"unknown option {option(name)}{near}")
        for name in settings:
            if name not in known:
                raise UserError(f"{file}: unknown setting {name!r}{did_you_mean(name, known)}")
        try:
            cls(**settings)
        except UserError as error:
            raise UserError(f"{file}: {error}") from error
        return cls(**settings | options)

    @property
    def parsed(self) -> Method:
        """The method, parsed; UserError if there is no such method."""
        return parse(self.method)

    def as_dict(self) -> dict:
        """The settings as JSON can hold them."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def read_toml(path) -> dict:
    """Settings by name from a TOML file; - in a name counts as _. UserError, with the line, if it is not TOML."""
    try:
        with reading(path), open(path, "rb") as stream:
            text = decode(stream.read(), path).text
        return {name.replace("-", "_"): value for name, value in tomllib.loads(text).items()}
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: not TOML ({error}); write name = value, a setting a line") from error


def _whole(value):
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError
    return int(value)


def _number(value):
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _truth(value):
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[str(value).lower()]


def _whole_numbers(value):
    if isinstance(value, str):
        value = value.strip("()[] ").split(",")
    elif isinstance(value, int):
        value = [value]
    return tuple(_whole(part) for part in value)


def _words(value):
    if isinstance(value, dict):
        raise ValueError
    value = value.strip("()[] ").split(",") if isinstance(value, str) else value
    return tuple(str(part).strip(" '\"") for part in value if str(part).strip())


_TYPES = {  # of a setting: how its value is converted, and what it must be
    str: (str, "a word"),
    int: (_whole, "a whole number"),
    float: (_number, "a number"),
    bool: (_truth, "true or false"),
    tuple[int, ...]: (_whole_numbers, "whole numbers with commas between them"),
    tuple[str, ...]: (_words, "words with commas between them"),
}
