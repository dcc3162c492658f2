"""Where compiled kernels are kept, and where not."""

import os
import sys

import pytest

from embdistill.kernels.machine import compiling

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="users have no numbers on Windows")


@pytest.fixture
def nowhere_else(tmp_path, monkeypatch):
    """Neither the package nor a home folder can be written; gives the folder of temporary files."""
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(compiling, "KERNELS", tmp_path / "file")
    monkeypatch.setattr(compiling.config, "CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(compiling.tempfile, "gettempdir", lambda: str(tmp_path))
    return tmp_path


def test_a_private_folder_among_the_temporary_ones_is_the_last_resort(nowhere_else, capsys):
    private = nowhere_else / f"embdistill-{os.geteuid()}"
    folders = {compiling._folder(), compiling._folder()}
    assert len(folders) == 1 and folders.pop().startswith(f"{private}/kernels-")
    assert private.stat().st_mode & 0o777 == 0o700
    said = f"compiled kernels are kept in {private}: neither the package nor a home folder can be written\n"
    assert capsys.readouterr().err == said  # once


@pytest.mark.parametrize("trap", ["open to others", "link", "file", "of another user"])
def test_what_another_user_may_have_put_there_is_not_used(nowhere_else, capsys, trap):
    private = nowhere_else / f"embdistill-{os.geteuid()}"
    if trap == "file":
        private.write_text("")
    elif trap == "link":
        (nowhere_else / "theirs").mkdir(mode=0o700)
        private.symlink_to("theirs")
    else:
        private.mkdir(mode=0o700)
    if trap == "open to others":
        private.chmod(0o770)
    if trap == "of another user":
        if os.geteuid() != 0:
            pytest.skip("only root can give folders to others")
        os.chown(private, 12345, -1)
    assert compiling._folder() == ""
    assert capsys.readouterr().err.startswith("no folder for compiled kernels can be written: every run compiles them")
    assert all(not path.name.startswith("kernels-") for path in nowhere_else.rglob("*"))


def test_the_folder_that_numba_is_told_is_the_only_one(nowhere_else, monkeypatch):
    monkeypatch.setattr(compiling.config, "CACHE_DIR", str(nowhere_else / "file"))
    assert compiling._folder() == ""
    monkeypatch.setattr(compiling.config, "CACHE_DIR", str(nowhere_else / "mine"))
    assert compiling._folder().startswith(str(nowhere_else / "mine" / "kernels-"))
