"""The bytes of an input file, plain or packed: gzip, bzip2, xz, or a zip with one file in it.

What packs a file is told by its first bytes, not by its name. A file is opened once and read from front to back, so
that a pipe will do; only a zip is sought in, and one that comes through a pipe goes to a temporary file first.
"""

import hashlib
import io
import zlib

from embdistill.errors import UserError, reading

BUFFER = 1 << 18  # bytes that are unpacked at a time
READ = 1 << 16  # bytes of a file that are read at a time
LAYERS = 2  # of packing that are taken off; there are files that unpack to themselves for ever

ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")  # a file in it, an empty one, a part of one
NOT_UNPACKED = {
    b"7z\xbc\xaf\x27\x1c": ("7z", "7z x"),
    b"Rar!\x1a\x07": ("rar", "unrar x"),
    b"\x28\xb5\x2f\xfd": ("zstd", "zstd -d"),
    b"\x04\x22\x4d\x18": ("lz4", "lz4 -d"),
    b"\x1f\x9d": ("compress (.Z)", "uncompress"),
    b"LZIP": ("lzip", "lzip -d"),
}
TAR_MARK, TAR_MARK_AT = b"ustar", 257
ZIP_KINDS = {  # by a file that it has inside: kinds of files that are zips themselves
    "xl/workbook.xml": "an Excel workbook",
    "xl/workbook.bin": "an Excel workbook",
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint file",
    "content.xml": "an OpenDocument file",
    "data.pkl": "a PyTorch file",
}


class Damaged(UserError):
    """A packed file that ends too early or was altered. problem: what is wrong, without the name of the file."""

    def __init__(self, path, problem):
        super().__init__(f"{path}: {problem}")
        self.problem = problem


class Unpacked(io.BufferedReader):
    """The unpacked bytes of a file. Reading raises Damaged, or UserError where the file cannot be read.

    packed: whether the file holds them in another form.
    """

    def __init__(self, path):
        self.path = path
        with reading(path):
            self._file = _File(open(path, "rb", buffering=0))
        self._opened = [self._file]
        try:
            with _damage_named(path):
                stream = self._unpacked(self._file, LAYERS)
        except BaseException:
            self._close_all()
            raise
        self.packed = stream is not self._file
        self._guarded = _Guarded(stream, path)
        super().__init__(self._guarded, BUFFER)

    def ahead(self, size: int) -> bytes:
        """The first `size` bytes, or as many as there are, without taking them; only before anything is read.

        It waits for them, unlike the peek of a stream.
        """
        return self._guarded.ahead(size)

    def sha256(self) -> str:
        """The SHA-256 of the file as it is, packed; what has not been read yet is read for it."""
        with reading(self.path):
            return self._file.sha256()

    def close(self):
        super().close()
        self._close_all()

    def _close_all(self):
        while self._opened:
            self._opened.pop().close()

    def _unpacked(self, stream, layers):
        """What a _Peeked stream holds, unpacked, as another one."""
        head = stream.peek()
        if head.startswith(b"\x1f\x8b"):
            from gzip import open as opener
        elif head.startswith(b"BZh"):
            from bz2 import open as opener
        elif head.startswith((b"\xfd7zXZ\0", b"\x5d\0\0")):
            from lzma import open as opener
        elif head.startswith(ZIP):
            opener = self._open_sought_zip if stream is self._file and stream.sought() else self._open_zip
        else:
            _refuse_other_packers(head, self.path)
            return stream
        if not layers:
            raise UserError(f"{self.path}: packed more than {LAYERS} times; unpack it first")
        packed = self._kept(io.BufferedReader(stream, READ))
        return self._unpacked(_Peeked(self._kept(opener(packed))), layers - 1)

    def _open_sought_zip(self, packed):
        return self._only_file_of(self._file.file)

    def _open_zip(self, packed):
        import shutil
        import tempfile

        spooled = self._kept(tempfile.TemporaryFile())
        shutil.copyfileobj(packed, spooled, BUFFER)
        return self._only_file_of(spooled)

    def _only_file_of(self, packed):
        import struct
        import zipfile

        try:
            archive = self._kept(zipfile.ZipFile(packed))
            return archive.open(_only_file(archive.infolist(), self.path))
        except UserError:
            raise
        except (RuntimeError, NotImplementedError) as error:  # a password, a method of packing
            raise UserError(f"{self.path}: a zip that cannot be unpacked here ({error}); unpack it first") from error
        except (ValueError, struct.error, OverflowError) as error:
            raise zipfile.BadZipFile(str(error)) from error

    def _kept(self, opened):
        self._opened.append(opened)
        return opened


