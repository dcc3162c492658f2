"""Files that are written whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from embdistill.errors import UserError

LONGEST_NAME = 240  # bytes; file systems allow 255, and the name of a checkpoint is longer than that of its run


@contextlib.contextmanager
def whole_file(path: str | Path) -> Iterator[str]:
    """The name of a temporary file beside `path`, to be written in the block.

    When the block ends well, the file is synced and takes the name `path` in one step; when it does not, nothing is
    left. UserError if the folder cannot be written.
    """
    path = check_writable(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".embdistill.")
    os.close(handle)
    try:
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)  # mkstemp makes files that only their owner can read
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def check_writable(path: str | Path, inputs: Iterable[str | Path] = ()) -> Path:
    """The path, if a file can be written there without overwriting one of `inputs`; UserError if not.

    It is called before hours of work, and writes nothing.
    """
    path = Path(path)
    folder = path.parent
    if len(os.fsencode(path.name)) > LONGEST_NAME:
        raise UserError(f"{path}: the name is too long; use at most {LONGEST_NAME} bytes")
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a file")
    if not folder.is_dir():
        raise UserError(f"{path}: the folder {folder} does not exist; make it first")
    for source in inputs:
        if path.exists() and Path(source).exists() and path.samefile(source):
            raise UserError(f"{path}: is read and would be overwritten; choose another name for --out")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
    return path
