"""Compiled kernels on disk behind checksums, so that a file that is cut off or altered is made again, and not executed.

Numba's own files are pickled machine code, which it takes as they are.
"""

import contextlib
import hashlib
import pickle

from numba.core.caching import IndexDataCacheFile

DIGEST = hashlib.sha256().digest_size


def make_sound(dispatcher) -> None:
    """Let a compiled function with a cache keep what it compiles in a _SoundFile."""
    file = dispatcher._cache._cache_file
    base = file._index_name.removesuffix(".nbi")
    dispatcher._cache._cache_file = _SoundFile(file._cache_path, base, file._source_stamp)


class _SoundFile(IndexDataCacheFile):
    """An index of the signatures that are compiled, and a file for each. Where they cannot be written, none is kept."""

    def save(self, key, data):
        with contextlib.suppress(OSError):  # this run has compiled it; the next one does so again
            super().save(key, data)

    def _save_index(self, overloads):
        self._write(self._index_path, (self._version, self._source_stamp, overloads))

    def _load_index(self):
        try:
            version, stamp, overloads = self._read(self._index_path)
        except OSError:
            return {}
        return overloads if (version, stamp) == (self._version, self._source_stamp) else {}

    def _save_data(self, name, data):
        self._write(self._data_path(name), data)

    def _load_data(self, name):
        return self._read(self._data_path(name))  # Numba takes an OSError for a file that is gone

    def _write(self, path, value):
        content = self._dump(value)
        with self._open_for_write(path) as file:
            file.write(hashlib.sha256(content).digest() + content)

    def _read(self, path):
        """What _write wrote; OSError if it is not all there."""
        with open(path, "rb") as file:
            digest, content = file.read(DIGEST), file.read()
        if hashlib.sha256(content).digest() != digest:
            raise OSError(f"{path} is damaged")
        return pickle.loads(content)