def open_unpacked(path) -> Unpacked:
    """The unpacked bytes of a file, as a binary stream and context manager.

    UserError for a file that cannot be read, a zip with several files, and what cannot be unpacked; damage farther on
    is a UserError of the read that meets it.
    """
    return Unpacked(path)


class _Peeked(io.RawIOBase):
    """A binary file whose first bytes can be looked at before they are read."""

    LONGEST = max(map(len, [*ZIP, *NOT_UNPACKED, b"\xfd7zXZ\0"]))

    def __init__(self, file):
        self.file = file
        self.head = b""  # what was looked at and not read yet

    def readable(self):
        return True

    def peek(self) -> bytes:
        """The first bytes: as many as come at once, so that a stream is not held up, but enough to tell a packer."""
        while len(self.head) < self.LONGEST and (more := self._read()):
            self.head += more
            if b"\n" in more:  # no packer has a line end so early, and the next line may be a long time coming
                break
        return self.head

    def ahead(self, size: int) -> bytes:
        """The first `size` bytes, or as many as there are."""
        blocks = [self.head]
        while (size := size - len(blocks[-1])) > 0 and (more := self._read()):
            blocks.append(more)
        self.head = b"".join(blocks)
        return self.head

    def readinto(self, buffer):
        size = min(len(buffer), len(self.head))
        if not size:
            return self._readinto(buffer)
        buffer[:size] = self.head[:size]
        self.head = self.head[size:]
        return size

    def _read(self):
        buffer = bytearray(READ)
        return bytes(buffer[: self._readinto(buffer)])

    def _readinto(self, buffer):
        return self.file.readinto(buffer)


class _File(_Peeked):
    """A file on disk or a pipe, hashed as it is read."""

    def __init__(self, file):
        super().__init__(file)
        self.digest = hashlib.sha256()
        self.is_sought = False

    def _readinto(self, buffer):
        size = self.file.readinto(buffer)
        self.digest.update(memoryview(buffer)[:size])
        return size

    def sought(self) -> bool:
        """Whether the file can be sought in, as from now on it will be."""
        self.is_sought = self.file.seekable()
        return self.is_sought

    def sha256(self):
        if self.is_sought:
            self.file.seek(0)
            return hashlib.file_digest(self.file, "sha256").hexdigest()
        buffer = bytearray(BUFFER)
        while self._readinto(buffer):
            pass
        return self.digest.hexdigest()

    def close(self):
        self.file.close()
        super().close()


class _Guarded(_Peeked):
    """A stream whose errors name the file."""

    def __init__(self, stream, path):
        super().__init__(stream)
        self.path = path

    def _readinto(self, buffer):
        with _damage_named(self.path):
            return self.file.readinto(buffer)


class _damage_named(reading):
    """Around the unpacking of a file: errors of the unpackers become UserErrors too."""

    def __exit__(self, kind, error, trace):
        if error is None or isinstance(error, UserError):
            return
        if isinstance(error, (EOFError, zlib.error)) or _is_unpackers_own(error):
            problem = f"the packed file is cut off or damaged here ({error}); fetch it again"
            raise Damaged(self.path, problem) from error
        super().__exit__(kind, error, trace)


def _is_unpackers_own(error):
    """Whether an error is zipfile's or lzma's, or an OSError of gzip or bz2, which has no number."""
    return type(error).__name__ in ("BadZipFile", "LZMAError") or (isinstance(error, OSError) and error.errno is None)


def _only_file(members, path):
    """The name of the one file of a zip, apart from what systems leave beside it; UserError unless it has one."""
    members = [m for m in members if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
    names = [member.filename for member in members]
    for inside, kind in ZIP_KINDS.items():
        if len(names) > 1 and any(name == inside or name.endswith("/" + inside) for name in names):
            raise UserError(f"{path}: {kind}, not text; save what it holds as text, such as CSV")
    if len(names) > 1 and all(name.endswith(".npy") for name in names):
        raise UserError(f"{path}: a NumPy archive (.npz), not text; save what it holds as text")
    if len(names) > 1:
        shown = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
        raise UserError(f"{path}: a zip with {len(names)} files in it ({shown}); unpack it and give one of them")
    if not names:
        raise UserError(f"{path}: a zip with no file in it; fetch it again")
    return names[0]


def _refuse_other_packers(head, path):
    for mark, (name, command) in NOT_UNPACKED.items():
        if head.startswith(mark):
            raise UserError(f"{path}: packed with {name}, which is not read; unpack it first, with `{command}`")
    if head[TAR_MARK_AT:].startswith(TAR_MARK):
        raise UserError(f"{path}: a tar archive; unpack it first, with `tar -xf`, and give a file of it")
