"""Exports that are folders: written whole or not at all, in place of an earlier one and of nothing else."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from embdistill.errors import UserError
from embdistill.storage.exchange import replace_folder
from embdistill.storage.files import take_after
from embdistill.storage.temporary import temporary_folder


def write_folder(folder: str | Path, contents: Mapping[str, str]) -> None:
    """Write texts to a folder, by their paths in it; an earlier export there is replaced, edited files with it.

    UserError if the folder cannot be written.
    """
    target = Path(os.path.realpath(folder))  # a link stays
    try:
        with temporary_folder(target.parent) as temporary:
            written = Path(temporary, "export")
            for name, content in contents.items():
                (written / name).parent.mkdir(parents=True, exist_ok=True)
                (written / name).write_text(content, encoding="utf-8")
            take_after(target, written)
            replace_folder(written, target)
    except OSError as error:
        raise UserError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error


def check_folder(folder: str | Path, names: Collection[str]) -> None:
    """UserError if there can be no such folder, or it holds files of other names, as paths in it."""
    folder = Path(folder)
    if not Path(os.path.realpath(folder)).parent.is_dir():
        raise UserError(f"{folder}: the folder {folder.parent} does not exist; make it first")
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; name a folder")
    if folder.is_dir():
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
        if others := found - set(names):
            raise UserError(f"{folder}: holds {min(others)}, which would be lost; name a new or empty folder")
