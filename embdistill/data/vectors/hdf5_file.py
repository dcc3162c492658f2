"""Our own vector files, in HDF5 (docs/files.md)."""

import itertools
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TypedDict

import numpy as np

from embdistill.errors import UserError
from embdistill.storage.hdf5 import created, fixed, opened, read_words, write_words
from embdistill.storage.json_text import Text, parse, written

BLOCK_ROWS = 4096  # rows read or written at a time
CHUNK_ROWS = 128  # rows to an HDF5 chunk; the last chunk is padded

SCALED = {"float32": False, "float16": False, "int8": True}  # dtype of the values: whether each row has a scale


class About(TypedDict, total=False):
    """Where the vectors come from, and whose they are."""

    source: str
    sha256: Text
    format: Text
    licence: str
    note: str


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
        file["about"] = fixed(written(about, About))
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
        words, values, _ = _parts(file)
        about = parse(file["about"], About)
        return {"words": len(words), "dim": values.shape[1], "dtype": values.dtype.name, "about": about}


def _parts(file):
    """Words, values and, of int8, scales; ValueError if they do not fit together."""
    words, values = read_words(file, "words"), file["values"]
    if len(values.shape) != 2 or values.shape[0] != len(words) or values.dtype.name not in SCALED:
        raise ValueError("words and values do not fit together")
    scales = file["scales"] if SCALED[values.dtype.name] else None
    if scales and (scales.shape != (len(words),) or scales.dtype != np.float32):
        raise ValueError("values and scales do not fit together")
    return words, values, scales


def rows(file, wanted: Collection[str] | None, first: int) -> Iterator[tuple[str, np.ndarray]]:
    """(word, vector (D,) float32) of each wanted row of a VectorFile, and of the first rows; FormatError if it is not
    sound."""
    with opened(file.path, "vectors") as stored:
        words, values, scales = _parts(stored)
        if values.shape[1] != file.dim:
            raise ValueError("its vectors have another dimension than before")
        for start in range(0, len(words), BLOCK_ROWS):
            block = values.read(start, start + BLOCK_ROWS).astype(np.float32, copy=False)
            if scales is not None:
                with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused below
                    block *= scales.read(start, start + BLOCK_ROWS)[:, None]
            if not np.isfinite(block).all():
                raise ValueError(f"a value of words {start + 1} to {start + len(block)} is NaN or infinite")
            file.counts["rows read"] += len(block)
            for row, (word, vector) in enumerate(zip(words[start : start + BLOCK_ROWS], block, strict=True), start):
                if wanted is None or row < first or word in wanted:
                    yield word, vector.copy()  # a view would keep the whole block in memory
