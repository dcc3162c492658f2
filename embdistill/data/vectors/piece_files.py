"""The files of static embeddings: a vector for each piece, and the tokenizer that splits texts into pieces.

Layouts: model2vec's `save_pretrained`, Sentence Transformers' `0_StaticEmbedding`, WordLlama's `weights` and
`tokenizers`, and any safetensors file with a `tokenizer.json` beside it.
"""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embdistill.data.vectors.safetensors_file import FLOATS, INTS, Safetensors
from embdistill.errors import UserError, first_line, reading, require

FOLDERS = (".", "0_StaticEmbedding", "weights")  # where a model has its safetensors file
MODEL2VEC = "embeddings"  # the name of its tensor


class PieceTable(NamedTuple):
    """The vectors of P pieces, in R rows.

    kind: model2vec, wordllama or safetensors. files: that were read, the safetensors file first. tokenizer: of the
    package tokenizers. rows (R, D): as they are stored. row_of (P,) int: the row of each piece, which is multiplied by
    weights (P,). normalize: whether the vector of a text gets the length 1. left_out: the ids of unknown and special
    pieces, of which no vector is made. spare: how many ids of row_of the tokenizer does not have.
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
    table, tokenizer_file = _files(Path(path))
    for package in ("safetensors", "tokenizers"):
        require(package, f"{table}: a static model", "model2vec")
    tokenizer = _tokenizer(tokenizer_file)
    left_out = _left_out(tokenizer)
    ids = {*tokenizer.get_vocab().values()}
    count = max(ids - left_out, default=-1) + 1
    tensors = Safetensors(table)
    name = tensor or (MODEL2VEC if MODEL2VEC in tensors.shapes else tensors.table_of(count))
    rows = tensors.read(name, 2, (*FLOATS, "I8") if name == MODEL2VEC else FLOATS)
    row_of, weights = np.arange(len(rows)), np.ones(len(rows), np.float32)
    files, normalize = (table, tokenizer_file), False
    if name == MODEL2VEC:
        kind, config = "model2vec", table.parent / "config.json"
        if "mapping" in tensors.shapes:  # of a quantised vocabulary
            row_of = tensors.read("mapping", 1, INTS)
            weights = np.ones(len(row_of), np.float32)
        if "weights" in tensors.shapes:
            weights = tensors.read("weights", 1, FLOATS)
        if config.exists():
            files, normalize = (*files, config), _normalizes(config)
    else:
        kind = "safetensors" if tokenizer_file.name == "tokenizer.json" else "wordllama"
    spare = len(row_of) - max(ids, default=-1) - 1
    if min(len(row_of), len(weights)) < count or (name == MODEL2VEC and spare):
        problem = f"its pieces have ids up to {max(ids):,}, and {table} has {len(row_of):,} rows for them"
        raise UserError(f"{tokenizer_file}: {problem}; take both files of the same model")
    if not 0 <= row_of.min() <= row_of.max() < len(rows):
        raise UserError(f"{table}: its mapping names rows that it does not have; fetch it again")
    return PieceTable(kind, files, tokenizer, rows, row_of, weights, normalize, left_out, max(0, spare))


def _files(path) -> tuple[Path, Path]:
    """The safetensors file and the tokenizer of a model."""
    table = _only_table(path) if path.is_dir() else path
    wordllama = f"{table.stem.rpartition('_')[0]}_tokenizer_config.json"  # of l2_supercat_256: l2_supercat
    folder = table.parent
    for tokenizer in (folder / "tokenizer.json", folder / wordllama, folder.parent / "tokenizers" / wordllama):
        if tokenizer.exists():
            return table, tokenizer
    raise UserError(f"{table}: a safetensors file without a tokenizer.json beside it; put that of its model there")


def _only_table(folder) -> Path:
    tables = next(filter(None, (sorted((folder / inside).glob("*.safetensors")) for inside in FOLDERS)), [])
    if not tables:
        raise UserError(f"{folder}: a folder without a safetensors file; give a vector file, or a static model")
    if len(tables) > 1:
        names = ", ".join(str(table.relative_to(folder)) for table in tables[:4]) + ", ..." * (len(tables) > 4)
        raise UserError(f"{folder}: a folder with {len(tables)} safetensors files ({names}); give one of them")
    return tables[0]


def _tokenizer(path):
    """The tokenizer of a file, set neither to pad nor to cut."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # it would take all cores, and warns before each fork
    from tokenizers import Tokenizer

    with reading(path):
        content = path.read_bytes()
    try:
        tokenizer = Tokenizer.from_buffer(content)
    except Exception as error:  # it raises no other
        problem = f"not a tokenizer of the package tokenizers ({first_line(error)})"
        raise UserError(f"{path}: {problem}; fetch it again, or save it with that package") from error
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


def _normalizes(config):
    """Whether the settings of model2vec say so."""
    with reading(config):
        content = config.read_bytes()
    try:
        return bool(json.loads(content).get("normalize"))
    except (ValueError, AttributeError) as error:
        raise UserError(f"{config}: not an object of JSON ({first_line(error)}); fetch it again") from error
