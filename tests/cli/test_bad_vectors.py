"""Vector files that are missing something, damaged or of the wrong kind: one line names them."""

import gzip

import numpy as np
import pytest

from embdistill.data.vectors import load_vectors, open_vectors

GOOD = "0.5 0.25 -0.5 1 2 3 4"  # and one more
BAD_LINES = {
    "too few values": f"lamp {GOOD}",
    "too many values": f"lamp {GOOD} 5 6",
    "no values": "lamp",
    "no number": f"lamp {GOOD} 5x",
    "NaN": f"lamp {GOOD} nan",
    "infinity": f"lamp {GOOD} inf",
    "minus infinity": f"lamp -Infinity {GOOD}",
    "too large": f"lamp {GOOD} 1e39",
}


@pytest.fixture(params=["plain", "header", "gzip"])
def bad_vectors(request, here):
    """Writes the vectors with another line for `lamp`; gives the name of the file and the number of the line."""

    def write(line):
        lines = (here / "vectors.txt").read_text().splitlines()
        at = next(i for i, old in enumerate(lines) if old.startswith("lamp "))
        lines[at] = line
        if request.param == "header":
            lines.insert(0, f"{len(lines)} 8")
        content = ("\n".join(lines) + "\n").encode()
        (here / "bad.txt").write_bytes(gzip.compress(content) if request.param == "gzip" else content)
        return "bad.txt", at + 1 + (request.param == "header")

    return write


@pytest.mark.parametrize("bad", BAD_LINES)
def test_a_bad_line_of_vectors_is_named(fails, bad_vectors, bad):
    name, number = bad_vectors(BAD_LINES[bad])
    for command in (
        ["train", "--data", "texts.txt", "--vectors", name],
        ["vectors", "info", name],
        ["vectors", "import", name, "--out", "new.h5"],
        ["vectors", "neighbors", name, "the"],
    ):
        assert fails(*command).startswith(f"{name}:{number}: ")


def test_a_bad_record_of_binary_vectors_is_named(fails, here):
    words, values = load_vectors(open_vectors("vectors.txt"))
    values[words.index("lamp"), 3] = np.nan
    records = (word.encode() + b" " + row.tobytes() + b"\n" for word, row in zip(words, values, strict=True))
    (here / "bad.bin").write_bytes(b"%d 8\n" % len(words) + b"".join(records))
    problem = fails("train", "--data", "texts.txt", "--vectors", "bad.bin")
    assert problem.startswith(f"bad.bin: record {words.index('lamp') + 1} ")


def test_vectors_without_a_word_of_the_corpus_are_named(fails, here):
    (here / "other.txt").write_text("lumière 1 2 3\nmusique 4 5 6\n")
    assert fails("train", "--data", "texts.txt", "--vectors", "other.txt").startswith("other.txt: has no word of the")
    problem = fails("train", "--data", "texts.txt", "--vectors", "other.txt", "--vocab", "other.txt")
    assert problem.startswith("other.txt: has no word of the corpus")


@pytest.mark.parametrize("content", [b"", gzip.compress(b""), b"\n"], ids=["plain", "gzip", "blank"])
def test_empty_vectors_are_named(fails, here, content):
    (here / "empty.vec").write_bytes(content)
    assert fails("train", "--data", "texts.txt", "--vectors", "empty.vec").startswith("empty.vec:")


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99])
def test_a_truncated_gzip_file_is_named(fails, here, share):
    packed = gzip.compress((here / "vectors.txt").read_bytes())
    (here / "cut.gz").write_bytes(packed[: int(len(packed) * share)])
    for command in (
        ["train", "--data", "texts.txt", "--vectors", "cut.gz"],
        ["vectors", "import", "cut.gz", "--out", "new.h5"],
    ):
        problem = fails(*command)
        assert problem.startswith("cut.gz:") and "cut off" in problem


def test_vectors_that_are_damaged_or_of_another_kind_are_named(fails, here):
    content = (here / "vectors.h5").read_bytes()
    (here / "cut.h5").write_bytes(content[:-1])
    for name in ("cut.h5", "run.h5"):
        for command in (
            ["train", "--data", "texts.txt", "--vectors", name],
            ["vectors", "import", name, "--out", "new.h5"],
            ["vectors", "info", name],
            ["vectors", "neighbors", name, "the"],
        ):
            assert fails(*command).startswith(f"{name}: ")


def test_neighbors_of_a_word_without_vector_are_refused(fails):
    assert "'The'" in fails("vectors", "neighbors", "vectors.txt", "The")


def test_an_import_of_no_word_writes_nothing(fails, here):
    (here / "words.txt").write_text("lumière\n")
    assert fails("vectors", "import", "vectors.txt", "--vocab", "words.txt", "--out", "new.h5").startswith(
        "vectors.txt: "
    )


def test_an_import_into_a_dtype_too_small_writes_nothing(fails, here):
    (here / "large.txt").write_text("lamp 1e6 1\nlight 1 2\n")
    assert "float16" in fails("vectors", "import", "large.txt", "--dtype", "float16", "--out", "new.h5")
