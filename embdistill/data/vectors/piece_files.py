"""The files of static embeddings: a safetensors file with a vector for each piece, and the tokenizer that makes pieces.

Layouts: model2vec's `save_pretrained`, Sentence Transformers' `0_StaticEmbedding`, WordLlama's `weights` and
`tokenizers`, and any safetensors file with a `tokenizer.json` beside it. The packages that read them are imported when
first needed.
"""

import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embdistill.data.vectors.kinds import SAFETENSORS, refuse_other_kinds
from embdistill.errors import UserError, reading

FOLDERS = (".", "0_StaticEmbedding", "weights")  # where a model has its safetensors file
MODEL2VEC = "embeddings"  # the name of its tensor
FLOATS = ("F64", "F32", "F16", "BF16")
SAME = "take both files of the same model"


class PieceTable(NamedTuple):
    """The vectors of P pieces, in R rows.

    kind: model2vec, wordllama or safetensors. files: that were read, the safetensors file first. tokenizer: of the
    package tokenizers. rows (R, D): as they are stored. row_of (P,) int: the row of each piece, which is multiplied by
    weights (P,). normalize: whether the vector of a text gets the length 1. left_out: the ids of unknown and special
    pieces, of which no vector is made. spare: rows that no piece has.
    """

    kind: str
    files: tuple[Path, ...]
    tokenizer: Any
    rows: np.ndarray
    row_of: np.ndarray
    weights: np.ndarray
    normalize: bool
    left_out: frozenset[int]
    spare: int


def read_pieces(path: str, tensor: str | None = None) -> PieceTable:
    """The model in a folder, or of a safetensors file; UserError for whatever is wrong with its files.

    tensor: the name of the table in the safetensors file; None finds it by its shape and name.
    """
    table, tokenizer_file = _files(path)
    _require("safetensors", table)
    _require("tokenizers", table)
    tokenizer = _tokenizer(tokenizer_file)
    left_out = _left_out(tokenizer)
    ids = set(tokenizer.get_vocab().values())
    pieces = max(ids - left_out, default=-1) + 1
    tensors = _Tensors(table)
    name = tensor or tensors.table_for(pieces)
    rows = tensors.read(name, 2)
    files, row_of, weights, normalize = (table, tokenizer_file), None, None, False
    if name == MODEL2VEC:
        kind, config = "model2vec", table.parent / "config.json"
        row_of, weights = (
            tensors.read(other, 1) if other in tensors.shapes else None for other in ("mapping", "weights")
        )
        if config.exists():
            files, normalize = (*files, config), bool(_json(config).get("normalize"))
    else:
        kind = "safetensors" if tokenizer_file.name == "tokenizer.json" else "wordllama"
    row_of = np.arange(len(rows)) if row_of is None else row_of
    weights = np.ones(len(row_of), np.float32) if weights is None else weights
    spare = len(row_of) - max(ids, default=-1) - 1
    if min(len(row_of), len(weights)) < pieces or (kind == "model2vec" and spare):
        problem = f"its pieces have ids up to {max(ids):,}, and {table} has {len(row_of):,} rows for them"
        raise UserError(f"{tokenizer_file}: {problem}; {SAME}")
    if row_of.min(initial=0) < 0 or row_of.max(initial=0) >= len(rows):
        raise UserError(f"{table}: its mapping names rows that it does not have; fetch it again")
    return PieceTable(kind, files, tokenizer, rows, row_of, weights, normalize, left_out, max(spare, 0))


def _files(path) -> tuple[Path, Path]:
    """The safetensors file and the tokenizer of a model."""
    table = Path(path)
    if table.is_dir():
        tables = next(filter(None, (sorted((table / folder).glob("*.safetensors")) for folder in FOLDERS)), [])
        if len(tables) != 1:
            names = ", ".join(str(found.relative_to(table)) for found in tables[:4])
            problem = f"a folder with {len(tables)} safetensors files ({names})" if tables else "a folder"
            what_to_do = "give one of them" if tables else "give a vector file, or the folder of a static model"
            raise UserError(f"{path}: {problem}; {what_to_do}")
        table = tables[0]
    wordllama = f"{table.stem.rpartition('_')[0]}_tokenizer_config.json"  # of l2_supercat_256: l2_supercat
    candidates = [
        table.parent / "tokenizer.json",
        table.parent / wordllama,
        table.parent.parent / "tokenizers" / wordllama,
    ]
    for candidate in candidates:
        if candidate.exists():
            return table, candidate
    raise UserError(f"{table}: a safetensors file without a tokenizer.json beside it; put that of its model there")


