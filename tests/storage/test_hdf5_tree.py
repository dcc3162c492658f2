"""What is read of an HDF5 file: what we write, now and before; all else is refused, and at once."""

import struct
import tracemalloc
from collections import Counter

import h5py
import numpy as np
import pytest
from storage.attack import OLD

from conftest import put
from embdistill import load
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.data.vectors.hdf5_file import vectors_summary, write_vectors
from embdistill.errors import FormatError
from embdistill.model.run_file import load_run, save_run
from embdistill.storage import userblock
from embdistill.storage.arrays import load_arrays, save_arrays
from embdistill.storage.hdf5 import SCHEMA_VERSION
from hdf5_helpers import edited, refused

# ---- files of before, whose texts stand in a heap


def test_a_run_file_of_schema_2_predicts_as_ever():
    model = load(OLD / "run_schema_2.h5")
    assert model.labels == ["light", "music"]
    assert model.digest() == "50f33a2be67f27aa895dad1ca60ec7bd8bfad045c22f5b27d2219913d8c3137b"
    assert model.about["record"]["method"] == "encode" and model.about["format"] == "fasttext"
    expected = [0.5344302654266357, 0.3859013020992279, 0.5026476979255676]
    found = model.predict_proba(["turn the lamp on", "play a song", "nothing known"])[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_vectors_of_schema_2_are_read_as_ever():
    file = open_vectors(OLD / "vectors_schema_2.h5")
    words, vectors = load_vectors(file)
    assert words == ["un", "deux", "trois"]
    np.testing.assert_allclose(vectors, np.outer([0, 1 / 7, 2 / 7], np.arange(4)), atol=0.004)
    assert vectors_summary(file.path)["about"] == {"licence": "none"}


def test_a_heap_without_end_is_refused(tmp_path):
    """Its objects can have a size that leads back to where they are: this stops libhdf5 for good."""
    content = bytearray((OLD / "run_schema_2.h5").read_bytes())
    heap = content.index(b"GCOL")
    assert content.find(b"GCOL", heap + 1) < 0
    for size in (2**64 - 16, 2**64 - 1, 0, 2**63):
        content[heap + 24 : heap + 32] = struct.pack("<Q", size)
        path = put(tmp_path, content)
        userblock.seal(path)
        refused(load, path)


# ---- files of today


def test_what_we_write_is_what_libhdf5_reads(tmp_path, run_bytes, vector_bytes):
    """And without heaps: no text is of variable length."""
    for content in (run_bytes, vector_bytes):
        assert b"GCOL" not in content
        with h5py.File(put(tmp_path, content)) as file:
            assert file.attrs["schema"].decode() in ("run", "vectors")
            assert file.attrs["schema_version"] == SCHEMA_VERSION
            assert file["about"].asstr()[()].startswith("{")


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 0), (2, 3, 4), (1000, 70)], ids=str)
def test_arrays_come_back(tmp_path, dtype, shape):
    array = np.random.default_rng(0).integers(0, 100, shape).astype(dtype)
    save_arrays(tmp_path / "file", "checkpoint", {"group": {"array": array, "other": np.ones(2)}}, {})
    found = load_arrays(tmp_path / "file", "checkpoint")[0]["group"]["array"]
    assert (found.dtype, found.shape) == (array.dtype, shape) and (found == array).all()
    found[...] = 1  # it may be written to


def test_many_members_are_found(tmp_path):
    arrays = {"group": {f"array{i}": np.full(2, i) for i in range(1000)}}  # a tree of some levels
    save_arrays(tmp_path / "file", "checkpoint", arrays, {})
    found = load_arrays(tmp_path / "file", "checkpoint")[0]["group"]
    assert {name: array.tolist() for name, array in found.items()} == {f"array{i}": [i, i] for i in range(1000)}


def test_rows_of_many_chunks_are_found(tmp_path):
    values = np.arange(40_000, dtype=np.float32)[:, None].repeat(3, axis=1)  # 313 chunks: a tree of two levels
    write_vectors(tmp_path / "file", ((f"w{i}", row) for i, row in enumerate(values)), 3, "float32", {})
    words, found = load_vectors(open_vectors(tmp_path / "file"))
    assert words == [f"w{i}" for i in range(40_000)] and (found == values).all()


# ---- what is not ours


def _created(name, *values, **settings):
    def change(file):
        del file[name]
        file.create_dataset(name, *values, **settings)

    return change


