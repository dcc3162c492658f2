"""A resource into a folder of its own: what is missing is downloaded, checked, recorded and unpacked."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pooch

from embdistill.data.unpack import BUFFER, Unpacked
from embdistill.errors import UserError
from embdistill.fetching.archive import file_sha256, unpack
from embdistill.fetching.lock import alone
from embdistill.fetching.registry import Download, Resource
from embdistill.fetching.transfer import transfer
from embdistill.progress import say
from embdistill.storage.files import whole_file

RECORD = "SHA256SUMS"  # of what is in the folder, as `sha256sum --check` reads it


def cache() -> Path:
    """Where the system keeps such things for this user."""
    return pooch.os_cache("embdistill")


def missing(resource: Resource, folder: Path) -> list[Download]:
    """What has to be downloaded; a file that was altered since it was fetched is said."""
    recorded = _recorded(folder)
    return [item for item in resource.downloads if not _is_there(item, folder, recorded)]


def download(downloads: list[Download], folder: Path, mirror: str | None = None) -> None:
    """Bring downloads into a folder, and what they are fetched for, each file whole or not at all.

    mirror: the address of a server that has them as they are in the folder above this one, as /trec/TREC_10.label.
    UserError, in one line, for whatever goes wrong with the server, the files or the disk.
    """
    pooch.get_logger().setLevel("WARNING")
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            for item in downloads:
                _fetch(item, folder, f"{mirror.rstrip('/')}/{folder.name}/{item.name}" if mirror else item.url)


def _fetch(item, folder, url):
    path, recorded = folder / item.name, _recorded(folder)
    expected = item.sha256 or recorded.get(item.name)
    other = f"remove {folder / RECORD} to take what the server has now"
    _retrieve(url, path, expected, "name another server with --mirror" if item.sha256 else other)
    try:
        if item.members:
            say(f"{path}: unpacking {', '.join(item.files())}")
            unpack(path, item.members, folder)
        elif not expected:
            _check_sound(path)
    except UserError:
        path.unlink()  # not what was asked for, whoever sent it
        raise
    known = {item.name: expected, **item.files()}
    found = {name: sha256 or file_sha256(folder / name) for name, sha256 in known.items()}
    if not expected and None in item.files().values():
        kept = "that of what came is recorded, and checked from now on"
        say(f"{path}: no checksum is published; {kept}: {found[item.name]}")
    with whole_file(folder / RECORD) as temporary:
        lines = [f"{sha256}  {name}\n" for name, sha256 in sorted((recorded | found).items())]
        Path(temporary).write_text("".join(lines))


def _retrieve(url, path, expected, remedy):
    """Download a file, unless it is there and has the SHA-256 that is expected (None: whatever is there is taken).

    remedy: what can be done about a server that has another file.
    """

    def downloader(url, output, _):
        part = path.with_name(path.name + ".part")
        transfer(url, part)
        os.replace(part, output)

    try:
        pooch.retrieve(url, expected, path.name, path.parent, downloader=downloader)
    except UserError:
        raise
    except ValueError as error:  # the checksum; it says what was found and expected
        raise UserError(f"{url}: {error} Try again, or {remedy}") from error


def _check_sound(path):
    """Read a packed file to its end, before it is trusted: an error page, and a file cut short, are found out."""
    with Unpacked(path) as stream:
        if not stream.packed:
            raise UserError(f"{path}: what the server sent is no packed file, and was removed; try again later")
        while stream.read(BUFFER):
            pass


def _is_there(item, folder, recorded):
    """Whether the files of a download are in the folder, as they have to be."""
    for name, sha256 in item.files().items():
        expected = sha256 or recorded.get(name)
        if not expected or not (folder / name).exists():
            return False
        if file_sha256(folder / name) != expected:
            say(f"{folder / name}: altered since it was fetched, so to be fetched again")
            return False
    return True


def _recorded(folder):
    """The SHA-256 of files in the folder, by name."""
    path = folder / RECORD
    lines = path.read_text().splitlines() if path.exists() else []
    return {name: sha256 for sha256, name in (line.split("  ", 1) for line in lines)}


@contextlib.contextmanager
def _told(folder) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problem = f"cannot be written ({error.strerror or error}); choose another folder with --out, or make room"
        raise UserError(f"{error.filename or folder}: {problem}") from error
