"""Two folders change places in one step, so that whoever looks finds the one or the other."""

import contextlib
import ctypes
import errno
import os
import sys
from pathlib import Path

from embdistill.stopping import held

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # of Linux
RENAME_SWAP = 2  # of macOS


def replace_folder(new: Path, old: Path) -> None:
    """Give the folder `new` the name `old`; a folder that has it gets the name `new`. OSError if that fails.

    Where the system cannot exchange them in one step, the old one is NAME.replaced for a moment, and is given its name
    back if anything goes wrong.
    """
    if not old.exists():
        new.rename(old)
    elif not _exchange(new, old):
        _replace_in_two_steps(new, old)


def _exchange(new, old):
    """Whether the system has done it; False if it cannot do such things."""
    names = os.fsencode(new), os.fsencode(old)
    library = ctypes.CDLL(None, use_errno=True) if sys.platform != "win32" else None
    if hasattr(library, "renameat2"):
        failed = library.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE)
    elif hasattr(library, "renamex_np"):
        failed = library.renamex_np(*names, RENAME_SWAP)
    else:
        return False
    code = ctypes.get_errno()
    if failed and code not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        raise OSError(code, os.strerror(code), str(old))
    return not failed


def _replace_in_two_steps(new, old):
    aside = old.with_name(old.name + ".replaced")
    if aside.exists():
        raise OSError(errno.EEXIST, os.strerror(errno.EEXIST), str(aside))
    with held():
        try:
            old.rename(aside)
            new.rename(old)
        except BaseException:
            with contextlib.suppress(OSError):
                if aside.exists() and not old.exists():
                    aside.rename(old)
            raise
        aside.rename(new)
