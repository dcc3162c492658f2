"""How kernels are compiled: when first called, and kept on disk in a folder named after all sources and Numba."""

import hashlib
import os
import tempfile
from pathlib import Path

import numba
from numba import config, njit

KERNELS = Path(__file__).parents[1]


def kernel(function=None, **options):
    """Decorator: compile a function with Numba, without Python's lock; options as of numba.njit."""
    if function is None:
        return lambda function: kernel(function, **options)
    before, config.CACHE_DIR = config.CACHE_DIR, _FOLDER
    try:
        return njit(cache=bool(_FOLDER), nogil=True, error_model="numpy", **options)(function)
    finally:
        config.CACHE_DIR = before


def _folder() -> str:
    """A folder named after all sources, since Numba does not notice when a kernel of another file changes.

    NUMBA_CACHE_DIR, else beside the sources, else the user's cache; "", and nothing is kept, where none can be written.
    """
    sources = [path.read_bytes() for path in sorted(KERNELS.rglob("*.py"))]
    digest = hashlib.sha256(b"".join([numba.__version__.encode(), *sources])).hexdigest()[:16]
    users = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "embdistill")
    # ~ of a user without a home stays ~.
    parents = [KERNELS / "__pycache__", *([users] if users.is_absolute() else [])]
    for parent in [config.CACHE_DIR] if config.CACHE_DIR else parents:
        folder = Path(parent, f"kernels-{digest}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            continue
        return str(folder)
    return ""


_FOLDER = _folder()
