"""Files that are missing, cannot be read or cannot be written: they are named, by every verb, before any work."""

import os

import pytest

from cli_helpers import SMALL, TRAIN
from embdistill.cli import main

ALL_FILES = {
    "data": ["train", "--data", "FILE", "--vectors", "vectors.txt"],
    "dev": [*TRAIN, "--dev", "FILE"],
    "test": [*TRAIN, "--test", "FILE"],
    "vectors": ["train", "--data", "texts.txt", "--vectors", "FILE"],
    "vocab": [*TRAIN, "--vocab", "FILE"],
    "predict": ["predict", "FILE"],
    "predict --input": ["predict", "run.h5", "--input", "FILE"],
    "evaluate": ["evaluate", "FILE", "--data", "texts.txt"],
    "evaluate --data": ["evaluate", "run.h5", "--data", "FILE"],
    "info": ["info", "FILE"],
    "verify": ["verify", "FILE"],
    "vectors import": ["vectors", "import", "FILE", "--out", "new.h5"],
    "vectors import --vocab": ["vectors", "import", "vectors.txt", "--out", "new.h5", "--vocab", "FILE"],
    "vectors info": ["vectors", "info", "FILE"],
    "vectors neighbors": ["vectors", "neighbors", "FILE", "the"],
}


def _with(words, name):
    return [name if word == "FILE" else word for word in words]


@pytest.mark.parametrize("command", ALL_FILES)
def test_a_missing_file_is_named(fails, command):
    assert fails(*_with(ALL_FILES[command], "none.txt")).startswith("none.txt: cannot be read (No such file")


@pytest.mark.parametrize("command", ALL_FILES)
def test_a_folder_in_place_of_a_file_is_named(fails, command):
    said = ("folder: cannot be read (Is a directory)", "folder: a folder without ")
    assert fails(*_with(ALL_FILES[command], "folder")).startswith(said)


@pytest.mark.parametrize("command", ALL_FILES)
def test_a_file_without_permission_is_named(fails, here, command):
    secret = here / "secret.txt"
    secret.write_bytes(b"")
    secret.chmod(0)
    if os.access(secret, os.R_OK):
        pytest.skip("root may read anything")
    assert fails(*_with(ALL_FILES[command], "secret.txt")).startswith("secret.txt: cannot be read (Permission denied)")


def test_half_of_a_pair_is_named(fails, here):
    (here / "reviews.pos").write_text("good\n")
    assert fails("train", "--data", "reviews.pos", "--vectors", "vectors.txt").startswith("reviews.neg: ")


@pytest.mark.parametrize(
    "command", [[*TRAIN, *SMALL], ["vectors", "import", "vectors.txt"], ["train"]], ids=["train", "import", "demo"]
)
@pytest.mark.parametrize(
    ("out", "problem"),
    [
        ("missing/run.h5", "missing/run.h5: the folder missing does not exist"),
        ("folder", "folder: is a folder"),
        (".", ".: is a folder"),
        ("texts.txt/run.h5", "texts.txt/run.h5: "),
        ("x" * 300, "x" * 300 + ": "),
    ],
    ids=["missing folder", "folder", "this folder", "under a file", "too long"],
)
def test_a_place_that_cannot_be_written_is_named_before_any_work(fails, command, out, problem):
    assert fails(*command, "--out", out).startswith(problem)


def test_a_name_with_no_room_for_what_is_written_beside_it_is_named(fails, works, here):
    """A file's name has at most 255 bytes; the temporary file and the checkpoint have longer ones than the output."""
    for length in (240, 250, 255):
        name = "x" * length
        try:
            code = main([*TRAIN, *SMALL, "--out", name])
        except OSError as error:
            pytest.fail(f"{length} bytes: {error.strerror}, after the training")
        if code == 0:
            assert (here / name).is_file()
            (here / name).unlink()
        else:
            assert fails(*TRAIN, *SMALL, "--out", name).startswith(f"{name}: ")


@pytest.mark.parametrize("out", ["texts.txt", "vectors.txt", "./texts.txt"])
def test_an_input_is_not_overwritten(fails, here, out):
    assert fails(*TRAIN, "--out", out).endswith("is read and would be overwritten; choose another name for --out")


def test_a_vector_file_is_not_imported_onto_itself(fails, here):
    assert fails("vectors", "import", "vectors.h5", "--out", "vectors.h5").endswith("choose another name for --out")
