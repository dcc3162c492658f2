"""Every format gives the same rows, whatever is wanted of them, and holds only those in memory."""

import gc
import gzip
import hashlib
import tracemalloc
import warnings

import numpy as np
import pytest

from conftest import put
from embdistill.data.prepare import file_record
from embdistill.data.vectors import load_vectors, open_vectors
from fasttext_helpers import write_model
from vector_helpers import DIM, DTYPES, EVERY_FORMAT, VALUES, WORDS, WRITERS, error_of, loaded, made, many

pytestmark = pytest.mark.filterwarnings(
    "error::RuntimeWarning"
)  # a warning would be a second line on the user's terminal


FORMATS = {"glove": "glove", "word2vec": "word2vec", "fasttext": "word2vec"}


@pytest.mark.parametrize("kind", EVERY_FORMAT)
def test_every_format_gives_the_same_words_and_values(tmp_path, kind):
    file = open_vectors(made(tmp_path, kind))
    plain = kind.removesuffix(".gz")
    assert file.format == ("hdf5" if kind in DTYPES else FORMATS.get(plain, "word2vec-binary"))
    assert file.dim == DIM
    words, values = load_vectors(file)
    assert words == WORDS
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, VALUES)
    assert file.counts == {"rows read": len(WORDS)}


@pytest.mark.parametrize("kind", EVERY_FORMAT)
def test_only_wanted_words_come_in_the_order_of_the_file(tmp_path, kind):
    words, values, _ = loaded(made(tmp_path, kind), {"lamp,", "absent", "naïve", "The"})
    assert words == ["naïve", "lamp,"]
    np.testing.assert_array_equal(values, VALUES[[1, 4]])


@pytest.mark.parametrize("kind", EVERY_FORMAT)
def test_no_wanted_word_gives_an_empty_matrix_of_the_right_width(tmp_path, kind):
    words, values, _ = loaded(made(tmp_path, kind), {"absent"})
    assert words == []
    assert values.shape == (0, DIM)


@pytest.mark.parametrize("kind", EVERY_FORMAT)
def test_the_first_of_several_rows_of_a_word_counts(tmp_path, kind):
    path = made(tmp_path, kind, ["the", "a", "the", "a", "the"])
    for wanted, names, left_out in [(None, ["the", "a"], 3), ({"a"}, ["a"], 1)]:
        words, values, counts = loaded(path, wanted)
        assert words == names
        np.testing.assert_array_equal(values, VALUES[[["the", "a"].index(name) for name in names]])
        assert counts == {"rows read": 5, "rows of words met before, left out": left_out}


@pytest.mark.parametrize("kind", ["glove", "binary", "int8"])
def test_rows_can_be_read_again_and_are_counted_anew(tmp_path, kind):
    file = open_vectors(made(tmp_path, kind))
    assert [word for word, _ in file.rows()] == [word for word, _ in file.rows({*WORDS})] == WORDS
    assert file.counts == {"rows read": len(WORDS)}


def test_a_reader_may_stop_early(tmp_path):
    rows = open_vectors(made(tmp_path, "glove.gz")).rows()
    assert next(rows)[0] == "the"
    rows.close()


@pytest.mark.parametrize("kind", EVERY_FORMAT)
def test_no_file_is_left_open(tmp_path, kind):
    path = made(tmp_path, kind)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loaded(path)
        gc.collect()
    assert [str(warning.message) for warning in caught if warning.category is ResourceWarning] == []


def test_record_of_a_file_has_the_digest_of_its_bytes(tmp_path):
    path = made(tmp_path, "glove.gz")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert file_record("vectors", path) == {"role": "vectors", "path": str(path), "sha256": digest}


@pytest.mark.parametrize("kind", WRITERS)
def test_words_not_in_utf8_are_left_out_and_counted(tmp_path, kind):
    content = WRITERS[kind]()
    assert content.count("日本".encode()) == 1
    path = put(tmp_path, content.replace("日本".encode(), b"caf\xe9"))
    words, values, counts = loaded(path)
    assert words == ["the", "naïve", "don't", "lamp,"]
    np.testing.assert_array_equal(values, VALUES[[0, 1, 3, 4]])
    assert counts == {"rows read": 5, "words not in UTF-8, left out": 1}
    words, values, _ = loaded(path, {"lamp,"})
    assert words == ["lamp,"]
    np.testing.assert_array_equal(values, VALUES[4:])


