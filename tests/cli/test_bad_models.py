"""Model files, and others that `verify` reads, that are not sound: one line names them."""

import h5py
import numpy as np
import pytest

from embdistill.storage import userblock
from embdistill.storage.arrays import save_arrays
from embdistill.storage.hdf5 import SCHEMA_VERSION


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


ABOUT = {
    "checkpoint": {
        "identity": {},
        "stage": "student",
        "histories": {},
        "counters": {"steps": 0, "done": 0, "loss": 0.0, "order": {}, "drop": {}, "words": {}},
    },
    "teacher": {"seconds": 1.0},
}


@pytest.mark.parametrize("schema", ABOUT)
def test_verify_names_the_schema_and_refuses_a_damaged_file(fails, works, here, schema):
    save_arrays(here / "arrays.h5", schema, {"group": {"array": np.arange(100)}}, ABOUT[schema])
    assert works("verify", "arrays.h5") == f"arrays.h5: sound {schema} file\n"
    _altered(here / "arrays.h5")
    assert fails("verify", "arrays.h5").startswith("arrays.h5: damaged")


def test_a_damaged_vector_file_does_not_pass_verify(fails, works, here):
    assert works("verify", "vectors.h5") == "vectors.h5: sound vectors file\n"
    _altered(here / "vectors.h5")
    assert fails("verify", "vectors.h5").startswith("vectors.h5: damaged")
