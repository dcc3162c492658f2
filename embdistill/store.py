"""HDF5 files: runs (trained models), checkpoints and large vectors. The only file that imports h5py.

The schemas are described in docs/files.md. Files are written whole or not at all, and checked before they are opened.
"""

import contextlib
import io
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import h5py
import numpy as np

from embdistill import userblock
from embdistill.config import CHOICES
from embdistill.errors import FormatError, UserError
from embdistill.files import whole_file
from embdistill.model import Model
from embdistill.networks import NETWORKS, POSITIONS, network_class
from embdistill.text import Tokenizer, Vocabulary

SCHEMA_VERSION = 2
BLOCK_ROWS = 4096  # rows read or written at a time
CHUNK_ROWS = 128  # rows that HDF5 stores together; the last chunk is filled up to so many


# ---- what the schemas share ----


class _Disk(io.FileIO):
    """A file that keeps the first error, of a full disk say, and goes on as if all were well.

    libhdf5 crashes the process when a write fails; whoever uses this looks at `error` afterwards.
    """

    error: OSError | None = None

    def write(self, data):
        rest = memoryview(data).cast("B")
        try:
            while rest and not self.error:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.error = error
        return memoryview(data).nbytes

    def truncate(self, size=None):
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size


@contextlib.contextmanager
def _created(path, schema) -> Iterator[h5py.File]:
    with whole_file(path) as temporary:
        with _Disk(temporary, "w+") as disk:
            try:
                with h5py.File(disk, "w", userblock_size=userblock.SIZE, libver=("earliest", "v110")) as file:
                    file.attrs["schema"] = schema
                    file.attrs["schema_version"] = SCHEMA_VERSION
                    yield file
            except (OSError, RuntimeError):
                if disk.error is None:
                    raise
            if disk.error:
                raise UserError(f"{path}: cannot be written ({disk.error.strerror}); make room or choose another place")
        userblock.seal(temporary)


@contextlib.contextmanager
def _opened(path, schema) -> Iterator[h5py.File]:
    """A sound file of a schema; whatever is amiss with it or with what it holds becomes a FormatError."""
    with _checked(path, schema) as file:
        _check_schema(path, file, schema)
        yield file


@contextlib.contextmanager
def _checked(path, schema) -> Iterator[h5py.File]:
    """A file of ours, of any schema; `schema` is for the message of the FormatError."""
    userblock.check(path)
    try:
        with h5py.File(path, "r") as file:
            yield file
    except FormatError:
        raise
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise FormatError(f"{path}: not a sound {schema} file ({error}); fetch or make the file again") from error


def _check_schema(path, file, schema):
    found, version = file.attrs["schema"], int(file.attrs["schema_version"])
    if found != schema:
        raise FormatError(f"{path}: a {found} file, not a {schema} file; name another")
    if version > SCHEMA_VERSION:
        raise FormatError(
            f"{path}: of schema {version}, newer than {SCHEMA_VERSION}, the last known; update embdistill"
        )


def schema_of(path: str | Path) -> str:
    """The kind of a file: run, vectors or checkpoint; FormatError for a file that is not sound."""
    with _checked(path, "embdistill") as file:
        return str(file.attrs["schema"])


def _write_words(group, name, words):
    """Words as UTF-8 bytes, each closed by LF: compact, and read at once."""
    for word in words:
        if "\n" in word:
            raise UserError(f"{word!r} has a line end in it, which a list of words cannot hold; take it out")
    group[name] = np.frombuffer("".join(word + "\n" for word in words).encode(), np.uint8)


def _read_words(group, name):
    return group[name][()].tobytes().decode().split("\n")[:-1]


# ---- runs ----


def save_run(path: str | Path, model: Model) -> None:
    """Write a run file; UserError if the place cannot be written."""
    with _created(path, "run") as file:
        _write_words(file, "labels", model.labels)
        _write_words(file, "vocabulary", model.vocabulary.words[1:])
        file["table"] = model.table
        for name, value in model.values.items():
            file[f"network/{name}"] = value
        file["network"].attrs["name"] = type(model.network).__name__.lower()
        file["network"].attrs["settings"] = json.dumps(asdict(model.network))
        file.attrs["tokenizer"] = json.dumps(asdict(model.tokenizer))
        file["about"] = json.dumps(model.about)


