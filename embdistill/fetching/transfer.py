"""A file from a server, over connections that may break off: each request asks for what is still missing.

What has come is kept in NAME.part, and NAME.part.of says of what: the address, and the validator by which the server
can tell (in If-Range, RFC 9110) that its file is still the same.
"""

import contextlib
import os
import re
from http import HTTPStatus
from pathlib import Path

import requests
import urllib3

from embdistill.errors import UserError
from embdistill.progress import bar, say

BLOCK = 1 << 16  # bytes that are read at a time, and at most lost when the process is killed
TIMEOUT = (20, 60)  # seconds until the server has answered, and between two blocks


def transfer(url: str, part: Path) -> None:
    """Bring the file at an address into `part`, whole, going on with what is there.

    Where the connection breaks off it goes on at once, as long as the file grows. UserError for an address without a
    file, a server that cannot be reached or that breaks off, and a disk on which there is no room.
    """
    most = -1
    try:
        while not _goes_on(url, part):
            if (size := _size(part)) <= most:
                raise UserError(f"{url}: the connection broke off again after {size:,} bytes; {_kept(part)}")
            say(f"{url}: the connection broke off after {size:,} bytes; going on")
            most = size
    except requests.RequestException as error:
        raise UserError(f"{url}: cannot be reached ({_reason(error)}); check the network. {_kept(part)}") from error
    except OSError as error:
        problem = f"cannot be written ({error.strerror}); make room, or choose another folder with --out"
        raise UserError(f"{part}: {problem}. {_kept(part)}") from error
    _note(part).unlink()


def _goes_on(url, part):
    """Whether one more request has brought all of the file."""
    had, validator = _begun(url, part)
    headers = {"Accept-Encoding": "identity"}  # the bytes as they are, which can be counted
    if had:
        headers |= {"Range": f"bytes={had}-", "If-Range": validator}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if had and answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()
            return _goes_on(url, part)
        if answer.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            raise UserError(f"{url}: the server answers {answer.status_code} {answer.reason}; {_advice(answer)}")
        start, total = _extent(answer)
        if start not in (0, had):
            raise UserError(f"{url}: the server sends other bytes than were asked for; remove {part}, and try again")
        if start < had:
            why = "cannot go on amid a file" if _validator(answer) == validator else "has another file by now"
            say(f"{url}: the server {why}; begun anew")
        if not start:
            part.write_bytes(b"")  # before the note: what came of another file is never taken for bytes of this one
            _note(part).write_text(f"{url}\n{_validator(answer)}\n", "utf-8")
        return _append(answer, part, start, total)


def _append(answer, part, start, total):
    """Write the body of an answer behind the `start` bytes that are there; whether that is all of it, `total` bytes if
    they are known."""
    with (
        open(part, "ab") as file,
        bar(total=total, initial=start, desc=part.stem, unit="B", unit_scale=True) as shown,
    ):
        try:
            for block in answer.raw.stream(BLOCK, decode_content=False):
                file.write(block)
                shown.update(len(block))
        except urllib3.exceptions.HTTPError:  # it broke off
            return False
        return total is None or file.tell() == total


def _extent(answer):
    """(start, total): at which byte of the file the body begins, and how many bytes the file has, None if not told."""
    if answer.status_code == HTTPStatus.OK:
        return 0, int(answer.headers["Content-Length"]) if "Content-Length" in answer.headers else None
    told = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
    return (int(told[1]), None if told[2] == "*" else int(told[2])) if told else (-1, None)


def _validator(answer):
    """What tells this state of the file from others; empty where the server does not say."""
    tag = answer.headers.get("ETag", "")
    return tag if tag.startswith('"') else answer.headers.get("Last-Modified", "")  # W/"..." is not of the bytes


def _begun(url, part):
    """(size, validator) of what came before, if it can be gone on with, else (0, "")."""
    with contextlib.suppress(FileNotFoundError):
        address, validator = (_note(part).read_text("utf-8") + "\n\n").split("\n")[:2]
        if address == url and validator:
            return _size(part), validator
    return 0, ""


def _note(part):
    return part.with_name(part.name + ".of")


def _size(part):
    return os.path.getsize(part) if os.path.exists(part) else 0


def _kept(part):
    size = _size(part)
    return f"{size:,} bytes are kept, and the same command goes on" if size else "Then give the same command again"


def _advice(answer):
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "try again later"
    return "docs/data.md says what to do by hand, and --mirror names another server"


def _reason(error):
    """The first cause, in a few words; what requests and urllib3 make of it is long."""
    while error.__context__:
        error = error.__context__
    return getattr(error, "strerror", None) or type(error).__name__
