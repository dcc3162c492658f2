"""A bad corpus, vector file or model ends in one line on standard error and exit code 2, and leaves no file behind."""

import gzip
import json

import h5py
import numpy as np
import pytest

from cli_helpers import SMALL, TRAIN
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.storage import userblock
from embdistill.storage.hdf5 import SCHEMA_VERSION


def test_the_files_that_the_mistakes_are_made_with_are_sound(works, here):
    """Without this, a mistake could pass for another."""
    works(*TRAIN, *SMALL, "--dev", "texts.txt", "--test", "texts.txt", "--vocab", "texts.txt", "--out", "new.h5")
    works(*TRAIN[:-1], "vectors.h5", *SMALL, "--out", "new.h5")
    works("evaluate", "new.h5", "--data", "texts.txt")
    works("vectors", "import", "vectors.txt", "--out", "new.h5")


@pytest.mark.parametrize("option", ["data", "dev", "test"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.txt", b""),
        ("empty.csv", b""),
        ("blank.txt", b"\n\r\n \n"),
        ("header.csv", b"text,label\n"),
        ("mark.jsonl", b"\xef\xbb\xbf"),
    ],
)
def test_an_empty_corpus_is_named(fails, here, option, name, content):
    (here / name).write_bytes(content)
    assert fails(*TRAIN, f"--{option}", name).startswith(f"{name}: no examples in it")


@pytest.mark.parametrize("command", [["train", "--vectors", "vectors.txt"], ["evaluate", "run.h5"]], ids=" ".join)
def test_a_corpus_without_any_text_is_named(fails, here, command):
    (here / "empty.txt").write_bytes(b"")
    assert fails(*command, "--data", "empty.txt").startswith("empty.txt: no examples in it")


@pytest.mark.parametrize("part", ["dev", "test"])
def test_a_class_that_training_lacks_is_named_with_its_line(fails, here, part):
    (here / "part.txt").write_text("__label__light it is dark\n__label__music play\n\n__label__heating it is cold\n")
    problem = fails(*TRAIN, f"--{part}", "part.txt")
    assert problem.startswith("part.txt:4: class 'heating' is not in texts.txt")


def test_a_class_that_the_model_lacks_is_named_with_its_line(fails, here):
    (here / "part.txt").write_text("__label__light it is dark\n__label__heating it is cold\n")
    assert fails("evaluate", "run.h5", "--data", "part.txt").startswith("part.txt:2: class 'heating'")


def test_one_class_only_is_named(fails, here):
    (here / "one.txt").write_text("__label__light it is dark\n" * 20)
    assert fails("train", "--data", "one.txt", "--vectors", "vectors.txt").startswith(
        "one.txt: only one class, 'light'"
    )


def test_a_line_that_does_not_fit_the_format_is_named(fails, here):
    (here / "bad.txt").write_text("__label__light it is dark\n__label__music play\nit is cold\n")
    assert fails("train", "--data", "bad.txt", "--vectors", "vectors.txt").startswith("bad.txt:3: ")


def test_a_format_that_cannot_be_told_is_named(fails, here):
    (here / "plain.txt").write_text("it is cold\n")
    assert fails("train", "--data", "plain.txt", "--vectors", "vectors.txt").startswith("plain.txt:1: ")


@pytest.mark.parametrize("label", ["two\nlines", "tab\tbed"])
def test_a_label_that_would_not_fit_on_a_line_of_predict_is_named(fails, here, label):
    """predict prints `label TAB probability`, a text a line."""
    examples = [{"text": "it is dark", "label": "light"}, {"text": "play", "label": label}] * 10
    (here / "odd.jsonl").write_text("".join(json.dumps(example) + "\n" for example in examples))
    assert fails("train", "--data", "odd.jsonl", "--vectors", "vectors.txt", *SMALL).startswith("odd.jsonl:2: ")


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
    assert fails("vectors", "import", "vectors.txt", "--vocab", "words.txt", "--out", "new.h5").startswith("new.h5: ")


def test_an_import_into_a_dtype_too_small_writes_nothing(fails, here):
    (here / "large.txt").write_text("lamp 1e6 1\nlight 1 2\n")
    assert "float16" in fails("vectors", "import", "large.txt", "--dtype", "float16", "--out", "new.h5")


def _newer(path):
    with h5py.File(path, "r+") as file:
        file.attrs["schema_version"] = SCHEMA_VERSION + 1
    userblock.seal(path)


def _cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def _altered(path):
    content = bytearray(path.read_bytes())
    content[3 * len(content) // 4] ^= 1
    path.write_bytes(content)


def _emptied(path):
    path.write_bytes(b"")


def _text(path):
    path.write_text("not a model\n")


def _no_hdf5(path):
    path.write_bytes(bytes(userblock.SIZE) + b"not HDF5" * 100)
    userblock.seal(path)


def _other_weights(path):
    with h5py.File(path, "r+") as file:
        table = file["table"][:-1]
        del file["table"]
        file["table"] = table
    userblock.seal(path)


READERS = {
    "predict": ["predict", "run.h5", "--input", "texts.txt"],
    "evaluate": ["evaluate", "run.h5", "--data", "texts.txt"],
    "info": ["info", "run.h5"],
    "verify": ["verify", "run.h5"],
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_cut, "checksum"),
        (_altered, "checksum"),
        (_emptied, "not a file of embdistill"),
        (_text, "not a file of embdistill"),
        (_newer, f"newer than {SCHEMA_VERSION}"),
        (_no_hdf5, "not a sound"),
        (_other_weights, "the shapes of the weights do not fit together"),
    ],
    ids=["truncated", "altered", "empty", "text", "newer schema", "not HDF5", "other weights"],
)
def test_a_run_file_that_is_not_sound_is_named(fails, here, reader, spoil, said):
    spoil(here / "run.h5")
    problem = fails(*READERS[reader])
    assert problem.startswith("run.h5: ") and said in problem


@pytest.mark.parametrize("reader", ["predict", "evaluate"])
def test_vectors_in_place_of_a_model_are_named(fails, reader):
    words = ["vectors.h5" if word == "run.h5" else word for word in READERS[reader]]
    assert fails(*words).startswith("vectors.h5: a vectors file, not a run file")


def test_a_damaged_vector_file_does_not_pass_verify(fails, works, here):
    assert works("verify", "vectors.h5") == "vectors.h5: sound vectors file\n"
    _altered(here / "vectors.h5")
    assert fails("verify", "vectors.h5").startswith("vectors.h5: damaged")
