"""Labelled texts that are in memory: lists, arrays, series of pandas or polars."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from embdistill.data.corpora import Corpus, Example, note_marks
from embdistill.data.corpora.lines import label_problem
from embdistill.errors import UserError

SHOWN = 40  # characters of a value in an error


def corpus_of(texts: Iterable[Any], labels: Iterable[Any], name: str = "texts") -> Corpus:
    """A Corpus of texts and their labels; those that are not str, as numbers, are named by their str.

    name: of the texts, in messages. UserError, with the position, for a text that is none, for a missing label and for
    one that no file could hold; and for none at all, or more of one than of the other.
    """
    texts, labels = texts_of(texts, name), [_name(label, i) for i, label in enumerate(column(labels, "labels"))]
    if len(texts) != len(labels):
        raise UserError(f"{name}: {len(texts)} texts and {len(labels)} labels; give a label for each text")
    if not texts:
        raise UserError(f"{name}: no text in it; give labelled texts")
    digest = hashlib.sha256()
    pairs = list(zip(labels, texts, strict=True))
    for label, text in pairs:
        digest.update(f"{len(label)}\t{label}\t{len(text)}\t{text}\n".encode(errors="surrogatepass"))
    examples = [Example(label, text, f"{name}[{i}]", None) for i, (label, text) in enumerate(pairs)]
    corpus = Corpus(name, "python", examples, digest=digest.hexdigest())
    note_marks(corpus)
    return corpus


def texts_of(values: Iterable[Any], name: str = "texts") -> list[str]:
    """Texts as a list of str; UserError, with the position of the first, for what is no text."""
    texts = column(values, name)
    wrong = [i for i, text in enumerate(texts) if not isinstance(text, str)]
    if wrong:
        more = f" (and {len(wrong) - 1:,} more are none)" if len(wrong) > 1 else ""
        raise UserError(f"{name}[{wrong[0]}]: {_shown(texts[wrong[0]])}, not a text{more}; make it a str, or remove it")
    return [str(text) for text in texts]  # NumPy has a str of its own


def column(values: Iterable[Any], name: str) -> list[Any]:
    """One value for each text, as a list; UserError for a text alone, and for a table of several columns."""
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise UserError(f"{name}: {_shown(values)}, where a list, an array or a series is needed; put it in a list")
    shape = getattr(values, "shape", (0,))
    if len(shape) != 1:
        raise UserError(f"{name}: of shape {tuple(shape)}, where one column is needed; name it, as in table['text']")
    return list(values)


def is_missing(value: Any) -> bool:
    """Whether a value stands for none: None, NaN, and what pandas has for them."""
    return (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )


def _name(label: Any, position: int) -> str:
    if is_missing(label):
        raise UserError(f"labels[{position}]: {_shown(label)}; give a label, or remove it with its text")
    name = str(label)
    if problem := label_problem(name):
        raise UserError(f"labels[{position}]: {problem}")
    return name


def _shown(value: Any) -> str:
    if is_missing(value):
        return str(value)
    text = repr(value)
    return f"{text if len(text) <= SHOWN else text[:SHOWN] + '...'} of type {type(value).__name__}"
