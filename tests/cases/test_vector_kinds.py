"""Files that hold no vectors, or of kinds that are not read, are named."""

import gzip
import io
import pickle

import numpy as np
import pytest

from archive_helpers import tarred, zipped
from conftest import put
from glove_helpers import FILES, GLOVE, VALUES, WORDS, problem
from vector_helpers import error_of


def _npz():
    content = io.BytesIO()
    np.savez(content, words=np.array(WORDS), vectors=VALUES)
    return content.getvalue()


OTHER_KINDS = {
    "gensim": (pickle.dumps({"gensim.models.keyedvectors": 1}), "gensim's own format"),
    "pickle": (pickle.dumps({"the": [1.0]}), "a pickle file"),
    "npz": (_npz(), "a NumPy archive (.npz)"),
    "torch": (zipped({"archive/data.pkl": b"x", "archive/version": b"3"}), "a PyTorch file"),
    "safetensors": ((64).to_bytes(8, "little") + b'{"weight":{"dtype":"F32"}}', "a safetensors file"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "a git-lfs pointer"),
    "xml": (b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "a web page"),
    "page": (b"\n<!DOCTYPE HTML><html>\n<body>moved</body></html>", "a web page"),
    "json": (b'{"the": [0.1, 0.2]}', "JSON"),
    "parquet": (b"PAR1\x15\x04\x15", "a Parquet file"),
    "sqlite": (b"SQLite format 3\0" + bytes(80), "an SQLite database"),
    "onnx": (b"\x08\x08\x12\x07pytorch\x1a\x05", "an ONNX model"),
    "pdf": (b"%PDF-1.7\n", "a PDF file"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(30), "packed with 7z, which is not read; unpack it first, with `7z x`"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(30), "packed with zstd"),
    "rar": (b"Rar!\x1a\x07\x01\0" + bytes(30), "packed with rar"),
    "tar": (tarred({"glove.txt": GLOVE}, "w"), "a tar archive"),
    "tgz": (tarred({"glove.txt": GLOVE}), "a tar archive"),
    "two in a zip": (
        zipped({"a": GLOVE, "b": GLOVE}),
        "a zip with 2 files in it (a, b); unpack it and give one of them",
    ),
    "none in a zip": (zipped({}), "a zip with no file in it"),
    "cut zip": (zipped({"a": GLOVE})[:-30], "the packed file is cut off or damaged here"),
    "excel": (zipped({"xl/workbook.xml": b"", "[Content_Types].xml": b""}), "an Excel workbook"),
    "another binary": (bytes(range(256)) * 4, "a binary file of a kind that is not read"),
    "utf-16 without mark": (GLOVE.decode().encode("utf-16-le"), "UTF-16 without its mark"),
    "edm": (b"\x89EDM\r\n\x1a\n" + bytes(90), "a model of embdistill (.edm), not word vectors"),
    "hdf5 packed": (gzip.compress(b"\x89HDF\r\n\x1a\n" + bytes(90)), "HDF5 is read from a plain file only"),
}


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_other_kinds_of_files_are_named(tmp_path, kind):
    content, named = OTHER_KINDS[kind]
    assert problem(put(tmp_path, content)).startswith(named)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ((FILES / "base.csv").read_bytes(), ":1: no vector on this line; write a word and its values"),
        (b"a text of some words\nand another one here\n", ":1: 'words' is not a number; give a file of words"),
        (b"the,0.1,0.2\na,0.3,0.4\n", ":1: commas or semicolons between the values; put spaces there"),
        (b"the 0,1 0,2\na 0,3 0,4\n", ":1: decimal commas; write points"),
        (b"404: Not Found", ":1: 'Found' is not a number"),
    ],
)
def test_text_that_is_no_vectors_is_named(tmp_path, content, said):
    path = put(tmp_path, content)
    assert error_of(path).startswith(f"{path}{said}")
