"""Our vector files: they come back as they were, are never half written, and are refused when they are not sound."""

import tracemalloc

import numpy as np
import pytest

from conftest import files_in, put
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.data.vectors.hdf5_file import BLOCK_ROWS, vectors_summary, write_vectors
from embdistill.errors import UserError
from embdistill.storage.hdf5 import schema_of
from hdf5_helpers import as_group, edited, refused, replaced, without
from vector_helpers import DTYPES, error_of, loaded, made


def _rows(count, dim=6):
    values = np.random.default_rng(4).normal(size=(count, dim)).astype(np.float32)
    return [f"wörd{i}" for i in range(count)], values


@pytest.mark.parametrize("count", [1, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 10_000])
@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_vectors_come_back_row_for_row(tmp_path, dtype, count):
    words, values = _rows(count)
    path = tmp_path / "vectors.h5"
    about = {"source": "ü", "licence": "CC0"}
    written = write_vectors(path, zip(words, values, strict=True), 6, dtype, about)
    assert written == count
    assert vectors_summary(path) == {"words": count, "dim": 6, "dtype": dtype, "about": about}
    assert schema_of(path) == "vectors"
    found, rows = load_vectors(open_vectors(path))
    assert found == words
    if dtype == "int8":
        scales = np.abs(values).max(axis=1, keepdims=True) / np.float32(127)
        expected = np.rint(values / scales) * scales
    else:
        expected = values.astype(dtype).astype(np.float32)
    np.testing.assert_array_equal(rows, expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_wanted_rows_of_our_hdf5_do_not_keep_the_others_in_memory(tmp_path, dtype):
    """The words are in memory, and some thousand rows at a time; not the rows that were passed over."""
    words = [f"word{i}" for i in range(40_000)]
    values = np.ones((len(words), 200), np.float32)
    path = made(tmp_path, dtype, words, values)
    loaded(path, {"word0"})
    tracemalloc.start()
    try:
        found = [(word, vector) for word, vector in open_vectors(path).rows(frozenset(words[137::1000]))]
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [word for word, _ in found] == words[137::1000]
    assert kept < 1e6
    assert peak < values.nbytes / 2


def test_our_hdf5_with_a_damaged_mark_is_not_read_as_text(tmp_path):
    whole = made(tmp_path, "float32").read_bytes()
    for at in range(16):
        damaged = bytearray(whole)
        damaged[at] ^= 1
        path = put(tmp_path, bytes(damaged))
        assert error_of(path).startswith(f"{path}:"), at


# ---- the smaller dtypes ----


def _of_all_sizes(rows=500, dim=40):
    """Rows of very different magnitude, one of them zero."""
    rng = np.random.default_rng(11)
    values = (rng.normal(size=(rows, dim)) * 10.0 ** rng.uniform(-30, 30, (rows, 1))).astype(np.float32)
    values[17] = 0
    return [f"word{i}" for i in range(rows)], values


def test_int8_is_at_most_half_a_step_off(tmp_path):
    words, values = _of_all_sizes()
    found, rows, _ = loaded(made(tmp_path, "int8", words, values))
    assert found == words
    step = np.abs(values).max(axis=1, keepdims=True).astype(np.float64) / 127
    assert (np.abs(rows.astype(np.float64) - values) <= step * (0.5 + 1e-5)).all()
    assert (rows[17] == 0).all()


def test_int8_of_the_smallest_numbers_does_not_wrap_around(tmp_path):
    """Below 1e-42 the scale of a row has so few bits left that its largest number may come out above 127."""
    values = (np.arange(1, 400)[:, None] * np.array([[1, -1]]) * 2.0**-149).astype(np.float32)
    words = [f"word{i}" for i in range(len(values))]
    rows = loaded(made(tmp_path, "int8", words, values))[1]
    assert (np.sign(rows) * np.sign(values) >= 0).all()
    assert (np.abs(rows) <= 2 * np.abs(values)).all()


def test_float16_rounds_to_the_nearest(tmp_path):
    values = np.random.default_rng(2).normal(size=(300, 30)).astype(np.float32)
    words = [f"word{i}" for i in range(300)]
    rows = loaded(made(tmp_path, "float16", words, values))[1]
    np.testing.assert_array_equal(rows, values.astype(np.float16).astype(np.float32))


# ---- files that are not sound ----


UNSOUND_VECTORS = {
    "a word less": replaced("words", np.frombuffer("".join(f"w{i}\n" for i in range(29)).encode(), np.uint8)),
    "a word more": replaced("words", np.frombuffer("".join(f"w{i}\n" for i in range(31)).encode(), np.uint8)),
    "words not UTF-8": replaced("words", np.frombuffer(b"\xff\n" * 30, np.uint8)),
    "values flat": replaced("values", np.zeros(30, np.int8)),
    "values in int16": replaced("values", np.zeros((30, 6), np.int16)),
    "too few values": replaced("values", np.zeros((29, 6), np.int8)),
    "scales too few": replaced("scales", np.zeros(29, np.float32)),
    "scales of two dimensions": replaced("scales", np.zeros((30, 1), np.float32)),
    "about no JSON": replaced("about", "{"),
    **{f"{name} a group": as_group(name) for name in ["words", "values", "scales", "about"]},
    **{f"{name} left out": without(name) for name in ["words", "values", "scales", "about"]},
}


@pytest.mark.parametrize("fault", UNSOUND_VECTORS)
def test_vector_files_that_do_not_hold_what_they_should_are_refused(vector_bytes, tmp_path, fault):
    refused(vectors_summary, edited(tmp_path, vector_bytes, UNSOUND_VECTORS[fault]))


# ---- written whole or not at all ----


@pytest.mark.parametrize("error", [UserError("line 5001"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("good_rows", [0, 10, BLOCK_ROWS + 10])
@pytest.mark.parametrize("old", [None, b"as it was"])
def test_vectors_whose_source_fails_leave_everything_as_it_was(tmp_path, old, good_rows, error):
    def rows():
        yield from zip(*_rows(good_rows), strict=True)
        raise error

    path = tmp_path / "vectors.h5"
    if old is not None:
        path.write_bytes(old)
    before = files_in(tmp_path)
    with pytest.raises(type(error)):
        write_vectors(path, rows(), 6, "int8", {})
    assert files_in(tmp_path) == before


def test_no_row_is_read_for_a_place_that_cannot_be_written(tmp_path):
    def never():
        raise AssertionError("the rows were asked for")
        yield

    with pytest.raises(UserError, match="does not exist"):
        write_vectors(tmp_path / "missing" / "vectors.h5", never(), 6, "int8", {})


@pytest.mark.parametrize(
    ("rows", "dtype"), [([], "float32"), ([("big", np.full(6, 1e5, np.float32))], "float16")], ids=["none", "too large"]
)
def test_vectors_that_cannot_be_stored_leave_nothing(tmp_path, rows, dtype):
    with pytest.raises(UserError):
        write_vectors(tmp_path / "vectors.h5", rows, 6, dtype, {})
    assert files_in(tmp_path) == {}
