"""Our own vector files, in HDF5 (docs/files.md)."""

import itertools
import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import h5py
import numpy as np

from embdistill.errors import UserError
from embdistill.storage.hdf5 import created, opened, read_words, write_words

BLOCK_ROWS = 4096  # rows read or written at a time
CHUNK_ROWS = 128  # rows to an HDF5 chunk; the last chunk is padded

SCALED = {"float32": False, "float16": False, "int8": True}  # dtype of the values: whether each row has a scale


def write_vectors(path: str | Path, rows: Iterable[tuple[str, np.ndarray]], dim: int, dtype: str, about: dict) -> int:
    """Write (word, vector (D,) float32) rows to a vector file as they come; returns how many.

    dtype: "float32", "float16", or "int8" with one scale a row (largest magnitude / 127).
    about: provenance, licence; written last, so that it may be completed while the rows come.
    UserError if there is no row, a value is too large for the dtype, or the file cannot be written.
    """
    words = []
    rows = iter(rows)
    with created(path, "vectors") as file:
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
        write_words(file, "words", words)
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
    scales[scales < np.finfo(np.float32).tiny] = 1  # a denormal scale is too coarse: the row becomes zero
    return np.rint(block / scales[:, None]).astype(np.int8), scales


def vectors_summary(path: str | Path) -> dict:
    """{"words", "dim", "dtype", "about"} of a vector file, checked whole; FormatError if it is not sound."""
    with opened(path, "vectors") as file:
        values = file["values"]
        words = len(read_words(file, "words"))
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


def rows(file, wanted: Collection[str] | None) -> Iterator[tuple[str, np.ndarray]]:
    """(word, vector (D,) float32) of each wanted row of a VectorFile, which vectors_summary has checked."""
    with h5py.File(file.path, "r") as stored:
        words, values, scales = read_words(stored, "words"), stored["values"], stored.get("scales")
        for first in range(0, len(words), BLOCK_ROWS):
            block = values[first : first + BLOCK_ROWS].astype(np.float32, copy=False)
            if scales is not None:
                block *= scales[first : first + BLOCK_ROWS][:, None]
            file.counts["rows read"] += len(block)
            for word, vector in zip(words[first : first + BLOCK_ROWS], block, strict=True):
                if wanted is None or word in wanted:
                    yield word, vector.copy()  # a view would keep the whole block in memory
