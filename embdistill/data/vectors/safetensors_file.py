"""A safetensors file: which of its tensors is a table of vectors, and their values."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from embdistill.data.vectors.kinds import SAFETENSORS, refuse_other_kinds
from embdistill.errors import UserError, first_line, reading, require

FLOATS = ("F64", "F32", "F16", "BF16")
INTS = ("I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64")


class Safetensors:
    """The tensors of a file; UserError if it is not sound. shapes, dtypes: of each by its name."""

    def __init__(self, path: Path):
        self.path = path
        with reading(path), open(path, "rb") as file:
            head = file.read(1024)
        if not SAFETENSORS.match(head):  # such as a git-lfs pointer
            refuse_other_kinds(str(path), head)
        with self._opened() as file:
            tensors = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            self.shapes = {name: tuple(tensor.get_shape()) for name, tensor in tensors.items()}
            self.dtypes = {name: tensor.get_dtype() for name, tensor in tensors.items()}

    def table_of(self, count: int) -> str:
        """The name of the table with a row for each of `count` pieces: of those with enough rows, rather one with as
        many, then rather one with `emb` in its name. UserError, with the names, unless that is one alone."""
        fitting = [
            name
            for name, shape in self.shapes.items()
            if len(shape) == 2 and shape[0] >= count and self.dtypes[name] in FLOATS
        ]
        fitting = [name for name in fitting if self.shapes[name][0] == count] or fitting
        fitting = [name for name in fitting if "emb" in name.lower()] or fitting
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            what_to_do = "name one with --tensor of vectors import"
            raise UserError(f"{self.path}: its table may be {self._shown(fitting, ' or ')}; {what_to_do}")
        problem = f"no table with a row for each of the {count:,} pieces of its tokenizer"
        raise UserError(f"{self.path}: {problem}, only {self._shown(self.shapes)}; take both files of the same model")

    def read(self, name: str, dimensions: int, dtypes: tuple[str, ...]) -> np.ndarray:
        """The values of a tensor; UserError unless it has so many dimensions, none of them 0, and one of the dtypes."""
        if name not in self.shapes:
            raise UserError(f"{self.path}: no tensor {name!r}, only {self._shown(self.shapes)}; name one of these")
        shape, dtype = self.shapes[name], self.dtypes[name]
        if len(shape) != dimensions or 0 in shape or dtype not in dtypes:
            problem = f"its tensor {name!r} has the shape {shape} and the type {dtype}"
            raise UserError(f"{self.path}: {problem}; it must have {dimensions} dimensions of {', '.join(dtypes)}")
        if dtype == "BF16":
            require("ml_dtypes", f"{self.path}: bfloat16", "model2vec")  # its import gives NumPy the type
        with self._opened() as file:
            return file.get_tensor(name)

    def _opened(self):
        from safetensors import SafetensorError, safe_open

        try:
            return safe_open(self.path, framework="numpy")
        except SafetensorError as error:
            problem = f"a safetensors file that is cut off or damaged ({first_line(error)})"
            raise UserError(f"{self.path}: {problem}; fetch it again") from error

    def _shown(self, names: Iterable[str], between=", "):
        shown = [f"{name} {self.shapes[name]}" for name in names]
        return between.join(shown[:4]) + ", ..." * (len(shown) > 4) or "nothing"
