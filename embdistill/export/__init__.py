"""Trained models for other programs, one format a file."""

from pathlib import Path

from embdistill.errors import UserError
from embdistill.storage.files import check_writable, whole_file


def write(path: str | Path, to: str, out: str | Path, dtype: str = "float32") -> dict:
    """Export the run file `path` to `out` in one of the formats edm, c, onnx, word2vec; what was written, as JSON can.

    dtype: float32 or int8, for edm and c. UserError if that cannot be done, FormatError for a file that is not sound.
    """
    from embdistill.model.run_file import load_run

    if dtype != "float32" and to not in ("edm", "c"):
        raise UserError(f"--dtype {dtype} does not go with --to {to}; leave it away")
    model = load_run(path)
    if to != "c":
        check_writable(out, [path])
    return {"model": str(path), "to": to, "out": str(out), "dtype": dtype, "bytes": WRITERS[to](model, out, dtype)}


def write_image(image: bytes, to: str, out: str | Path) -> None:
    """Write an .edm image as it is (to "edm") or as a C project (to "c"); UserError if that cannot be done."""
    if to == "edm":
        with whole_file(out) as temporary:
            Path(temporary).write_bytes(image)
    else:
        from embdistill.export.c import write_c

        write_c(out, image)


def _write_edm(model, out, dtype):
    from embdistill.export.edm import edm_bytes

    image = edm_bytes(model, dtype)
    write_image(image, "edm", out)
    return len(image)


def _write_c(model, out, dtype):
    from embdistill.export.edm import edm_bytes

    image = edm_bytes(model, dtype, common=0)  # the list of common words would take flash for nothing
    write_image(image, "c", out)
    return len(image)


def _write_onnx(model, out, dtype):
    from embdistill.export.onnx import write_onnx

    write_onnx(out, model)
    return Path(out).stat().st_size


def _write_word2vec(model, out, dtype):
    from embdistill.export.word2vec import write_word2vec

    write_word2vec(out, model)
    return Path(out).stat().st_size


WRITERS = {"edm": _write_edm, "c": _write_c, "onnx": _write_onnx, "word2vec": _write_word2vec}
