"""Our HDF5 files: written whole or not at all, by libhdf5; read without it, and nothing that the checksum is not of.

What each schema holds stands beside its readers: data/vectors/hdf5_file.py, model/run_file.py and storage/arrays.py.
"""

import contextlib
import io
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from embdistill.errors import FormatError, UserError
from embdistill.storage import userblock
from embdistill.storage.checked import CheckedFile
from embdistill.storage.files import whole_file
from embdistill.storage.hdf5_tree import Group, read_tree

SCHEMA_VERSION = 4
KINDS = ("run", "vectors", "checkpoint", "teacher")
# What reading a file raises that is not as it should be.
UNSOUND = (OSError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, struct.error)


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
def created(path: str | Path, schema: str) -> Iterator[h5py.File]:
    """A new file to be filled in the block; it takes its name when the block ends well. UserError if it cannot be
    written.
    """
    with whole_file(path) as temporary:
        with _Disk(temporary, "w+") as disk:
            try:
                with h5py.File(disk, "w", userblock_size=userblock.SIZE, libver=("earliest", "v110")) as file:
                    file.attrs["schema"] = fixed(schema)
                    file.attrs["schema_version"] = SCHEMA_VERSION
                    yield file
            except (OSError, RuntimeError):
                if disk.error is None:
                    raise
            if disk.error:
                raise UserError(f"{path}: cannot be written ({disk.error.strerror}); make room or choose another place")
        userblock.seal(temporary)


@contextlib.contextmanager
def opened(path: str | Path, schema: str | None = None) -> Iterator[Group]:
    """The root group of a sound file of a schema (None: of any).

    FormatError for whatever is wrong with the file or found to be wrong in the block; UserError if it cannot be read.
    """
    with CheckedFile(path) as file:
        try:
            root = read_tree(file)
            found, version = root.attributes["schema"], int(root.attributes["schema_version"])
            if found not in KINDS:
                raise ValueError(f"of an unknown kind, {found!r}")
            if schema not in (None, found):
                raise FormatError(f"{path}: a {found} file, not a {schema} file; name another")
            if version > SCHEMA_VERSION:
                problem = f"of schema {version}, newer than {SCHEMA_VERSION}, the last known; update embdistill"
                raise FormatError(f"{path}: {problem}")
            yield root
        except FormatError:
            raise
        except UNSOUND as error:
            kind = schema or "embdistill"
            problem = " ".join(str(error).split())
            raise FormatError(f"{path}: not a sound {kind} file ({problem}); fetch or make the file again") from error


def schema_of(path: str | Path) -> str:
    """The kind of a file: run, vectors, checkpoint or teacher; FormatError if it is not sound."""
    with opened(path) as file:
        return str(file.attributes["schema"])


def fixed(text: str) -> np.ndarray:
    """A text as h5py stores it at fixed length; of variable length it would stand in a heap."""
    content = text.encode()
    return np.array(content, h5py.string_dtype("utf-8", max(len(content), 1)))


def check_replaceable(path: str | Path, schema: str) -> None:
    """UserError if something is at a path that a new file of this schema should not replace: any other file, unless it
    is empty or one of ours that is damaged."""
    if not os.path.isfile(path) or not os.path.getsize(path):
        return
    fix = f"and no {schema} file; remove it, or choose another name for --out"
    if not userblock.is_ours(path):
        raise UserError(f"{path}: is there already, {fix}")
    try:
        found = schema_of(path)
    except FormatError:
        return
    if found != schema:
        raise UserError(f"{path}: is a {found} file, {fix}")


def write_words(group: h5py.Group, name: str, words: list[str]) -> None:
    """Words as a uint8 dataset of UTF-8, each closed by LF: compact, and read at once. UserError for a LF in a word."""
    for word in words:
        if "\n" in word:
            raise UserError(f"{word!r} has a line end in it, which a list of words cannot hold; remove it")
    group[name] = np.frombuffer("".join(word + "\n" for word in words).encode(), np.uint8)


def read_words(group: Group, name: str) -> list[str]:
    """What write_words wrote."""
    return group[name].read().tobytes().decode().split("\n")[:-1]
