"""One process at a time fetches into a folder."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from embdistill.progress import say

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Within the block, no other process is in such a block for this folder; it is waited for, and said so.

    The system takes the lock back when a process ends, however it ends. Not on Windows, nor where files have no locks.
    """
    with open(folder / ".lock", "w") as file:
        if fcntl:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(f"{folder}: another process fetches into it; waiting for its end")
                fcntl.flock(file, fcntl.LOCK_EX)
            except OSError:  # a file system without locks
                pass
        yield