def load_run(path: str | Path) -> Model:
    """Read a run file; FormatError if it is not sound, UserError if it cannot be read."""
    with _opened(path, "run") as file:
        name = file["network"].attrs["name"]
        if name not in NETWORKS:
            raise ValueError(f"unknown network {name!r}")
        network = network_class(name)(**_restored(json.loads(file["network"].attrs["settings"])))
        values = {name: value[()] for name, value in file["network"].items()}
        if file.attrs["schema_version"] == 1 and name == "cnn":
            # Schema 1 had the taps of all widths apart from their filters: (taps, H, d).
            values["conv.weight"] = values["conv.weight"].reshape(-1, network.dim)
        model = Model(
            labels=_read_words(file, "labels"),
            tokenizer=Tokenizer(**json.loads(file.attrs["tokenizer"])),
            vocabulary=Vocabulary(_read_words(file, "vocabulary")),
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
            if value not in CHOICES["pooling"]:
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


# ---- checkpoints: the state of a training run that goes on ----


def save_checkpoint(path: str | Path, arrays: dict[str, dict[str, np.ndarray]], about: dict) -> None:
    """Write groups of arrays by name and what else the state consists of, as JSON can hold it."""
    with _created(path, "checkpoint") as file:
        for group, members in arrays.items():
            file.create_group(f"arrays/{group}")
            for name, array in members.items():
                file[f"arrays/{group}/{name}"] = array
        file["about"] = json.dumps(about)


def load_checkpoint(path: str | Path) -> tuple[dict[str, dict[str, np.ndarray]], dict]:
    """What save_checkpoint wrote; FormatError if the file is not sound."""
    with _opened(path, "checkpoint") as file:
        arrays = {
            group: {name: array[()] for name, array in members.items()} for group, members in file["arrays"].items()
        }
        return arrays, json.loads(file["about"].asstr()[()])


# ---- large vectors ----

SCALED = {"float32": False, "float16": False, "int8": True}  # dtypes of vector files: whether a row has a scale


def write_vectors(path: str | Path, rows: Iterable[tuple[str, np.ndarray]], dim: int, dtype: str, about: dict) -> int:
    """Stream (word, vector (D,) float32) rows to a vector file; returns their number.

    dtype: "float32", "float16", or "int8" with one scale a row (largest magnitude / 127). about: provenance, licence.
    """
    words = []
    rows = iter(rows)
    with _created(path, "vectors") as file:
        values = file.create_dataset("values", (0, dim), dtype, maxshape=(None, dim), chunks=(CHUNK_ROWS, dim))
        if SCALED[dtype]:
            scales = file.create_dataset("scales", (0,), "float32", maxshape=(None,), chunks=(BLOCK_ROWS,))
        while block := list(itertools.islice(rows, BLOCK_ROWS)):
            first = len(words)
            words.extend(word for word, _ in block)
            stored, block_scales = _stored(np.stack([vector for _, vector in block]), dtype, path)
            values.resize(len(words), axis=0)
            values[first:] = stored
            if SCALED[dtype]:
                scales.resize(len(words), axis=0)
                scales[first:] = block_scales
        if not words:
            raise UserError(f"{path}: none of the words has a vector, so there is nothing to write")
        _write_words(file, "words", words)
        file["about"] = json.dumps(about)
    return len(words)


def _stored(block, dtype, path):
    if not SCALED[dtype]:
        with np.errstate(over="ignore"):
            stored = block.astype(dtype)
        if not np.isfinite(stored).all():
            raise UserError(f"{path}: a value is too large for {dtype}; use --dtype float32")
        return stored, None
    scales = np.abs(block).max(axis=1) / 127
    scales[scales < np.finfo(np.float32).tiny] = 1  # too few bits left for a scale: the row becomes zero
    return np.rint(block / scales[:, None]).astype(np.int8), scales


def vectors_summary(path: str | Path) -> dict:
    """{"words", "dim", "dtype", "about"} of a vector file, checked whole; FormatError if it is not sound."""
    with _opened(path, "vectors") as file:
        values = file["values"]
        words = len(_read_words(file, "words"))
        if values.ndim != 2 or len(values) != words or str(values.dtype) not in SCALED:
            raise ValueError("words and values do not fit together")
        if SCALED[str(values.dtype)] and file["scales"].shape != (words,):
            raise ValueError("values and scales do not fit together")
        return {
            "words": words,
            "dim": values.shape[1],
            "dtype": str(values.dtype),
            "about": json.loads(file["about"].asstr()[()]),
        }


def vector_blocks(path: str | Path) -> Iterator[tuple[list[str], np.ndarray]]:
    """Words and float32 vectors (n, D), some thousand at a time, of a file that vectors_summary has checked."""
    with h5py.File(path, "r") as file:
        words, values, scales = _read_words(file, "words"), file["values"], file.get("scales")
        for first in range(0, len(words), BLOCK_ROWS):
            block = values[first : first + BLOCK_ROWS].astype(np.float32, copy=False)
            if scales is not None:
                block *= scales[first : first + BLOCK_ROWS][:, None]
            yield words[first : first + BLOCK_ROWS], block
