"""What the tests of our HDF5 files share: files that are changed and then refused."""

import h5py
import pytest

from conftest import put
from embdistill.errors import FormatError
from embdistill.storage import userblock


def refused(read, path) -> str:
    """The one line with which a file is refused."""
    with pytest.raises(FormatError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def edited(folder, content, change):
    """A file changed by `change(h5py.File)`, with a checksum that fits again."""
    path = put(folder, content)
    with h5py.File(path, "r+") as file:
        change(file)
    userblock.seal(path)
    return path


# Changes for `edited`.


def replaced(name, value):
    def change(file):
        del file[name]
        file[name] = value

    return change


def without(name):
    return lambda file: file.__delitem__(name)


def as_group(name):
    def change(file):
        del file[name]
        file.create_group(name)

    return change
