"""Vector files packed with gzip that are cut off or damaged."""

import gzip

import numpy as np
import pytest

from conftest import put
from vector_helpers import WRITERS, error_of, large, loaded


@pytest.mark.parametrize("kind", WRITERS)
def test_a_gzip_file_cut_off_anywhere_is_refused(tmp_path, kind):
    words, content = large(kind)
    packed = gzip.compress(content)
    cuts = [*range(20), *np.linspace(20, len(packed) - 9, 60).astype(int), *range(len(packed) - 9, len(packed))]
    for cut in cuts:
        path = put(tmp_path, packed[:cut])
        assert error_of(path, {"absent"}).startswith(f"{path}:"), cut
    assert loaded(put(tmp_path, packed))[0] == words


def test_a_cut_off_gzip_file_of_text_is_named_with_its_line(tmp_path):
    packed = gzip.compress(large("glove", 5000, 50)[1])
    path = put(tmp_path, packed[: len(packed) // 2])
    place, problem, _ = error_of(path, {"word1"}).partition(": the packed file is cut off or damaged here")
    assert problem
    place, _, number = place.rpartition(":")
    assert place == str(path)
    assert 1000 < int(number) < 4000


@pytest.mark.parametrize("kind", WRITERS)
def test_a_damaged_gzip_file_is_refused(tmp_path, kind):
    packed = gzip.compress(large(kind)[1])
    for at in np.linspace(10, len(packed) - 1, 60).astype(int):  # the head before it has no checksum
        damaged = bytearray(packed)
        damaged[at] ^= 0x10
        path = put(tmp_path, bytes(damaged))
        assert error_of(path).startswith(f"{path}:"), at
