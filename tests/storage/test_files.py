"""Files are written whole or not at all, and only where they can be."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest

from conftest import files_in, put
from embdistill.errors import UserError
from embdistill.storage.arrays import save_arrays
from embdistill.storage.files import check_writable, whole_file


@pytest.mark.parametrize("error", [OSError("disk"), ValueError("made up"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("old", [None, b"as it was"])
def test_an_interrupted_write_leaves_everything_as_it_was(tmp_path, old, error):
    path = tmp_path / "file"
    if old is not None:
        path.write_bytes(old)
    before = files_in(tmp_path)
    with pytest.raises(type(error)), whole_file(path) as temporary:
        Path(temporary).write_bytes(b"half of")
        assert Path(temporary).parent == tmp_path
        raise error
    assert files_in(tmp_path) == before


def test_a_finished_write_replaces_the_old_file_and_leaves_nothing_else(tmp_path):
    path = put(tmp_path, b"old")
    with whole_file(path) as temporary:
        Path(temporary).write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert files_in(tmp_path) == {"file": b"new"}


def _places(folder):
    """Places where no file can be written, with what is said of them."""
    (folder / "folder").mkdir()
    (folder / "file").write_bytes(b"")
    yield folder / "missing" / "run.h5", "does not exist"
    yield folder / "file" / "run.h5", "does not exist"
    yield folder / "folder", "is a folder"
    yield folder / ("x" * 300), "the name is too long"
    if Path("/proc").is_dir():
        yield Path("/proc/run.h5"), "cannot be written"


def _write_arrays(path):
    save_arrays(path, "checkpoint", {"group": {"array": np.arange(5)}}, {})


def test_places_that_cannot_be_written_are_a_user_error_at_once(tmp_path):
    for path, problem in _places(tmp_path):
        for write in (check_writable, _write_arrays):
            with pytest.raises(UserError) as caught:
                write(path)
            assert str(caught.value).startswith(f"{path}: ") and problem in str(caught.value)
            assert "\n" not in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "file"}
    assert list((tmp_path / "folder").iterdir()) == []


def test_a_folder_without_permission_is_a_user_error(tmp_path):
    tmp_path.chmod(0o555)
    try:
        if os.access(tmp_path, os.W_OK):
            pytest.skip("root may write anywhere")
        with pytest.raises(UserError, match="cannot be written"):
            _write_arrays(tmp_path / "new.h5")
    finally:
        tmp_path.chmod(0o755)


def test_a_place_that_is_found_writable_can_be_written_however_long_its_name(tmp_path):
    """The longest name of a file is 255 bytes: what is written beside it needs some of them."""
    for length in (100, 240, 250, 255):
        path = tmp_path / ("x" * length)
        try:
            check_writable(path)
        except UserError as error:
            assert "too long" in str(error)
            continue
        _write_arrays(path)
        assert path.is_file()


def test_asking_whether_a_place_is_writable_writes_nothing(tmp_path):
    path = put(tmp_path, b"as it was")
    assert check_writable(str(path)) == path
    assert check_writable(tmp_path / "new.h5") == tmp_path / "new.h5"
    assert files_in(tmp_path) == {"file": b"as it was"}


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664), (0o027, 0o640)])
def test_file_permissions_follow_the_umask(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        _write_arrays(tmp_path / "new.h5")
        assert os.umask(umask) == umask  # left as it was
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.h5").stat().st_mode) == mode
