"""Temporary files of dead processes are swept; those of living ones, and what is not ours, are left alone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from embdistill.storage.temporary import sweep, temporary_file, temporary_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is locked or swept on Windows")

WRITER = """
import sys
from embdistill.storage.temporary import temporary_file, temporary_folder
with temporary_file("."), temporary_folder(".") as folder:
    open(folder + "/file", "w").close()
    print("here", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def writer(tmp_path):
    """A process that has a temporary file and a folder under way in tmp_path."""
    words = [sys.executable, "-c", WRITER]
    process = subprocess.Popen(words, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"here\n"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_strays_of_a_killed_process_are_swept_by_the_next_one(writer, tmp_path):
    assert len(list(tmp_path.iterdir())) == 2
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert len(list(tmp_path.iterdir())) == 2
    with temporary_file(tmp_path) as temporary:
        assert [str(path) for path in tmp_path.iterdir()] == [temporary]
    assert list(tmp_path.iterdir()) == []


def test_those_of_a_living_process_stay(writer, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    sweep(tmp_path)
    with temporary_file(tmp_path), temporary_folder(tmp_path):
        sweep(tmp_path)
        assert len(list(tmp_path.iterdir())) == 4
    assert sorted(tmp_path.rglob("*")) == before and len(before) == 3


def test_what_is_not_ours_stays(tmp_path):
    for name in (".embdistill.toml", ".embdistill.notes.part", ".embdistill.abcdefgh", "x.embdistill.abcdefgh.part"):
        (tmp_path / name).write_text("mine")
    (tmp_path / ".embdistill.linklink.part").symlink_to(tmp_path / ".embdistill.toml")
    os.mkfifo(tmp_path / ".embdistill.fifofifo.part")
    before = sorted(tmp_path.iterdir())
    sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can make files of other users")
def test_strays_of_another_user_stay(tmp_path):
    stray = tmp_path / ".embdistill.abcdefgh.part"
    stray.write_text("")
    os.chown(stray, 12345, -1)
    sweep(tmp_path)
    assert stray.exists()
    os.chown(stray, 0, -1)
    sweep(tmp_path)
    assert not stray.exists()


def test_a_file_that_a_sweep_took_before_it_was_locked_is_made_again(tmp_path, monkeypatch):
    """Between its making and its locking a file looks like a stray."""
    from embdistill.storage import temporary

    made, lock = [], temporary._lock

    def slow(handle, name):
        made.append(name)
        if len(made) == 1:
            sweep(tmp_path)
            assert not Path(name).exists()
        return lock(handle, name)

    monkeypatch.setattr(temporary, "_lock", slow)
    with temporary_file(tmp_path) as name:
        assert len(made) == 2 and name == made[1] and Path(name).exists()
