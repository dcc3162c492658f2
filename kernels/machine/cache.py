"""Compiled kernels on disk with checksums, so that a file that is cut off or altered is made again, and not executed.

Numba's own files are machine code, which it takes as they are.
"""

import contextlib
import hashlib
import io

from numba.core.caching import IndexDataCacheFile

DIGEST = hashlib.sha256().digest_size


def make_sound(dispatcher) -> None:
    """Let a compiled function with a cache keep what it compiles in a _SoundFile."""
    file = dispatcher._cache._cache_file
    base = file._index_name.removesuffix(".nbi")
    dispatcher._cache._cache_file = _SoundFile(file._cache_path, base, file._source_stamp)


class _SoundFile(IndexDataCacheFile):
    """An index of the signatures that are compiled, and a file for each, which end with their SHA-256.

    Numba reads no further than what it wrote. Where nothing can be written, nothing is kept.
    """

    def save(self, key, data):
        with contextlib.suppress(OSError):  # this run has compiled it; the next one does so again
            super().save(key, data)

    def _load_index(self):
        return super()._load_index() if _is_sound(self._index_path) else {}

    def _load_data(self, name):
        if not _is_sound(self._data_path(name)):
            raise OSError(f"{name} is damaged")  # for Numba, it is gone
        return super()._load_data(name)

    @contextlib.contextmanager
    def _open_for_write(self, filepath):
        content = io.BytesIO()
        yield content
        with super()._open_for_write(filepath) as file:
            file.write(content.getvalue() + hashlib.sha256(content.getvalue()).digest())


def _is_sound(path):
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return False
    return hashlib.sha256(content[:-DIGEST]).digest() == content[-DIGEST:]
