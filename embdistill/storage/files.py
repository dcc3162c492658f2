"""Files that are written whole or not at all, and what may be overwritten."""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from embdistill.errors import UserError
from embdistill.storage.temporary import temporary_file

LONGEST_NAME = 240  # bytes; file systems allow 255, and the name of a checkpoint is longer than that of its run


class writing:
    """Around the writing of a file: an OSError becomes a UserError that names the file and the reason.

    names: what else the error may name, such as a temporary file; one of another file is left as it is.
    """

    def __init__(self, path, *names):
        self.path, self.names = path, (None, path, str(path), *names)

    def __enter__(self):
        pass

    def __exit__(self, kind, error, trace):
        if isinstance(error, OSError) and error.errno is not None and error.filename in self.names:
            problem = f"cannot be written ({error.strerror}); make room or choose another place"
            raise UserError(f"{self.path}: {problem}") from error


@contextlib.contextmanager
def whole_file(path: str | Path) -> Iterator[str]:
    """The name of a temporary file, to be written in the block.

    When the block ends well, the file is synced and takes the name `path` in one step, with the mode and the owner of
    the file that was there; when it does not, nothing is left. A link stays, and what it leads to is replaced; into a
    FIFO or a device such as /dev/null the content is written. UserError if that cannot be done.
    """
    path = check_writable(path)
    if is_stream(path):
        with temporary_file(tempfile.gettempdir()) as temporary:
            yield temporary
            with writing(path), open(temporary, "rb") as written, open(path, "wb") as stream:
                shutil.copyfileobj(written, stream)
        return
    target = os.path.realpath(path)
    with temporary_file(os.path.dirname(target)) as temporary, writing(path, target, temporary):
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        take_after(target, temporary)
        os.replace(temporary, target)


def take_after(old: str | Path, new: str | Path) -> None:
    """Give a temporary file or folder the mode and the owner of the one that it replaces, or those of any new one."""
    try:
        status = os.stat(old)
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(new, (0o777 if os.path.isdir(new) else 0o666) & ~umask)  # temporary ones are for their owner alone
        return
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):  # only root gives files to others
            os.chown(new, status.st_uid, status.st_gid)
    os.chmod(new, stat.S_IMODE(status.st_mode))


def is_stream(path: str | Path) -> bool:
    """Whether a path leads to a FIFO or a device, which is written into, never replaced."""
    status = _status(Path(path))
    return status is not None and not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode)


def check_writable(path: str | Path, inputs: Iterable[str | Path] = ()) -> Path:
    """The path, if a file can be written there without overwriting one of `inputs`; UserError if not.

    It is called before hours of work, and writes nothing.
    """
    path = Path(path)
    if len(os.fsencode(path.name)) > LONGEST_NAME:
        raise UserError(f"{path}: the name is too long; use at most {LONGEST_NAME} bytes")
    status = _status(path)
    if status and stat.S_ISDIR(status.st_mode):
        raise UserError(f"{path}: is a folder; name a file")
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        shown = path.parent if not path.is_symlink() else folder
        raise UserError(f"{path}: the folder {shown} does not exist; make it first")
    for source in inputs:
        _check_no_input(path, status, Path(source))
    if status and not stat.S_ISREG(status.st_mode):
        _check_stream(path, status)
        return path
    if status and not os.access(path, os.W_OK):
        raise UserError(f"{path}: is write-protected; choose another name for --out, or allow writing")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
    return path


def _status(path):
    """What os.stat says of what is there; None if nothing is."""
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); choose another place") from error


def _check_no_input(path, status, source):
    with contextlib.suppress(OSError):  # whoever reads the source will tell
        found = os.stat(source)
        if status and os.path.samestat(status, found):
            raise UserError(f"{path}: is read and would be overwritten; choose another name for --out")
        if stat.S_ISDIR(found.st_mode) and Path(os.path.realpath(path)).is_relative_to(os.path.realpath(source)):
            raise UserError(f"{path}: is inside {source}, which is read; choose another folder for --out")


def _check_stream(path, status):
    if stat.S_ISBLK(status.st_mode) or stat.S_ISSOCK(status.st_mode):
        kind = "a disk" if stat.S_ISBLK(status.st_mode) else "a socket"
        raise UserError(f"{path}: is {kind}; name a file")
    if not os.access(path, os.W_OK):
        raise UserError(f"{path}: cannot be written (Permission denied); choose another name")
    if stat.S_ISFIFO(status.st_mode):
        for handle in (1, 2):
            with contextlib.suppress(OSError):
                if os.path.samestat(status, os.fstat(handle)):
                    raise UserError(f"{path}: is where the messages go; name a file")
