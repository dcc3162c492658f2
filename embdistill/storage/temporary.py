"""Temporary files and folders beside what is written; those of processes that were killed are swept by the next one.

Whoever makes one holds a lock on it, which the system takes back when the process ends, however it ends.
"""

import contextlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # on Windows nothing is locked, and nothing swept
    fcntl = None

PREFIX, SUFFIX = ".embdistill.", ".part"
OURS = re.compile(re.escape(PREFIX) + "[a-z0-9_]{8}" + re.escape(SUFFIX))


def temporary_file(folder: str | Path) -> contextlib.AbstractContextManager[str]:
    """The name of a new empty file in a folder, which is removed after the block, unless it has been renamed."""
    return _locked(folder, lambda: tempfile.mkstemp(SUFFIX, PREFIX, folder))


def temporary_folder(folder: str | Path) -> contextlib.AbstractContextManager[str]:
    """The same for a folder in a folder."""

    def make():
        name = tempfile.mkdtemp(SUFFIX, PREFIX, folder)
        return os.open(name, os.O_RDONLY) if fcntl else None, name

    return _locked(folder, make)


def sweep(folder: str | Path) -> None:
    """Remove what dead processes of this user have left in a folder."""
    if fcntl is None:
        return
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for name in [entry.path for entry in entries if OURS.fullmatch(entry.name)]:
            with contextlib.suppress(OSError):  # it is in use, of another user, or gone by now
                _remove_if_free(name)


@contextlib.contextmanager
def _locked(folder, make: Callable[[], tuple[int | None, str]]) -> Iterator[str]:
    sweep(folder)
    handle, name = make()
    while fcntl and not _lock(handle, name):  # another process has taken it for a stray
        os.close(handle)
        handle, name = make()
    if fcntl is None and handle is not None:
        os.close(handle)  # Windows neither renames nor removes an open file
        handle = None
    try:
        yield name
    finally:
        with contextlib.suppress(FileNotFoundError):
            _remove(name)
        if handle is not None:
            os.close(handle)


def _lock(handle, name):
    """Whether the file or folder is ours alone, and still there."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks, where nothing is swept either
        return True
    return os.path.lexists(name)


def _remove_if_free(name):
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        status = os.fstat(handle)
        if status.st_uid == os.geteuid() and (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(name)
    finally:
        os.close(handle)


def _remove(name):
    if os.path.isdir(name):
        shutil.rmtree(name)
    else:
        os.unlink(name)
