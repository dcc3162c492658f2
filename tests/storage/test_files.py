"""Files are written whole or not at all, and only where they can be."""

import errno
import os
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
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


def _write(path, content=b"new"):
    with whole_file(path) as temporary:
        Path(temporary).write_bytes(content)


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    target = put(tmp_path / "folder", b"old", "target")
    link, link_to_link = tmp_path / "link", tmp_path / "other"
    link.symlink_to("folder/target")
    link_to_link.symlink_to("link")
    _write(link_to_link)
    assert link.is_symlink() and link_to_link.is_symlink() and not target.is_symlink()
    assert target.read_bytes() == b"new" and len(list(tmp_path.rglob("*"))) == 4


def test_a_link_to_nothing_is_followed_too(tmp_path):
    link = tmp_path / "link"
    link.symlink_to("target")
    _write(link)
    assert link.is_symlink() and (tmp_path / "target").read_bytes() == b"new"
    link.unlink()
    link.symlink_to("missing/target")
    with pytest.raises(UserError, match="missing does not exist; make it first"):
        _write(link)


def test_links_in_a_circle_are_a_user_error(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(UserError, match="a: cannot be written "):
        _write(tmp_path / "a")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_the_mode_of_the_old_file_is_kept(tmp_path, mode):
    path = put(tmp_path, b"old")
    path.chmod(mode)
    _write(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode and path.read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files to others")
def test_so_is_its_owner(tmp_path):
    path = put(tmp_path, b"old")
    os.chown(path, 12345, 12346)
    path.chmod(0o640)
    _write(path)
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 12346, 0o640)


def test_a_fifo_is_written_into(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    content = os.urandom(1 << 20)  # more than it holds
    with ThreadPoolExecutor() as pool:
        read = pool.submit(path.read_bytes)
        _write(path, content)
        assert read.result() == content
    assert stat.S_ISFIFO(path.stat().st_mode) and len(list(tmp_path.iterdir())) == 1


def _node(path, kind, device):
    try:
        os.mknod(path, kind | 0o666, os.makedev(*device))
    except (PermissionError, AttributeError):
        pytest.skip("only root can make devices")


def test_a_device_is_written_into(tmp_path):
    path = tmp_path / "null"
    _node(path, stat.S_IFCHR, (1, 3))
    save_arrays(path, "checkpoint", {"group": {"array": np.arange(5)}}, {})
    assert stat.S_ISCHR(path.stat().st_mode) and len(list(tmp_path.iterdir())) == 1


def test_a_full_device_is_a_user_error(tmp_path):
    path = tmp_path / "full"
    _node(path, stat.S_IFCHR, (1, 7))
    with pytest.raises(UserError, match=r"full: cannot be written \(No space left on device\)"):
        _write(path)


def test_a_disk_and_a_socket_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(UserError, match="socket: is a socket; name a file"):
            _write("socket")
    _node("disk", stat.S_IFBLK, (7, 250))
    with pytest.raises(UserError, match="disk: is a disk; name a file"):
        _write("disk")


def test_a_write_protected_file_is_not_replaced(tmp_path):
    path = put(tmp_path, b"old")
    path.chmod(0o444)
    if os.access(path, os.W_OK):
        pytest.skip("root may write anything")
    with pytest.raises(UserError, match="file: is write-protected"):
        _write(path)


def test_a_place_inside_a_folder_that_is_read_is_refused(tmp_path):
    (tmp_path / "data" / "good").mkdir(parents=True)
    with pytest.raises(UserError, match=r"is inside .*data, which is read"):
        check_writable(tmp_path / "data" / "good" / "run.h5", [tmp_path / "data"])
    check_writable(tmp_path / "data2", [tmp_path / "data"])


def test_an_error_of_another_file_keeps_its_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="none"), whole_file(tmp_path / "out"):
        open(tmp_path / "none")
    with (
        pytest.raises(UserError, match=r"out: cannot be written \(No space left on device\)"),
        whole_file(tmp_path / "out"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []
