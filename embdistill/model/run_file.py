"""Run files: a trained model and the record of its training, in HDF5 (docs/files.md)."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Literal, NotRequired, TypedDict

import numpy as np

from embdistill.data.corpora.layout import Layout
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vocabulary import Vocabulary
from embdistill.model.choices import NETWORKS
from embdistill.model.classifier import Model
from embdistill.model.config import CHOICES
from embdistill.model.correction import LARGEST_CLASS, Correction
from embdistill.model.networks import POSITIONS
from embdistill.model.subwords import LONGEST_NGRAM, Subwords
from embdistill.storage.hdf5 import created, fixed, opened, read_words, write_words
from embdistill.storage.json_text import Count, Finite, Text, parse, written


class Scores(TypedDict):
    """Of a split, in percent; what reads them needs no more."""

    accuracy: Finite
    official_f1: NotRequired[Finite]


class Record(TypedDict, total=False):
    """What `train --json` printed."""

    method: Text
    network: Text
    dim: Count
    seed: Count
    dev: Scores
    test: Scores | None


class Epoch(TypedDict):
    stage: str
    number: Count
    loss: Finite
    dev_loss: Finite
    dev_accuracy: Finite
    seconds: Finite


class Config(TypedDict):
    """The settings; to read its files again, no more than the seed is needed."""

    seed: Count


class Input(TypedDict):
    role: str
    path: str
    sha256: str
    format: NotRequired[Text]


class About(TypedDict, total=False):
    """What a run file says of the making of its model; a model that was made in Python may say nothing."""

    record: Record
    config: Config
    history: list[Epoch]
    format: Text
    layout: dict[Literal["text_column", "label_column", "delimiter", "header"], str | None]
    notes: list[str]
    inputs: list[Input]
    versions: dict[str, str]
    classes: list[bool | int | float | str]  # in the order of api.Classifier.classes_, where they are no str too


def save_run(path: str | Path, model: Model) -> None:
    """Write a run file; UserError if the place cannot be written, ValueError if model.about could not be read again."""
    about = written(model.about, About)
    with created(path, "run") as file:
        write_words(file, "labels", model.labels)
        write_words(file, "vocabulary", model.vocabulary.words[1:])
        if model.unknown_words:
            write_words(file, "unknown_words", model.unknown_words)
        file["table"] = model.table
        for name, value in model.values.items():
            file[f"network/{name}"] = value
        file["network"].attrs["name"] = fixed(model.network.name)
        file["network"].attrs["settings"] = fixed(json.dumps(asdict(model.network)))
        file.attrs["tokenizer"] = fixed(json.dumps(model.tokenizer.settings))
        _write_open_vocabulary(file, model)
        file["about"] = fixed(about)


def load_run(path: str | Path) -> Model:
    """Read a run file; FormatError if it is not sound, UserError if it cannot be read."""
    with opened(path, "run") as file:
        network = _network(file)
        values = {name: value.read() for name, value in file["network"].members.items()}
        if file.attributes["schema_version"] == 1 and network.name == "cnn":
            # Schema 1 had the taps of all widths apart from their filters: (taps, H, d).
            values["conv.weight"] = values["conv.weight"].reshape(-1, network.dim)
        model = Model(
            labels=read_words(file, "labels"),
            tokenizer=Tokenizer.from_settings(parse(file.attributes["tokenizer"])),
            vocabulary=Vocabulary(read_words(file, "vocabulary")),
            table=file["table"].read(),
            network=network,
            values=values,
            about=_about(file["about"]),
            subwords=_read_subwords(file),
            correction=_read_correction(file),
            unknown_words=read_words(file, "unknown_words") if "unknown_words" in file.members else [],
        )
        _check_weights(model)
        return model


def _write_open_vocabulary(file, model):
    if subwords := model.subwords:
        file["subwords/buckets"] = subwords.buckets
        file["subwords/limits"] = np.array([subwords.shortest, subwords.longest], np.uint32)
    if correction := model.correction:
        limits = [correction.shortest, correction.longest, correction.least_class]
        file["correction/limits"] = np.array(limits, np.uint32)
        file["correction/letters"] = np.array([ord(letter) for letter in correction.letters], np.uint32)
        file["correction/classes"] = correction.classes
        if correction.spellings:
            write_words(file["correction"], "spellings", correction.spellings)


def _read_subwords(file):
    """The subwords of a run file, if it has any; ValueError unless they are as Subwords says."""
    if "subwords" not in file.members:
        return None
    members = file["subwords"].members
    buckets = members["buckets"].read()
    shortest, longest = _limits(members["limits"].read(), 2)
    if not 1 <= shortest <= longest <= LONGEST_NGRAM:
        raise ValueError(f"the n-grams of {shortest} to {longest} characters are not from 1 to {LONGEST_NGRAM}")
    if buckets.ndim != 2 or len(buckets) == 0:
        raise ValueError("the subwords are not a matrix with rows")
    return Subwords(buckets, shortest, longest)


def _read_correction(file):
    """The correction of a run file, if it has one; ValueError unless it is as Correction says."""
    if "correction" not in file.members:
        return None
    members = file["correction"].members
    letters, classes = members["letters"].read(), members["classes"].read()
    limits = _limits(members["limits"].read(), 3)
    if letters.ndim != 1 or letters.dtype != np.uint32 or classes.ndim != 1 or classes.dtype != np.uint8:
        raise ValueError("the letters or the classes of words are not lists of whole numbers")
    if classes.max(initial=0) > LARGEST_CLASS:
        raise ValueError(f"a class of words is above {LARGEST_CLASS}")
    spellings = read_words(file["correction"], "spellings") if "spellings" in members else []
    return Correction("".join(map(chr, letters.tolist())), classes, *limits, spellings)


def _limits(values, count):
    if values.shape != (count,) or values.dtype != np.uint32:
        raise ValueError(f"limits are not {count} whole numbers")
    return values.tolist()


def _about(text):
    """What the file says of the making; ValueError if that is not as save_run writes it."""
    about = parse(text, About)
    Layout(**about.get("layout", {}))  # which checks its options
    return about


def _network(file):
    """The network of a run file; ValueError unless it is a known one and its sizes are whole numbers in range."""
    name, settings = file["network"].attributes["name"], parse(file["network"].attributes["settings"])
    if name not in NETWORKS:
        raise ValueError(f"unknown network {name!r}")
    for setting, value in settings.items():
        if setting in CHOICES:
            if value not in CHOICES[setting]:
                raise ValueError(f"unknown {setting} {value!r}")
            continue
        least = 0 if setting in POSITIONS else 1
        sizes = value if isinstance(value, list) else [value]
        if not all(isinstance(size, int) and size >= least for size in sizes):
            raise ValueError(f"{setting} of the network is not a whole number from {least} on")
    # JSON has no tuples.
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
    return NETWORKS[name].load()(**settings)


def _check_weights(model):
    """ValueError unless the weights fit network, vocabulary and labels, so that no kernel reads outside an array."""
    arrays = {"table": model.table, **model.values}
    shapes = {"table": (len(model.vocabulary), model.network.dim), **model.network.shapes()}
    if model.subwords:
        arrays["subwords"] = model.subwords.buckets
        shapes["subwords"] = (len(model.subwords.buckets), model.network.dim)
    if {name: value.shape for name, value in arrays.items()} != shapes:
        raise ValueError("the shapes of the weights do not fit together")
    if any(value.dtype != np.float32 for value in arrays.values()):
        raise ValueError("a weight is not float32")
    for name, value in arrays.items():
        if not np.isfinite(value).all():
            raise ValueError(f"{name} has a value that is NaN or infinite")
    if len(model.labels) != model.network.classes:
        raise ValueError("the number of labels does not fit the network")
    if model.correction:
        if len(model.correction.classes) != len(model.vocabulary):
            raise ValueError("the number of classes of words does not fit the vocabulary")
        _ = model.words  # which checks the rest
