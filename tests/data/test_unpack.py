"""Packed files are told by their first bytes, read from files and from pipes alike, and named where that fails."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import threading
import warnings
import zipfile

import numpy as np
import pytest

from conftest import put
from embdistill.data.unpack import open_unpacked
from embdistill.errors import UserError

TEXT = b"".join(b"line %d of a text\n" % i for i in range(30_000))
NOISE = np.random.default_rng(0).bytes(100_000)


def zipped(*files, method=zipfile.ZIP_DEFLATED):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, inside in files:
            archive.writestr(name, inside)
    return content.getvalue()


PACKED = {
    "plain": bytes,
    "gzip": gzip.compress,
    "two members": lambda text: gzip.compress(text[:999]) + gzip.compress(text[999:]),
    "padded": lambda text: gzip.compress(text) + bytes(100),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda text: lzma.compress(text, format=lzma.FORMAT_ALONE),
    "zip": lambda text: zipped(("a.txt", text)),
    "zip, stored": lambda text: zipped(("a.txt", text), method=zipfile.ZIP_STORED),
    "zip of a folder": lambda text: zipped(("a/", ""), ("a/a.txt", text), ("__MACOSX/a/._a.txt", "")),
    "zip in gzip": lambda text: gzip.compress(zipped(("a.txt", text))),
    "gzip in zip": lambda text: zipped(("a.txt.gz", gzip.compress(text))),
}


def read(path):
    with open_unpacked(path) as file:
        return file.read(), file.sha256()


def through_a_pipe(content, size, read=read):
    """What `read` gives for a pipe that hands out `size` bytes at a time."""
    reader, writer = os.pipe()

    def feed():
        try:
            with os.fdopen(writer, "wb", 0) as stream:
                for at in range(0, len(content), size):
                    stream.write(content[at : at + size])
        except BrokenPipeError:  # it was refused before its end
            pass

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        return read(f"/dev/fd/{reader}")
    finally:
        os.close(reader)
        thread.join()


@pytest.mark.parametrize("text", [TEXT, NOISE, b"", b"a", b"PK", b"\x1f", b"BZ\n"], ids=len)
@pytest.mark.parametrize("kind", PACKED)
def test_packed_files_and_pipes_give_their_text_and_the_digest_of_the_file(tmp_path, kind, text):
    content = PACKED[kind](text)
    expected = text, hashlib.sha256(content).hexdigest()
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        assert read(put(tmp_path, content)) == expected
        assert through_a_pipe(content, 1 if len(content) < 2000 else 5000) == expected


@pytest.mark.parametrize("kind", PACKED)
def test_what_was_looked_at_ahead_is_read_again(tmp_path, kind):
    with open_unpacked(put(tmp_path, PACKED[kind](TEXT))) as file:
        for size in (1, 100_000, 200_000, 50):
            assert file.ahead(size)[:size] == TEXT[:size]
        assert file.read() == TEXT
        assert file.packed == (kind != "plain")


def test_a_line_of_a_stream_is_there_before_the_next_one_comes():
    reader, writer = os.pipe()
    os.write(writer, b"x\n")
    with open_unpacked(f"/dev/fd/{reader}") as file:
        assert file.readline() == b"x\n"
        os.write(writer, b"BZh is no packer here\n")
        assert file.readline() == b"BZh is no packer here\n"
        os.close(writer)
        assert file.readline() == b""
    os.close(reader)


@pytest.mark.parametrize("kind", [kind for kind in PACKED if kind not in ("plain", "padded", "two members")])
@pytest.mark.parametrize("share", [0.001, 0.3, 0.99])
def test_a_packed_file_that_is_cut_off_is_named(tmp_path, kind, share):
    content = PACKED[kind](NOISE)
    path = put(tmp_path, content[: max(8, int(len(content) * share))])
    with pytest.raises(UserError, match="the packed file is cut off or damaged here") as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [kind for kind in PACKED if kind != "plain"])
def test_a_damaged_file_is_an_error_of_ours_or_read_whole(tmp_path, kind):
    content, rng = PACKED[kind](TEXT[:5000]), np.random.default_rng(1)
    for _ in range(100):
        damaged = bytearray(content)
        damaged[rng.integers(len(content))] ^= 1 << rng.integers(8)
        try:
            read(put(tmp_path, bytes(damaged)))
        except UserError as error:
            assert "\n" not in str(error)


ENCRYPTED = zipped(("a.txt", TEXT)).replace(b"PK\x03\x04\x14\0\0", b"PK\x03\x04\x14\0\1")
ENCRYPTED = ENCRYPTED.replace(b"PK\x01\x02\x14\x03\x14\0\0", b"PK\x01\x02\x14\x03\x14\0\1")
REFUSED = {
    "several": (
        zipped(*((f"glove.{d}d.txt", "x") for d in (50, 100, 200, 300, 400))),
        "a zip with 5 files in it (glove",
    ),
    "none": (zipped(), "a zip with no file in it; fetch it again"),
    "encrypted": (ENCRYPTED, "a zip that cannot be unpacked here (File 'a.txt' is encrypted, password required"),
    "thrice": (gzip.compress(gzip.compress(gzip.compress(TEXT))), "packed more than 2 times; unpack it first"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + NOISE, "packed with 7z, which is not read; unpack it first, with `7z x`"),
    "workbook": (zipped(("xl/workbook.xml", ""), ("a", "")), "an Excel workbook, not text"),
    "arrays": (zipped(("a.npy", ""), ("b.npy", "")), "a NumPy archive (.npz), not text"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_unpacked_is_named(tmp_path, kind):
    content, problem = REFUSED[kind]
    path = put(tmp_path, content)
    with pytest.raises(UserError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: {problem}")
    with pytest.raises(UserError) as caught:
        through_a_pipe(content, 5000)
    assert problem in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path, reason in [(tmp_path / "none", "No such file or directory"), (tmp_path, "Is a directory")]:
        with pytest.raises(UserError) as caught:
            read(path)
        assert str(caught.value).startswith(f"{path}: cannot be read ({reason})")
