"""Groups of named arrays and a JSON object in an HDF5 file: what checkpoints and cached teachers consist of."""

from pathlib import Path
from typing import Any

import numpy as np

from embdistill.storage.hdf5 import created, fixed, opened
from embdistill.storage.json_text import parse, written


def save_arrays(path: str | Path, schema: str, arrays: dict[str, dict[str, np.ndarray]], about: dict) -> None:
    """Write arrays by group and name, and `about` as JSON; UserError if the file cannot be written."""
    with created(path, schema) as file:
        for group, members in arrays.items():
            file.create_group(f"arrays/{group}")
            for name, array in members.items():
                file[f"arrays/{group}/{name}"] = array
        file["about"] = fixed(written(about))


def load_arrays(
    path: str | Path, schema: str, kind: Any = dict[str, Any]
) -> tuple[dict[str, dict[str, np.ndarray]], dict]:
    """What save_arrays wrote, (arrays, about); FormatError if the file is not sound, UserError if it cannot be read.

    kind: the type that `about` must have, as of json_text.parse.
    """
    with opened(path, schema) as file:
        groups = file["arrays"].members.items()
        arrays = {name: {key: array.read() for key, array in group.members.items()} for name, group in groups}
        return arrays, parse(file["about"], kind)


def fits(array: np.ndarray | None, shape: tuple[int, ...], dtype: np.dtype) -> bool:
    """Whether an array that was read is there, has this shape and type, and finite values."""
    return array is not None and (array.shape, array.dtype) == (shape, dtype) and bool(np.isfinite(array).all())
