"""No byte of our files is used that the checksum was not computed of, whatever happens to the file meanwhile."""

import numpy as np
import pytest

from conftest import files_in, put
from embdistill import load
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.data.vectors.hdf5_file import write_vectors
from embdistill.errors import FormatError
from embdistill.storage import checked, userblock
from embdistill.storage.checked import BLOCK, KEPT, CheckedFile


@pytest.fixture
def large(tmp_path):
    """A sealed file of some blocks, and its bytes."""
    content = bytes(userblock.SIZE) + np.random.default_rng(0).bytes(5 * BLOCK + 1000)
    path = put(tmp_path, content)
    userblock.seal(path)
    return path, content


def test_any_stretch_is_read(large):
    path, content = large
    with CheckedFile(path) as file:
        assert file.size == len(content)
        for start, size in [(512, 0), (512, 100), (BLOCK - 1, 2), (700, 4 * BLOCK), (len(content) - 5, 5), (600, 9)]:
            assert file.read(start, size) == content[start : start + size]
            assert len(file.blocks) <= KEPT


@pytest.mark.parametrize(("start", "size"), [(600, 2**62), (2**64 - 1, 1), (5 * BLOCK, 2000)])
def test_what_is_beyond_the_end_is_not_asked_for(large, start, size):
    with CheckedFile(large[0]) as file, pytest.raises(ValueError, match="beyond its end"):
        file.read(start, size)


@pytest.mark.parametrize("at", [600, BLOCK - 1, 3 * BLOCK, 5 * BLOCK + 1200], ids=str)
def test_a_block_that_was_changed_after_the_check_is_refused(large, at):
    path, content = large
    with CheckedFile(path) as file:
        with open(path, "r+b") as stream:
            stream.seek(at)
            stream.write(bytes([content[at] ^ 1]))
        for number in range(6):
            start = max(number * BLOCK, userblock.SIZE)
            if number == at // BLOCK:
                with pytest.raises(FormatError, match="was changed while it was read"):
                    file.read(start, 5)
            else:
                assert file.read(start, 5) == content[start : start + 5]


@pytest.mark.parametrize("change", [lambda content: content[:-1], lambda content: content + b"x"])
def test_a_file_that_became_shorter_or_longer_is_refused(large, change):
    path, content = large
    with CheckedFile(path) as file:
        path.write_bytes(change(path.read_bytes()))
        with pytest.raises(FormatError, match="was changed while it was read"):
            file.read(len(content) - 5, 5)


def test_a_file_that_is_replaced_is_read_as_it_was(run_bytes, vector_bytes, tmp_path):
    path = put(tmp_path, run_bytes)
    with CheckedFile(path) as file:
        put(tmp_path, vector_bytes, "new").replace(path)
        assert file.read(512, len(run_bytes) - 512) == run_bytes[512:]


class _Overwriting(CheckedFile):
    """A file that another process overwrites in place, just before a certain time that it is read."""

    before, content, times = 0, b"", 0

    def _read(self, start):
        if _Overwriting.times == self.before:
            with open(self.path, "r+b") as stream:
                stream.write(self.content)
                stream.truncate()
        _Overwriting.times += 1
        return super()._read(start)


def test_a_file_overwritten_at_any_time_is_one_of_the_two_or_refused(tmp_path, monkeypatch):
    """As `cp other.h5 vectors.h5` does."""
    monkeypatch.setattr("embdistill.storage.hdf5.CheckedFile", _Overwriting)
    monkeypatch.setattr(checked, "BLOCK", 4096)
    for name, factor in (("a", 1), ("b", 2)):
        rows = ((f"{name}{i}", np.full(20, i * factor, np.float32)) for i in range(900))
        write_vectors(tmp_path / name, rows, 20, "float32", {})
    contents = files_in(tmp_path)
    outcomes = []
    for before in range(0, 100, 3):
        path = put(tmp_path, contents["a"], "here")
        _Overwriting.before, _Overwriting.content, _Overwriting.times = before, contents["b"], 0
        try:
            words, values = load_vectors(open_vectors(path))
        except FormatError as error:
            assert "damaged" in str(error) or "was changed while it was read" in str(error)
            outcomes.append("refused")
        else:
            name = words[0][0]
            assert words == [f"{name}{i}" for i in range(900)]
            assert (values == np.arange(900)[:, None] * {"a": 1, "b": 2}[name]).all()
            outcomes.append(name)
    assert {"b", "refused"} <= set(outcomes)


def test_a_run_file_overwritten_while_it_is_read_is_refused(run_bytes, vector_bytes, tmp_path, monkeypatch):
    monkeypatch.setattr("embdistill.storage.hdf5.CheckedFile", _Overwriting)
    reads = 3  # the start, all of it, and the end
    for before in range(1, reads + 1):
        path = put(tmp_path, run_bytes)
        _Overwriting.before, _Overwriting.content, _Overwriting.times = before, vector_bytes, 0
        with pytest.raises(FormatError, match=r"damaged|was changed"):
            load(path)
