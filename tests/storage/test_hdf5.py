"""Our HDF5 files: they are refused when they are not sound, and a full disk leaves everything as it was."""

import re
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

import embdistill
from conftest import files_in, put
from embdistill import kernels, load
from embdistill.data.vectors import open_vectors
from embdistill.data.vectors.hdf5_file import vectors_summary, write_vectors
from embdistill.errors import UserError
from embdistill.model.run_file import load_run
from embdistill.storage import userblock
from embdistill.storage.arrays import load_arrays, save_arrays
from embdistill.storage.hdf5 import SCHEMA_VERSION, schema_of
from hdf5_helpers import edited, refused


def load_checkpoint(path):
    return load_arrays(path, "checkpoint")


@pytest.fixture(params=["run", "vectors"])
def sound(request, run_bytes, vector_bytes):
    """The bytes of a file, and the function that reads it."""
    return {"run": (run_bytes, load_run), "vectors": (vector_bytes, vectors_summary)}[request.param]


def test_a_checkpoint_comes_back_exactly(tmp_path):
    arrays = {
        "learner": {
            "values0": np.arange(6, dtype=np.float32).reshape(2, 3),
            "steps": np.array(2**62),
            "empty": np.empty((0, 4), np.float32),
            "double": np.array([np.pi, np.nan]),
        },
        "outcomes": {"teacher0": np.ones((3, 2), np.float32)},
        "nothing": {},
    }
    about = {"history": [[1, 0.1, 2.5]], "state": 2**127 + 1}
    path = tmp_path / "run.h5.checkpoint"
    save_arrays(path, "checkpoint", arrays, about)
    found, found_about = load_checkpoint(path)
    assert found_about == about
    assert found.keys() == arrays.keys()
    for group, members in arrays.items():
        assert found[group].keys() == members.keys()
        for name, array in members.items():
            assert (found[group][name].dtype, found[group][name].shape) == (array.dtype, array.shape)
            assert found[group][name].tobytes() == array.tobytes()


def test_a_word_with_a_line_end_is_refused_and_nothing_is_written(tmp_path):
    rows = [("two\nlines", np.ones(3, np.float32)), ("one", np.ones(3, np.float32))]
    with pytest.raises(UserError, match="line end"):
        write_vectors(tmp_path / "vectors.h5", rows, 3, "float32", {})
    assert files_in(tmp_path) == {}


def test_no_source_of_the_package_mentions_pickle():
    folders = [Path(embdistill.__file__).parent, Path(kernels.__file__).parent]
    sources = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".c", ".h")]
    assert {"hdf5.py", "adam.py", "embdistill.c"} <= {path.name for path in sources}
    assert [path.name for path in sources if re.search(rb"import \w*pickle|pickle\.|_pickle", path.read_bytes())] == []


def test_no_dataset_holds_python_objects(run_bytes, vector_bytes, tmp_path):
    """Object datasets would be pickles, or references that libhdf5 follows; strings are the only ones allowed."""
    for content in (run_bytes, vector_bytes):
        with h5py.File(put(tmp_path, content)) as file:
            items = []
            file.visititems(lambda _, item, items=items: items.append(item))
            for item in items:
                if isinstance(item, h5py.Dataset):
                    assert item.dtype.kind in "fiu" or h5py.check_string_dtype(item.dtype), item.name


# ---- damaged files ----


def _positions(content):
    """Some 200 places all over a file, every one of its mark and the edges of its user block among them."""
    spread = np.random.default_rng(9).choice(len(content), 120, replace=False)
    return sorted(
        {*range(0, 90, 2), *range(90, 512, 12), 15, 16, 510, 511, 512, 513, len(content) - 1, *spread.tolist()}
    )


def test_a_file_with_any_byte_altered_is_refused(sound, tmp_path):
    content, read = sound
    positions = _positions(content)
    assert len(positions) >= 190
    for at in positions:
        for flip in (0x01, 0xFF):
            altered = bytearray(content)
            altered[at] ^= flip
            refused(read, put(tmp_path, altered))
    read(put(tmp_path, content))


def test_a_file_cut_off_anywhere_is_refused(sound, tmp_path):
    content, read = sound
    for cut in _positions(content):
        refused(read, put(tmp_path, content[:cut]))


