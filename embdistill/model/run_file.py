"""Run files: a trained model and the record of its training, in HDF5 (docs/files.md)."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vocabulary import Vocabulary
from embdistill.model.choices import NETWORKS, POOLINGS
from embdistill.model.classifier import Model
from embdistill.model.networks import POSITIONS
from embdistill.storage.hdf5 import created, opened, read_words, write_words


def save_run(path: str | Path, model: Model) -> None:
    """Write a run file; UserError if the place cannot be written."""
    with created(path, "run") as file:
        write_words(file, "labels", model.labels)
        write_words(file, "vocabulary", model.vocabulary.words[1:])
        file["table"] = model.table
        for name, value in model.values.items():
            file[f"network/{name}"] = value
        file["network"].attrs["name"] = model.network.name
        file["network"].attrs["settings"] = json.dumps(asdict(model.network))
        file.attrs["tokenizer"] = json.dumps(model.tokenizer.settings)
        file["about"] = json.dumps(model.about)


def load_run(path: str | Path) -> Model:
    """Read a run file; FormatError if it is not sound, UserError if it cannot be read."""
    with opened(path, "run") as file:
        name = file["network"].attrs["name"]
        if name not in NETWORKS:
            raise ValueError(f"unknown network {name!r}")
        network = NETWORKS[name].load()(**_restored(json.loads(file["network"].attrs["settings"])))
        values = {name: value[()] for name, value in file["network"].items()}
        if file.attrs["schema_version"] == 1 and name == "cnn":
            # Schema 1 had the taps of all widths apart from their filters: (taps, H, d).
            values["conv.weight"] = values["conv.weight"].reshape(-1, network.dim)
        model = Model(
            labels=read_words(file, "labels"),
            tokenizer=Tokenizer.from_settings(json.loads(file.attrs["tokenizer"])),
            vocabulary=Vocabulary(read_words(file, "vocabulary")),
            table=file["table"][()],
            network=network,
            values=values,
            about=json.loads(file["about"].asstr()[()]),
        )
        _check_model(model)
        return model


def _restored(settings):
    """Settings as the network classes have them: JSON has no tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}


def _check_model(model):
    """ValueError unless all the parts fit together, so that no kernel reads outside an array."""
    for name, value in asdict(model.network).items():
        least = 0 if name in POSITIONS else 1
        sizes = value if isinstance(value, tuple) else [value]
        if name == "pooling":
            if value not in POOLINGS:
                raise ValueError(f"unknown pooling {value!r}")
        elif not all(isinstance(size, int) and size >= least for size in sizes):
            raise ValueError("a size of the network is not a whole number from 1 on")
    arrays = {"table": model.table, **model.values}
    shapes = {"table": (len(model.vocabulary), model.network.dim), **model.network.shapes()}
    if {name: value.shape for name, value in arrays.items()} != shapes:
        raise ValueError("the shapes of the weights do not fit together")
    if any(value.dtype != np.float32 for value in arrays.values()):
        raise ValueError("a weight is not float32")
    if len(model.labels) != model.network.classes:
        raise ValueError("the number of labels does not fit the network")
