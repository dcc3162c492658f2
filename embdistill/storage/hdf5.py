"""HDF5 files: runs (trained models), checkpoints and large vectors. The only file that imports h5py.

The schemas are described in docs/files.md. Files are written whole or not at all, and checked before they are opened.
"""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from embdistill.errors import FormatError, UserError
from embdistill.storage import userblock
from embdistill.storage.files import whole_file

SCHEMA_VERSION = 2
BLOCK_ROWS = 4096  # rows read or written at a time
CHUNK_ROWS = 128  # rows that HDF5 stores together; the last chunk is filled up to so many


# ---- what the schemas share ----


class _Disk(io.FileIO):
    """A file that keeps the first error, of a full disk say, and goes on as if all were well.

    libhdf5 crashes the process when a write fails; whoever uses this looks at `error` afterwards.
    """

    error: OSError | None = None

    def write(self, data):
        rest = memoryview(data).cast("B")
        try:
            while rest and not self.error:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.error = error
        return memoryview(data).nbytes

    def truncate(self, size=None):
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size


@contextlib.contextmanager
def created(path, schema) -> Iterator[h5py.File]:
    with whole_file(path) as temporary:
        with _Disk(temporary, "w+") as disk:
            try:
                with h5py.File(disk, "w", userblock_size=userblock.SIZE, libver=("earliest", "v110")) as file:
                    file.attrs["schema"] = schema
                    file.attrs["schema_version"] = SCHEMA_VERSION
                    yield file
            except (OSError, RuntimeError):
                if disk.error is None:
                    raise
            if disk.error:
                raise UserError(f"{path}: cannot be written ({disk.error.strerror}); make room or choose another place")
        userblock.seal(temporary)


@contextlib.contextmanager
def opened(path, schema) -> Iterator[h5py.File]:
    """A sound file of a schema; whatever is amiss with it or with what it holds becomes a FormatError."""
    with checked(path, schema) as file:
        check_schema(path, file, schema)
        yield file


@contextlib.contextmanager
def checked(path, schema) -> Iterator[h5py.File]:
    """A file of ours, of any schema; `schema` is for the message of the FormatError."""
    userblock.check(path)
    try:
        with h5py.File(path, "r") as file:
            yield file
    except FormatError:
        raise
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise FormatError(f"{path}: not a sound {schema} file ({error}); fetch or make the file again") from error


def check_schema(path, file, schema):
    found, version = file.attrs["schema"], int(file.attrs["schema_version"])
    if found != schema:
        raise FormatError(f"{path}: a {found} file, not a {schema} file; name another")
    if version > SCHEMA_VERSION:
        raise FormatError(
            f"{path}: of schema {version}, newer than {SCHEMA_VERSION}, the last known; update embdistill"
        )


def schema_of(path: str | Path) -> str:
    """The kind of a file: run, vectors or checkpoint; FormatError for a file that is not sound."""
    with checked(path, "embdistill") as file:
        return str(file.attrs["schema"])


def write_words(group, name, words):
    """Words as UTF-8 bytes, each closed by LF: compact, and read at once."""
    for word in words:
        if "\n" in word:
            raise UserError(f"{word!r} has a line end in it, which a list of words cannot hold; take it out")
    group[name] = np.frombuffer("".join(word + "\n" for word in words).encode(), np.uint8)


def read_words(group, name):
    return group[name][()].tobytes().decode().split("\n")[:-1]