# ---- files without vectors ----


@pytest.mark.parametrize("header", [b"5 6", b"5 6\n", b"400000 300\n"])
def test_a_header_without_rows_is_refused(tmp_path, header):
    path = put(tmp_path, header)
    assert error_of(path).startswith(f"{path}:")


@pytest.mark.parametrize("content", [b"", gzip.compress(b"")], ids=["plain", "gzip"])
def test_an_empty_file_is_refused(tmp_path, content):
    path = put(tmp_path, content)
    assert error_of(path).startswith(f"{path}: no vectors in it")


@pytest.mark.parametrize("content", [b"\n", b"the\n", b"\n\n\n", b"the\na\non\n"])
def test_a_file_without_any_value_is_refused_at_its_first_line(tmp_path, content):
    path = put(tmp_path, content)
    assert error_of(path).startswith(f"{path}:1: no vector on this line")


def test_a_missing_file_is_refused(tmp_path):
    path = tmp_path / "none"
    assert error_of(path).startswith(f"{path}: cannot be read (No such file or directory)")


# ---- memory ----


@pytest.mark.parametrize("kind", ["glove", "glove.gz", "binary-dense"])
def test_the_memory_needed_is_that_of_the_wanted_rows(tmp_path, kind):
    words, values = many()
    wanted = words[137::400]
    path = made(tmp_path, kind, words, values)
    plain_size = sum(map(len, words)) + (10 if kind.startswith("glove") else 4) * values.size
    loaded(path, {wanted[0]})  # so that what the libraries keep for themselves is not counted
    tracemalloc.start()
    try:
        found, rows, counts = loaded(path, frozenset(wanted))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == wanted
    np.testing.assert_array_equal(rows, values[137::400])
    assert counts == {"rows read": len(words)}
    # Unpacking and the binary reader hold some pieces of a megabyte, however many rows there are.
    assert plain_size > 4e6
    assert peak < 3.5e6


# ---- the real vectors ----


def test_the_real_vectors(data):
    path = data / "vectors" / "vectors.300d.txt.gz"
    wanted = {"</s>", ".", "the", "lamp", "don", "embdistill"}
    plain = {}
    with gzip.open(path, "rb") as lines:
        lines_read = 0
        for line in lines:
            lines_read += 1
            fields = line.decode().rstrip("\n").split(" ")
            if fields[0] in wanted and len(fields) == 301:
                plain.setdefault(fields[0], [float(field) for field in fields[1:]])
    assert lines_read == 77_722
    assert {"</s>", ".", "the", "lamp"} <= plain.keys() and "embdistill" not in plain

    file = open_vectors(path)
    assert (file.format, file.dim) == ("glove", 300)
    words, values = load_vectors(file, wanted)
    assert words == list(plain)
    np.testing.assert_array_equal(values, np.array([*plain.values()]).astype(np.float32))
    assert file.counts == {"rows read": 77_722}


@pytest.mark.parametrize("kind", EVERY_FORMAT)
@pytest.mark.parametrize("first", [0, 1, 3, 5, 9])
def test_the_first_rows_come_whatever_their_words(tmp_path, kind, first):
    words, values = load_vectors(open_vectors(made(tmp_path, kind)), {"lamp,", "naïve"}, first)
    rows = [i for i, word in enumerate(WORDS) if i < first or word in ("lamp,", "naïve")]
    assert words == [WORDS[i] for i in rows]
    np.testing.assert_array_equal(values, VALUES[rows])


def test_the_first_words_of_a_fasttext_model(tmp_path, rng):
    names = ["</s>", "the", "lamp", "song", "dark"]
    path = write_model(tmp_path / "model.bin", names, rng.normal(size=(55, DIM)).astype(np.float32))
    whole = dict(zip(*load_vectors(open_vectors(path)), strict=True))
    words, values = load_vectors(open_vectors(path), {"dark", "absent"}, 3)
    assert words == ["</s>", "the", "lamp", "dark", "absent"]
    np.testing.assert_array_equal(values[:4], [whole[word] for word in words[:4]])
