"""Vector files that are altered at random are read or named."""

import gzip

import numpy as np

from archive_helpers import zipped
from conftest import put
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.errors import UserError
from fasttext_helpers import write_model
from glove_helpers import GLOVE, HEADER, problem
from vector_helpers import BINARIES

PIECES = [
    b" ",
    b"\t",
    b"\n",
    b"\r",
    b'"',
    b"nan",
    b"1e400",
    b",",
    b"\0",
    b"\xff",
    b"\n\n",
    b"-1",
    b"5 6\n",
    b"PK\x03\x04",
]


def _altered(content, rng):
    content = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        at, other = rng.integers(0, len(content), 2)
        match rng.integers(4):
            case 0:
                content[at] = rng.integers(256)
            case 1:
                content[at:at] = PIECES[rng.integers(len(PIECES))]
            case 2:
                del content[at + 1 : at + 40]
            case 3:
                content[at:at] = content[other : other + 60]
    return bytes(content)


def test_altered_files_are_read_or_named(tmp_path):
    some = GLOVE[:3000]
    matrix = np.random.default_rng(1).normal(size=(3 + 20, 6)).astype(np.float32)
    model = write_model(tmp_path / "m.bin", ["the", "a", "naïve"], matrix, buckets=20).read_bytes()
    sound = [some, HEADER + some, some.replace(b" ", b"\t"), some.decode().encode("utf-16"), some.replace(b"\n", b"\r")]
    sound += [gzip.compress(some), zipped({"glove": some}), model, *(write() for write in BINARIES.values())]
    rng, read = np.random.default_rng(0), 0
    for turn in range(600):
        path = put(tmp_path, _altered(sound[turn % len(sound)], rng))
        for wanted in (None, {"the", "a", "absent"}):
            try:
                file = open_vectors(path)
                words, values = load_vectors(file, wanted)
            except UserError as error:
                assert str(error).startswith(f"{path}:") and "\n" not in str(error)
            else:
                read += 1
                assert values.shape == (len(set(words)), file.dim) and np.isfinite(values).all()
    assert read > 100


def test_utf_16_that_is_cut_off_is_named(tmp_path):
    path = put(tmp_path, GLOVE.decode().encode("utf-16")[:-1])
    assert problem(path) == "UTF-16 that is cut off or damaged; fetch it again"