def test_a_file_with_something_appended_is_refused(sound, tmp_path):
    content, read = sound
    assert "checksum" in refused(read, put(tmp_path, content + b"\0"))


def test_an_altered_file_is_refused_whoever_reads_it(run_bytes, vector_bytes, tmp_path):
    for content, readers in [(run_bytes, [load, schema_of]), (vector_bytes, [open_vectors, schema_of])]:
        altered = bytearray(content)
        altered[len(altered) // 2] ^= 1
        for read in readers:
            assert "checksum" in refused(read, put(tmp_path, altered))


@pytest.mark.parametrize(
    "content",
    [b"", b"the 0.1 0.2\n", b"embdistill hdf5\n", b"\x89HDF\r\n\x1a\n" + b"\0" * 2000, bytes(range(256)) * 20],
    ids=["empty", "text", "mark only", "bare HDF5", "bytes"],
)
@pytest.mark.parametrize("read", [load, vectors_summary, load_checkpoint, schema_of], ids=lambda read: read.__name__)
def test_other_files_are_refused(tmp_path, read, content):
    refused(read, put(tmp_path, content))


@pytest.mark.parametrize("seed", range(10))
def test_random_bytes_are_refused(tmp_path, seed):
    content = np.random.default_rng(seed).bytes(3000)
    for read in (load, vectors_summary, schema_of):
        refused(read, put(tmp_path, content))


@pytest.mark.parametrize("read", [load, vectors_summary, load_checkpoint, schema_of], ids=lambda read: read.__name__)
def test_a_sealed_file_that_is_no_hdf5_is_refused(tmp_path, read):
    path = put(tmp_path, bytes(userblock.SIZE) + b"not HDF5" * 100)
    userblock.seal(path)
    refused(read, path)


def test_a_file_that_cannot_be_read_is_a_user_error(tmp_path):
    for path, reason in [(tmp_path / "none.h5", "No such file or directory"), (tmp_path, "Is a directory")]:
        for read in (load, vectors_summary, load_checkpoint, schema_of):
            with pytest.raises(UserError) as caught:
                read(path)
            assert str(caught.value).startswith(f"{path}: cannot be read ({reason})")


def test_a_newer_schema_is_refused_and_named(sound, tmp_path):
    content, read = sound
    path = edited(tmp_path, content, lambda file: file.attrs.__setitem__("schema_version", SCHEMA_VERSION + 1))
    problem = refused(read, path)
    assert f"schema {SCHEMA_VERSION + 1}" in problem and f"newer than {SCHEMA_VERSION}" in problem
    assert "update embdistill" in problem


def test_another_kind_of_file_is_refused_and_named(run_bytes, vector_bytes, tmp_path):
    run_path = put(tmp_path, run_bytes, "run.h5")
    vectors_path = put(tmp_path, vector_bytes, "vectors.h5")
    assert "a run file, not a vectors file" in refused(vectors_summary, run_path)
    assert "a run file, not a vectors file" in refused(open_vectors, run_path)
    assert "a run file, not a checkpoint file" in refused(load_checkpoint, run_path)
    assert "a vectors file, not a run file" in refused(load, vectors_path)


# ---- a full disk ----

FULL_DISK = """
import resource, sys
import numpy as np
from embdistill import UserError
from embdistill.data.vectors.hdf5_file import write_vectors
from embdistill.model.run_file import load_run, save_run

kind, source, target = sys.argv[1:]
model = load_run(source)
values = np.random.default_rng(0).normal(size=(9000, 50)).astype(np.float32)
rows = ((f"word{i}", row) for i, row in enumerate(values))
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    if kind == "run":
        save_run(target, model)
    else:
        write_vectors(target, rows, 50, "float32", {})
except UserError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")
@pytest.mark.parametrize("kind", ["run", "vectors"])
def test_a_full_disk_is_one_line_and_leaves_everything_as_it_was(run_bytes, tmp_path, kind):
    """A limit on the size of files stands for the full disk: to the writer both are an error of write()."""
    source = put(tmp_path, run_bytes, "source.h5")
    target = put(tmp_path, b"as it was", "target.h5")
    command = [sys.executable, "-c", FULL_DISK, kind, source, target]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert files_in(tmp_path) == {"source.h5": run_bytes, "target.h5": b"as it was"}
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith(f"{target}: cannot be written (File too large)")
    assert finished.stdout.count("\n") == 1
