"""Trained models for other programs, .edm images, C projects, libraries for boards, web pages, ONNX, word2vec text."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from embdistill.errors import FormatError, UserError, reading
from embdistill.export.boards import check_arduino, check_zephyr, write_arduino, write_zephyr
from embdistill.export.c import check_c, write_c
from embdistill.export.edm import COMMON, edm_bytes, without_common
from embdistill.export.onnx import write_onnx
from embdistill.export.web import FRONT, write_web
from embdistill.export.word2vec import words_of, write_word2vec
from embdistill.model.classifier import Model
from embdistill.model.edm import MAGIC, EdmModel, is_edm
from embdistill.model.run_file import load_run
from embdistill.storage.files import check_writable, whole_file

# Formats with an .edm image, and how many frequent words it lists, which only a program that precomputes them uses.
IMAGES = {"edm": COMMON, "c": 0, "arduino": 0, "zephyr": 0, "web": 0}
FOLDERS = {"c": (check_c, write_c), "arduino": (check_arduino, write_arduino), "zephyr": (check_zephyr, write_zephyr)}
WRITERS = {"onnx": write_onnx, "word2vec": write_word2vec}
FRONTS = {
    "edm": re.escape(MAGIC),
    "onnx": b"\x08",
    "word2vec": rb"[0-9]+ [0-9]+\n",
    "web": FRONT,
}  # patterns of how files begin
FORMATS = (*IMAGES, *WRITERS)


def write(path: str | Path, to: str, out: str | Path, dtype: str | None = None, vocab: str | None = None) -> dict:
    """Export the run file `path` to `out` in one of FORMATS, or an .edm file in another format of IMAGES; returns a
    JSON-compatible record.

    dtype: float32 (None: the same, or that of the .edm file), or int8 or int4 for IMAGES only. vocab: a file
    of words to write to word2vec instead of those of the model. UserError if that cannot be done, FormatError for a
    damaged file.
    """
    _check(to, dtype, vocab)
    check_out(to, out, [path] if vocab is None else [path, vocab])
    if is_edm(path):
        image, dtype = _image_of(path, to, dtype)
        size = write_image(image, to, out)
    else:
        dtype = dtype or "float32"
        size = _write(load_run(path), to, out, dtype, vocab)
    return {"model": str(path), "to": to, "out": str(out), "dtype": dtype, "bytes": size}


def write_model(model: Model, to: str, out: str | Path, dtype: str | None = None, vocab: str | None = None) -> int:
    """Export a model in memory, as `write` does a run file; the bytes that were written."""
    _check(to, dtype, vocab)
    check_out(to, out, [] if vocab is None else [vocab])
    return _write(model, to, out, dtype or "float32", vocab)


def _write(model, to, out, dtype, vocab):
    if vocab is not None:
        return write_word2vec(out, model, words_of(vocab, model))
    if to in WRITERS:
        return WRITERS[to](out, model)
    return write_image(edm_bytes(model, dtype, IMAGES[to]), to, out)


def _check(to, dtype, vocab):
    """UserError for a format that there is not, and for what does not go with it."""
    if to not in FORMATS:
        raise UserError(f"--to {to or 'is missing'}: must be one of {', '.join(FORMATS)}")
    if vocab is not None and to != "word2vec":
        raise UserError(f"--vocab does not go with --to {to}; omit it")
    if dtype not in (None, "float32") and to not in IMAGES:
        raise UserError(f"--dtype {dtype} does not go with --to {to}; omit it")


def check_out(to: str, out: str | Path, inputs: Sequence[str | Path]) -> None:
    """UserError if the export cannot be written, or would overwrite an input or what is no export of this format."""
    if to in FOLDERS:
        return FOLDERS[to][0](out)
    check_writable(out, inputs)
    if os.path.isfile(out) and os.path.getsize(out):
        with reading(out), open(out, "rb") as stream:
            front = stream.read(64)
        if not re.match(FRONTS[to], front):
            raise UserError(f"{out}: is there already, and not of {to}; remove it, or choose another name for --out")


def _image_of(path, to, dtype):
    """The image of an .edm file, and its dtype."""
    if to == "edm":
        raise UserError(f"{path}: is an .edm file already; copy it")
    if to not in IMAGES:
        raise UserError(f"{path}: an .edm file lacks what --to {to} needs; name the run file that it was made from")
    with reading(path):
        image = Path(path).read_bytes()
    try:
        found = EdmModel(image).about.get("dtype")
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error
    if dtype not in (None, found):
        raise UserError(f"--dtype {dtype}: {path} is {found}; omit it, or name the run file that it was made from")
    return without_common(image), found


def write_image(image: bytes, to: str, out: str | Path) -> int:
    """Write an .edm image in one of the formats IMAGES; the bytes of the page, or else of the image. UserError if that
    cannot be done."""
    if to == "web":
        return write_web(out, image)
    if to in FOLDERS:
        FOLDERS[to][1](out, image)
    else:
        with whole_file(out) as temporary:
            Path(temporary).write_bytes(image)
    return len(image)