def _member(name, value):
    return lambda file: file.__setitem__(name, value)


def _virtual(file):
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", shape=(4,))
    file.create_virtual_dataset("more", layout)


def _deep(file):
    file.create_group("a/b/c/d/e/f")


OTHERS = {
    "a soft link": (_member("more", h5py.SoftLink("/table")), "it has a link, unlike what"),
    "a soft link to itself": (_member("more", h5py.SoftLink("/more")), "it has a link, unlike what"),
    "an external link": (_member("more", h5py.ExternalLink("other.h5", "/")), "it has links, unlike what"),
    "external files": (
        _created("table", (60, 4), "f4", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)]),
        "it has external files, unlike what",
    ),
    "a virtual array": (_virtual, "stored as embdistill never does"),
    "deflate": (_created("table", data=np.zeros((61, 4), "f4"), compression="gzip"), "it has a filter"),
    "a bomb": (_created("table", (2**30, 64), "f4", chunks=(2**14, 64), compression="gzip"), "it has a filter"),
    "3.9 GB that are not there": (_created("table", (2**18, 3700), "f4"), "larger than the file"),
    "terabytes that are not there": (_created("table", (2**40, 4), "f4", chunks=(1024, 4)), "larger than the file"),
    "chunks that are not there": (_created("table", (61, 4), "f4", chunks=(8, 4)), "larger than the file"),
    "chunks of columns": (_created("table", data=np.zeros((61, 4), "f4"), chunks=(61, 2)), "not whole rows"),
    "objects": (_created("table", data=["a", "b"], dtype=h5py.string_dtype()), "list of texts"),
    "complex numbers": (_created("table", data=np.zeros((61, 4), "c8")), "numbers of a type"),
    "big-endian numbers": (_created("table", data=np.zeros((61, 4), ">f4")), "numbers of a type"),
    "truth values": (_created("table", data=np.zeros((61, 4), "?")), "numbers of a type"),
    "groups in groups": (_deep, "too deep"),
    "a list as attribute": (lambda file: file.attrs.__setitem__("more", [1, 2]), "not a single value"),
    "a named type": (_member("more", np.dtype("f4")), "neither a group nor an array"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_embdistill_never_writes_is_refused_and_named(run_bytes, tmp_path, kind):
    change, problem = OTHERS[kind]
    path = edited(tmp_path, run_bytes, change)
    tracemalloc.start()
    try:
        assert problem in refused(load_run, path)
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


def test_a_file_of_the_newest_hdf5_is_refused(tmp_path):
    with h5py.File(tmp_path / "file", "w", userblock_size=512, libver="latest") as file:
        file.attrs["schema"] = "run"
    userblock.seal(tmp_path / "file")
    assert "superblock" in refused(load_run, tmp_path / "file")


def test_parts_that_are_used_twice_are_refused(tmp_path, small_model):
    """Each name costs a hundred bytes, and could name the same megabyte: the count of what is read ends that."""
    save_run(tmp_path / "run.h5", small_model())

    def change(file):
        file["big"] = np.zeros(100_000, np.float32)
        for number in range(20):
            file[f"name{number}"] = file["big"]

    path = edited(tmp_path, (tmp_path / "run.h5").read_bytes(), change)
    assert "larger than the file, or overlap" in refused(load_run, path)


def test_trees_that_lead_to_themselves_are_refused(run_bytes, tmp_path):
    """Every address in the file is led to every tree, in turn; some addresses are there twice, and one is not read."""
    digest, outcomes = load_run(put(tmp_path, run_bytes)).digest(), Counter()
    start = userblock.SIZE
    trees = [at - start for at in range(len(run_bytes)) if run_bytes[at : at + 4] in (b"TREE", b"SNOD", b"HEAP")]
    assert len(trees) > 4
    for at in range(start, len(run_bytes) - 8, 8):
        if int.from_bytes(run_bytes[at : at + 8], "little") in trees:
            for tree in trees:
                content = bytearray(run_bytes)
                content[at : at + 8] = tree.to_bytes(8, "little")
                path = put(tmp_path, content)
                userblock.seal(path)
                try:
                    assert load_run(path).digest() == digest
                    outcomes["read"] += 1
                except FormatError:
                    outcomes["refused"] += 1
    assert outcomes["refused"] > len(trees)