def _require(package, path):
    try:
        import_module(package)
    except ImportError as error:
        problem = f"static embeddings are read with {package}, which is not installed"
        raise UserError(f"{path}: {problem}; pip install 'embdistill[model2vec]'") from error


def _tokenizer(path):
    """The tokenizer of a file, which neither pads nor cuts."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # it would take all cores, and warns before each fork
    from tokenizers import Tokenizer

    with reading(path):
        content = path.read_bytes()
    try:
        tokenizer = Tokenizer.from_buffer(content)
    except Exception as error:  # it raises no other
        problem = f"not a tokenizer of the package tokenizers ({_first_line(error)})"
        raise UserError(f"{path}: {problem}; take that of the model") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _left_out(tokenizer) -> frozenset[int]:
    """The ids of special pieces and of the unknown one."""
    special = {id for id, added in tokenizer.get_added_tokens_decoder().items() if added.special}
    model = tokenizer.model
    if hasattr(model, "unk_token"):
        unknown = model.unk_token and tokenizer.token_to_id(model.unk_token)
    else:  # Unigram
        unknown = json.loads(tokenizer.to_str())["model"].get("unk_id")
    return frozenset(special if unknown is None else {*special, unknown})


def _json(path):
    with reading(path):
        content = path.read_bytes()
    try:
        found = json.loads(content)
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({_first_line(error)}); fetch it again") from error
    if not isinstance(found, dict):
        raise UserError(f"{path}: not a JSON object; fetch it again")
    return found


class _Tensors:
    """The tensors of a safetensors file. shapes, dtypes: of each by its name."""

    def __init__(self, path):
        self.path = path
        with reading(path), open(path, "rb") as file:
            head = file.read(1024)
        if not SAFETENSORS.match(head):  # such as a git-lfs pointer
            refuse_other_kinds(str(path), head)
        with self._opened() as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            self.shapes = {name: tuple(found.get_shape()) for name, found in slices.items()}
            self.dtypes = {name: found.get_dtype() for name, found in slices.items()}

    def table_for(self, pieces: int) -> str:
        """The name of the table of so many pieces; UserError, with names, unless one alone is likely."""
        if MODEL2VEC in self.shapes:
            return MODEL2VEC
        tables = [name for name, shape in self.shapes.items() if len(shape) == 2 and self.dtypes[name] in FLOATS]
        fitting = [name for name in tables if self.shapes[name][0] >= pieces]
        exact = [name for name in fitting if self.shapes[name][0] == pieces]
        likely = exact or fitting
        likely = [name for name in likely if "emb" in name.lower()] or likely
        if len(likely) == 1:
            return likely[0]
        if likely:
            raise UserError(
                f"{self.path}: {self._shown(likely)} may be the table; name it, with vectors import --tensor NAME"
            )
        problem = f"no table with a row for each of the {pieces:,} pieces of its tokenizer"
        raise UserError(f"{self.path}: {problem}, but {self._shown(self.shapes) or 'nothing'}; {SAME}")

    def read(self, name: str, dimensions: int) -> np.ndarray:
        """A tensor; UserError unless it is there with so many dimensions."""
        if name not in self.shapes:
            raise UserError(f"{self.path}: no tensor {name!r} in it, but {self._shown(self.shapes)}")
        if len(self.shapes[name]) != dimensions or 0 in self.shapes[name]:
            problem = f"tensor {name!r} has the shape {self.shapes[name]}"
            raise UserError(f"{self.path}: {problem}; it must have {dimensions} dimensions, none of them 0")
        if self.dtypes[name] == "BF16":
            _require("ml_dtypes", self.path)  # which gives NumPy bfloat16
        with self._opened() as file:
            return file.get_tensor(name)

    def _opened(self):
        from safetensors import SafetensorError, safe_open

        try:
            return safe_open(self.path, framework="numpy")
        except SafetensorError as error:
            problem = f"a safetensors file that is cut off or damaged ({_first_line(error)})"
            raise UserError(f"{self.path}: {problem}; fetch it again") from error

    def _shown(self, names):
        names = list(names)
        shown = ", ".join(f"{name} {self.shapes[name]}" for name in names[:5])
        return shown + ", ..." * (len(names) > 5)


def _first_line(error):
    return (str(error).splitlines() or [type(error).__name__])[0][:100]
