"""How kernels are compiled: when first called, and kept on disk in a folder named after all sources and Numba."""

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numba
from numba import config, njit

from embdistill.kernels.machine.cache import make_sound
from embdistill.progress import say

KERNELS = Path(__file__).parents[1]


def kernel(function=None, **options):
    """Decorator: compile a function with Numba, without Python's lock; options as of numba.njit."""
    if function is None:
        return lambda function: kernel(function, **options)
    before, config.CACHE_DIR = config.CACHE_DIR, _FOLDER
    try:
        dispatcher = njit(cache=bool(_FOLDER), nogil=True, error_model="numpy", **options)(function)
    finally:
        config.CACHE_DIR = before
    if _FOLDER and not config.DISABLE_JIT:
        make_sound(dispatcher)
    return dispatcher


def _folder() -> str:
    """A folder named after all sources, since Numba does not notice when a kernel of another file changes.

    "", and nothing is kept, where none can be written.
    """
    sources = [path.read_bytes() for path in sorted(KERNELS.rglob("*.py"))]
    digest = hashlib.sha256(b"".join([numba.__version__.encode(), *sources])).hexdigest()[:16]
    for parent in _parents():
        folder = Path(parent, f"kernels-{digest}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            continue
        return str(folder)
    say("no folder for compiled kernels can be written: every run compiles them anew; name one in NUMBA_CACHE_DIR")
    return ""


def _parents() -> Iterator[str | Path]:
    """Where the folder may be: in NUMBA_CACHE_DIR, else beside the sources, in the user's cache, or in a temporary
    folder of the user."""
    if config.CACHE_DIR:
        yield config.CACHE_DIR
        return
    yield KERNELS / "__pycache__"
    users = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "embdistill")
    if users.is_absolute():  # ~ of a user without a home stays ~
        yield users
    if hasattr(os, "geteuid"):
        try:
            yield _private_folder()
        except OSError:
            return


def _private_folder() -> Path:
    """A folder among the temporary ones that no other user can write, since what is in it is executed; OSError if there
    is none."""
    folder = Path(tempfile.gettempdir(), f"embdistill-{os.geteuid()}")
    try:
        folder.mkdir(mode=0o700)
        say(f"compiled kernels are kept in {folder}: neither the package nor a home folder can be written")
    except FileExistsError:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
            raise PermissionError(f"{folder} is not private") from None
    return folder


_FOLDER = _folder()
