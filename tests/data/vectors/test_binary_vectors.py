"""word2vec's binary format."""

import numpy as np
import pytest

from conftest import put
from embdistill.errors import UserError
from vector_helpers import BINARIES, VALUES, WORDS, _binary, error_of, loaded, made, many


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", BINARIES)
def test_a_binary_record_with_a_value_that_is_not_finite_is_named(tmp_path, kind, value):
    values = VALUES.copy()
    values[2, 4] = value
    path = made(tmp_path, kind, WORDS, values)
    assert error_of(path).startswith(f"{path}: record 3 ")


@pytest.mark.parametrize("kind", BINARIES)
def test_a_binary_file_cut_off_anywhere_is_refused(tmp_path, kind):
    content = BINARIES[kind]()
    whole = len(content) - (kind == "binary")  # without the last newline all records are there
    accepted = []
    for cut in range(whole):
        path = put(tmp_path, content[:cut])
        try:
            loaded(path)
            accepted.append(cut)
        except UserError as error:
            assert str(error).startswith(f"{path}:") and "\n" not in str(error)
    assert accepted == []
    assert loaded(put(tmp_path, content[:whole]))[0] == WORDS


def test_the_record_in_which_a_binary_file_ends_is_named(tmp_path):
    path = put(tmp_path, _binary()[:-10])
    assert error_of(path).startswith(f"{path}: ends in record 5 of 5")


@pytest.mark.parametrize("kind", BINARIES)
def test_a_binary_header_that_promises_too_many_records_is_refused(tmp_path, kind):
    path = put(tmp_path, BINARIES[kind]().replace(b"5 6\n", b"9 6\n"))
    assert error_of(path).startswith(f"{path}: ends in record 6 of 9")


@pytest.mark.parametrize("kind", BINARIES)
def test_a_binary_file_with_more_than_its_header_promises_is_refused(tmp_path, kind):
    path = put(tmp_path, BINARIES[kind]().replace(b"5 6\n", b"3 6\n"))
    assert error_of(path).startswith(f"{path}: ")


@pytest.mark.parametrize("kind", BINARIES)
def test_records_across_the_borders_of_what_is_read_at_a_time(tmp_path, kind):
    words, values = many()
    found, rows, _ = loaded(made(tmp_path, kind, words, values))
    assert found == words
    np.testing.assert_array_equal(rows, values)
