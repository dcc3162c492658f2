"""Trained models for other programs, one format per file: .edm images, C projects, ONNX graphs, word2vec text."""

from pathlib import Path

from embdistill.errors import UserError
from embdistill.export.c import write_c
from embdistill.export.edm import COMMON, edm_bytes
from embdistill.export.onnx import write_onnx
from embdistill.export.word2vec import write_word2vec
from embdistill.model.run_file import load_run
from embdistill.storage.files import check_writable, whole_file

IMAGES = {"edm": COMMON, "c": 0}  # formats with an .edm image, and how many frequent words it lists: in C, of no use
WRITERS = {"onnx": write_onnx, "word2vec": write_word2vec}
FORMATS = (*IMAGES, *WRITERS)


def write(path: str | Path, to: str, out: str | Path, dtype: str = "float32") -> dict:
    """Export the run file `path` to `out` in one of FORMATS; returns a JSON-compatible record.

    dtype: float32 or int8, the latter for edm and c only. UserError if that cannot be done, FormatError for a damaged
    run file.
    """
    if dtype != "float32" and to not in IMAGES:
        raise UserError(f"--dtype {dtype} does not go with --to {to}; omit it")
    model = load_run(path)
    if to != "c":
        check_writable(out, [path])
    if to in IMAGES:
        image = edm_bytes(model, dtype, IMAGES[to])
        write_image(image, to, out)
        size = len(image)
    else:
        WRITERS[to](out, model)
        size = Path(out).stat().st_size
    return {"model": str(path), "to": to, "out": str(out), "dtype": dtype, "bytes": size}


def write_image(image: bytes, to: str, out: str | Path) -> None:
    """Write an .edm image as a file (to "edm") or as a C project (to "c"); UserError if that cannot be done."""
    if to == "c":
        write_c(out, image)
    else:
        with whole_file(out) as temporary:
            Path(temporary).write_bytes(image)
