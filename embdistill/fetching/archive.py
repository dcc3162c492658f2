"""Files out of a .zip or a .tar.gz, all of those that are wanted or none.

Only members that the registry names are unpacked, to the names that it gives, so no path in an archive is ever used.
"""

import gzip
import hashlib
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from embdistill.errors import UserError
from embdistill.storage.files import take_after
from embdistill.storage.temporary import temporary_folder

DAMAGE = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, KeyError, RuntimeError)


def unpack(archive: Path, members: Mapping[str, str | None], folder: Path) -> None:
    """Unpack members of an archive (name to SHA-256, None if it is not known) into a folder, each by its last name.

    UserError for an archive that is damaged, or that lacks a member or has another one by its name.
    """
    with temporary_folder(folder) as temporary:
        for member, sha256 in members.items():
            target = Path(temporary, PurePosixPath(member).name)
            try:
                _copy(archive, member, target)
            except DAMAGE as error:
                raise UserError(f"{archive}: cannot be unpacked ({error}), and was removed; fetch it again") from error
            if sha256 and (found := file_sha256(target)) != sha256:
                problem = f"the SHA-256 of {member} in it is {found}, not {sha256}"
                raise UserError(f"{archive}: {problem}; the server has another file now, which was removed")
        for path in Path(temporary).iterdir():
            take_after(folder / path.name, path)
            os.replace(path, folder / path.name)


def file_sha256(path: Path) -> str:
    """In hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(archive, member, target):
    with ExitStack() as stack:
        if archive.suffix == ".zip":
            source = stack.enter_context(zipfile.ZipFile(archive)).open(member)
        else:
            source = stack.enter_context(tarfile.open(archive, "r:gz")).extractfile(member)
        if source is None:  # a folder by that name
            raise KeyError(f"{member} is no file")
        shutil.copyfileobj(stack.enter_context(source), stack.enter_context(open(target, "wb")), 1 << 20)
