"""What each word of a text does to a label: exactly, by leaving it out."""

import math
from dataclasses import asdict, dataclass

import numpy as np

from embdistill.data.encoding import WINDOWS_1252
from embdistill.errors import UserError, did_you_mean
from embdistill.model.words import READINGS

MOST_TOKENS = 1 << 20  # that are read without a word, all texts together; seconds of work
MOST_LOGITS = 1 << 24


@dataclass(frozen=True)
class Word:
    """A word of a text, and what it does to the label.

    start, end: its characters in the text. reading: known, corrected, subwords or unknown; read_as: the known word that
    a corrected one is read as. logit, probability: those of the label, less those without the word. share: in the
    logit, for the network `mean` and a text all of whose words are left out; else None.
    """

    text: str
    start: int
    end: int
    reading: str
    read_as: str | None
    logit: float
    probability: float
    share: float | None


@dataclass(frozen=True)
class Explanation:
    """What the words of a text do to a label.

    predicted: the most probable label. logit, probability: of `label`, the one that is explained. probabilities: of
    each label, in the order of the model. words: those that were left out; `count` is how many the text has. rest:
    where there are shares, the part of the logit that no word has a share in; they and the rest add up to the logit.
    """

    text: str
    label: str
    predicted: str
    logit: float
    probability: float
    probabilities: dict[str, float]
    words: list[Word]
    count: int
    rest: float | None

    def as_dict(self) -> dict:
        """As JSON can hold it."""
        return asdict(self)


def explain(model, text: str | bytes, label: str | None = None) -> Explanation:
    """Leave out each word of a text in turn. model: an EdmModel or a LeftOut. label: the most probable one by default.

    The other words are read as before, and distances from entities are those of the shorter text; marks of entities
    stay, and the only word of an entity is read as an unknown one instead. Of long texts the first words are left out,
    as many as MOST_TOKENS and MOST_LOGITS allow. UserError for a label that the model does not have, MarkError as
    predict.
    """
    text = text.decode(errors=WINDOWS_1252) if isinstance(text, bytes) else text
    content = text.encode(errors="replace")  # half letters are read as question marks
    text, labels = content.decode(), model.labels
    logits = model.logits_and_known([content])[0][0]
    probabilities = _softmax(np.array([logits]))[0]
    best = int(np.argmax(logits))
    chosen = best if label is None else _index(label, labels)
    read = model._read(content)
    count = min(len(read), MOST_TOKENS // max(1, len(read)), MOST_LOGITS // len(labels))
    without = _rows(model._leave_out(content, count), labels)
    shares = model._shares(content, count) if count == len(read) else None
    shares = None if shares is None else _rows(shares, labels)[:, chosen]
    effects = [
        (logits[chosen] - without[:, chosen]).tolist(),
        (probabilities[chosen] - _softmax(without)[:, chosen]).tolist(),
        [None] * count if shares is None else shares.tolist(),
    ]
    readings = [(READINGS[reading], spelling) for _, _, reading, spelling in read[:count]]
    places = _places(content, [(start, end) for start, end, *_ in read[:count]])
    words = [Word(*place, *how, *of) for place, how, *of in zip(places, readings, *effects, strict=True)]
    rest = None if shares is None else logits[chosen] - math.fsum(shares.tolist())
    by_label = dict(zip(labels, probabilities.tolist(), strict=True))
    chance = float(probabilities[chosen])
    return Explanation(text, labels[chosen], labels[best], logits[chosen], chance, by_label, words, len(read), rest)


def _index(label, labels):
    if label not in labels:
        raise UserError(f"--label {label}: not a class of the model{did_you_mean(label, labels)}")
    return labels.index(label)


def _places(content, spans):
    """The words of a text (UTF-8) at these bytes, and their characters (start, end)."""
    byte, character = 0, 0
    for start, end in spans:
        word = content[start:end].decode()
        character += len(content[byte:start].decode())
        yield word, character, character + len(word)
        byte, character = end, character + len(word)


def _rows(values, labels):
    """Values (n, C) as float64; of those of the C runtime, the bytes are given."""
    if isinstance(values, bytearray):
        values = np.frombuffer(values, np.float32)
    return np.asarray(values, np.float64).reshape(-1, len(labels))


def _softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
