"""The readers of large vectors: every format gives the same rows, and what is not sound is named with its line."""

import gc
import gzip
import hashlib
import struct
import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embdistill.data import vectors
from embdistill.data.dataset import file_record
from embdistill.data.vectors import _vectors, load_vectors, nearest, open_vectors
from embdistill.data.vectors.hdf5_file import write_vectors
from embdistill.errors import UserError

pytestmark = pytest.mark.filterwarnings(
    "error::RuntimeWarning"
)  # a warning would be a second line on the user's terminal

WORDS = ["the", "naïve", "日本", "don't", "lamp,"]
DIM = 6


def _values():
    """Whole multiples of 1/64 up to 127/64, which every format, int8 and float16 among them, can hold exactly."""
    values = np.random.default_rng(7).integers(-126, 127, (len(WORDS), DIM)).astype(np.float32)
    values[range(len(WORDS)), range(len(WORDS))] = [127, -127, 127, -127, 127]
    return values / 64


VALUES = _values()


# ---- the formats, written as their makers write them ----


def _line(word, vector, end=b"\n"):
    return b" ".join([word.encode(), *(f"{value:.6f}".encode() for value in vector)]) + end


def _header(words, values):
    return f"{len(words)} {values.shape[1]}\n".encode()


def _glove(words=WORDS, values=VALUES):
    return b"".join(map(_line, words, values))


def _word2vec(words=WORDS, values=VALUES):
    return _header(words, values) + _glove(words, values)


def _fasttext(words=WORDS, values=VALUES):
    rows = (_line(word, vector, b" \n") for word, vector in zip(words, values, strict=True))
    return _header(words, values) + b"".join(rows)


def _record(word, vector, end):
    word = word if isinstance(word, bytes) else word.encode()
    return word + b" " + struct.pack(f"<{len(vector)}f", *vector) + end


def _binary(words=WORDS, values=VALUES, end=b"\n"):
    """As word2vec.c writes it: a newline after each record."""
    return _header(words, values) + b"".join(_record(*row, end) for row in zip(words, values, strict=True))


def _binary_dense(words=WORDS, values=VALUES):
    """As gensim writes it, and as GoogleNews-vectors has it: no newline between records."""
    return _binary(words, values, b"")


TEXTS = {"glove": _glove, "word2vec": _word2vec, "fasttext": _fasttext}
BINARIES = {"binary": _binary, "binary-dense": _binary_dense}
WRITERS = {**TEXTS, **BINARIES}
FORMATS = {"glove": "glove", "word2vec": "word2vec", "fasttext": "word2vec"}
DTYPES = ["float32", "float16", "int8"]
EVERY_FORMAT = [f"{name}{ending}" for name in WRITERS for ending in ("", ".gz")] + DTYPES


def _file(folder, content, name="vectors"):
    path = folder / name
    path.write_bytes(content)
    return path


def _made(folder, kind, words=WORDS, values=VALUES):
    """A vector file of one of EVERY_FORMAT."""
    if kind in DTYPES:
        path = folder / "vectors.h5"
        write_vectors(path, zip(words, values, strict=True), values.shape[1], kind, {})
        return path
    content = WRITERS[kind.removesuffix(".gz")](words, values)
    return _file(folder, gzip.compress(content) if kind.endswith(".gz") else content)


def _loaded(path, wanted=None):
    """Words, values and counts of a file."""
    file = open_vectors(path)
    words, values = load_vectors(file, wanted)
    return words, values, dict(file.counts)


def _error(path, wanted=None):
    """The one line that opening and reading a file ends with."""
    with pytest.raises(UserError) as caught:
        _loaded(path, wanted)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ---- sound files ----


@pytest.mark.parametrize("kind", EVERY_FORMAT)
def test_every_format_gives_the_same_words_and_values(tmp_path, kind):
    file = open_vectors(_made(tmp_path, kind))
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
    words, values, _ = _loaded(_made(tmp_path, kind), {"lamp,", "absent", "naïve", "The"})
    assert words == ["naïve", "lamp,"]
    np.testing.assert_array_equal(values, VALUES[[1, 4]])


@pytest.mark.parametrize("kind", EVERY_FORMAT)
def test_no_wanted_word_gives_an_empty_matrix_of_the_right_width(tmp_path, kind):
    words, values, _ = _loaded(_made(tmp_path, kind), {"absent"})
    assert words == []
    assert values.shape == (0, DIM)


@pytest.mark.parametrize("kind", EVERY_FORMAT)
def test_the_first_of_several_rows_of_a_word_counts(tmp_path, kind):
    path = _made(tmp_path, kind, ["the", "a", "the", "a", "the"])
    for wanted, names, left_out in [(None, ["the", "a"], 3), ({"a"}, ["a"], 1)]:
        words, values, counts = _loaded(path, wanted)
        assert words == names
        np.testing.assert_array_equal(values, VALUES[[["the", "a"].index(name) for name in names]])
        assert counts == {"rows read": 5, "rows of words met before, left out": left_out}


@pytest.mark.parametrize("kind", ["glove", "binary", "int8"])
def test_rows_can_be_read_again_and_are_counted_anew(tmp_path, kind):
    file = open_vectors(_made(tmp_path, kind))
    assert [word for word, _ in file.rows()] == [word for word, _ in file.rows({*WORDS})] == WORDS
    assert file.counts == {"rows read": len(WORDS)}


def test_a_reader_may_stop_early(tmp_path):
    rows = open_vectors(_made(tmp_path, "glove.gz")).rows()
    assert next(rows)[0] == "the"
    rows.close()


@pytest.mark.parametrize("kind", EVERY_FORMAT)
def test_no_file_is_left_open(tmp_path, kind):
    path = _made(tmp_path, kind)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _loaded(path)
        gc.collect()
    assert [str(warning.message) for warning in caught if warning.category is ResourceWarning] == []


def test_record_of_a_file_has_the_digest_of_its_bytes(tmp_path):
    path = _made(tmp_path, "glove.gz")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert file_record("vectors", path) == {"role": "vectors", "path": str(path), "sha256": digest}


@pytest.mark.parametrize("kind", ["glove", "word2vec"])
def test_words_with_spaces_as_in_glove_840b(tmp_path, kind):
    spaced = ["the", ". . .", "at name@domain.com", "name@domain.com name@domain.com", "lamp,"]
    path = _made(tmp_path, kind, spaced)
    file = open_vectors(path)
    assert file.dim == DIM
    words, values = load_vectors(file)
    assert words == spaced
    np.testing.assert_array_equal(values, VALUES)
    assert file.counts == {"rows read": 5, "words with spaces in them": 3}
    assert f"{path}: 3 words with spaces in them" in file.notes
    words, values, _ = _loaded(path, {". . .", "lamp,"})
    assert words == [". . .", "lamp,"]
    np.testing.assert_array_equal(values, VALUES[[1, 4]])


def test_a_word_with_spaces_may_come_first(tmp_path):
    words, values, _ = _loaded(_made(tmp_path, "glove", [". . .", *WORDS[1:]]))
    assert words == [". . .", *WORDS[1:]]
    np.testing.assert_array_equal(values, VALUES)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("kept", range(DIM))
@pytest.mark.parametrize("kind", TEXTS)
def test_a_short_last_line_is_left_out_and_counted(tmp_path, kind, kept, end):
    content = TEXTS[kind]() + b" ".join([b"cut", *[b"0.5"] * kept]) + end
    words, values, counts = _loaded(_file(tmp_path, content))
    assert words == WORDS
    np.testing.assert_array_equal(values, VALUES)
    assert counts == {"rows read": 5, "short last line, left out": 1}


def test_a_last_line_without_newline_is_read(tmp_path):
    words, values, counts = _loaded(_file(tmp_path, _glove().removesuffix(b"\n")))
    assert words == WORDS
    np.testing.assert_array_equal(values, VALUES)
    assert counts == {"rows read": 5}


@pytest.mark.parametrize("blank", [b"\n", b"\r\n", b" \n", b" "])
@pytest.mark.parametrize("kind", TEXTS)
def test_a_blank_last_line_is_nothing(tmp_path, kind, blank):
    words, values, counts = _loaded(_file(tmp_path, TEXTS[kind]() + blank))
    assert words == WORDS
    np.testing.assert_array_equal(values, VALUES)
    assert counts == {"rows read": 5}


@pytest.mark.parametrize("kind", TEXTS)
def test_lines_may_end_in_crlf(tmp_path, kind):
    words, values, counts = _loaded(_file(tmp_path, TEXTS[kind]().replace(b"\n", b"\r\n")))
    assert words == WORDS
    np.testing.assert_array_equal(values, VALUES)
    assert counts == {"rows read": 5}


@pytest.mark.parametrize("kind", WRITERS)
def test_words_not_in_utf8_are_left_out_and_counted(tmp_path, kind):
    content = WRITERS[kind]()
    assert content.count("日本".encode()) == 1
    path = _file(tmp_path, content.replace("日本".encode(), b"caf\xe9"))
    words, values, counts = _loaded(path)
    assert words == ["the", "naïve", "don't", "lamp,"]
    np.testing.assert_array_equal(values, VALUES[[0, 1, 3, 4]])
    assert counts == {"rows read": 5, "words not in UTF-8, left out": 1}
    words, values, _ = _loaded(path, {"lamp,"})
    assert words == ["lamp,"]
    np.testing.assert_array_equal(values, VALUES[4:])


def test_separators_of_unicode_stay_inside_their_word(tmp_path):
    words = ["a\u00a0b", "c\x85d", "e\u2028f", "g\x1ch", "i\u3000j"]
    assert _loaded(_made(tmp_path, "glove", words))[0] == words


def test_the_number_of_words_in_a_text_header_may_be_wrong(tmp_path):
    """Files shortened with `head`, or put together with `cat`, keep an old header; the lines tell all there is."""
    for promised in (2, 9):
        content = _word2vec().replace(b"5 6\n", b"%d 6\n" % promised)
        words, values, _ = _loaded(_file(tmp_path, content))
        assert words == WORDS
        np.testing.assert_array_equal(values, VALUES)


# ---- lines that are not sound ----

GOOD = [f"{value:.6f}" for value in VALUES[0]]
BAD_COUNTS = {
    "no value": ("bad", "0 values, not 6"),
    "too few": (f"bad {' '.join(GOOD[1:])}", "5 values, not 6"),
    "too many": (f"bad {' '.join(GOOD)} 0.5", "7 values, not 6"),
    "far too many": (f"bad {' '.join(GOOD * 2)}", "12 values, not 6"),
    "blank": ("", "0 values, not 6"),
}
BAD_VALUES = {
    "word": "0.5x",
    "nothing but a sign": "-",
    "comma": "0,5",
    "empty": "",
    "hexadecimal": "0x3",
    "not UTF-8": "\udcff",
    "nan": "nan",
    "NaN": "NaN",
    "inf": "inf",
    "-inf": "-inf",
    "Infinity": "Infinity",
    "1e39": "1e39",
    "-1e39": "-1e39",
    "1e400": "1e400",
}


def _with_line(kind, at, line):
    """A sound text file of which row `at` is another line."""
    rows = TEXTS[kind]().split(b"\n")
    rows[at + (kind != "glove")] = line.encode(errors="surrogateescape")
    return b"\n".join(rows)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("bad", BAD_COUNTS)
@pytest.mark.parametrize("kind", TEXTS)
def test_a_line_with_another_number_of_values_is_named_whether_wanted_or_not(tmp_path, kind, bad, packed):
    line, problem = BAD_COUNTS[bad]
    content = _with_line(kind, 2, line)
    path = _file(tmp_path, gzip.compress(content) if packed else content)
    number = 3 if kind == "glove" else 4
    for wanted in (None, {"lamp,"}):
        assert _error(path, wanted).startswith(f"{path}:{number}: {problem}")


@pytest.mark.parametrize(
    ("bad", "place"),  # a line that ends in an empty value is one value short
    [(bad, place) for bad, text in BAD_VALUES.items() for place in (0, 3, DIM - 1) if text or place < DIM - 1],
)
@pytest.mark.parametrize("kind", TEXTS)
def test_a_value_that_is_no_finite_number_is_named_with_its_line(tmp_path, kind, bad, place):
    fields = [*GOOD]
    fields[place] = BAD_VALUES[bad]
    path = _file(tmp_path, _with_line(kind, 2, f"bad {' '.join(fields)}"))
    number = 3 if kind == "glove" else 4
    assert _error(path, {"the", "bad"}).startswith(f"{path}:{number}: ")


@pytest.mark.parametrize("bad", ["too few", "no value", "word", "nan"])
@pytest.mark.parametrize("rows", [len(WORDS), 500])
def test_a_bad_first_row_does_not_pass_a_text_file_off_as_binary(tmp_path, rows, bad):
    line = BAD_COUNTS[bad][0] if bad in BAD_COUNTS else " ".join(["bad", BAD_VALUES[bad], *GOOD[1:]])
    words = [f"word{i}" for i in range(rows)]
    lines = _word2vec(words, VALUES[np.arange(rows) % len(VALUES)]).split(b"\n")
    lines[1] = line.encode()
    path = _file(tmp_path, b"\n".join(lines))
    assert _error(path, {"bad", "word3"}).startswith(f"{path}:2: ")


def test_a_text_header_with_another_dimension_than_its_rows_is_refused(tmp_path):
    for dim in (DIM - 1, DIM + 1):
        path = _file(tmp_path, _word2vec().replace(b"5 6\n", b"5 %d\n" % dim))
        assert _error(path, {"the"}).startswith(f"{path}:2: ")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", BINARIES)
def test_a_binary_record_with_a_value_that_is_not_finite_is_named(tmp_path, kind, value):
    values = VALUES.copy()
    values[2, 4] = value
    path = _made(tmp_path, kind, WORDS, values)
    assert _error(path).startswith(f"{path}: record 3 ")


@pytest.mark.parametrize("wanted", [{"the"}, {"absent"}])
@pytest.mark.parametrize("bad", BAD_COUNTS)
def test_a_bad_line_before_lines_of_unwanted_words_is_named(tmp_path, bad, wanted):
    line, problem = BAD_COUNTS[bad]
    path = _file(tmp_path, _with_line("glove", 2, line))
    assert _error(path, wanted).startswith(f"{path}:3: {problem}")


def test_a_header_that_looks_like_a_row_is_none(tmp_path):
    path = _file(tmp_path, b"3 1\na 0.5\n3 1.5\nb 2\n")
    assert _loaded(path, {"3"}) == (["3"], [[1.5]], {"rows read": 3})
    assert _loaded(path, {"b"}) == (["b"], [[2]], {"rows read": 3})


def test_a_header_with_a_dimension_beyond_all_sizes_is_refused(tmp_path):
    path = _file(tmp_path, _word2vec().replace(b"5 6\n", b"5 %d\n" % 10**30))
    assert _error(path, {"the"}).startswith(f"{path}:2: 6 values, not 1000000")


# ---- blocks of lines ----


@pytest.mark.parametrize("size", [2, 3, 7, 50, 60, 200, 1 << 16])
@pytest.mark.parametrize("kind", [f"{name}{ending}" for name in TEXTS for ending in ("", ".gz")])
def test_it_does_not_matter_where_blocks_end(tmp_path, monkeypatch, kind, size):
    monkeypatch.setattr(vectors, "BLOCK", size)
    for wanted in (None, {"lamp,", "naïve"}, {"absent"}):
        words, values, counts = _loaded(_made(tmp_path, kind), wanted)
        chosen = [i for i, word in enumerate(WORDS) if wanted is None or word in wanted]
        assert words == [WORDS[i] for i in chosen]
        np.testing.assert_array_equal(values, VALUES[chosen])
        assert counts == {"rows read": 5}
    content = _with_line(kind.removesuffix(".gz"), 3, f"lamp, {' '.join(['0.5x', *GOOD[1:]])}")
    path = _file(tmp_path, gzip.compress(content) if kind.endswith(".gz") else content)
    assert _error(path, {"lamp,"}).startswith(f"{path}:{4 if kind.startswith('glove') else 5}: '0.5x' is not a number")


# ---- numbers ----


# Rounding is decided at the middle of two float32 next to each other.
MIDDLES = st.floats(2.0**-70, 2.0**70, width=32).map(lambda x: (x + float(np.nextafter(np.float32(x), np.inf))) / 2)
DECIMALS = st.one_of(
    st.floats(width=32).map(str),
    st.floats().map(repr),
    st.builds("{:.{}f}".format, st.floats(-9, 9), st.integers(0, 30)),
    st.builds("{:.{}e}".format, MIDDLES, st.integers(5, 30)),
    st.builds(np.nextafter, MIDDLES, st.sampled_from([-np.inf, np.inf])).map(lambda x: repr(float(x))),
    st.builds("{}{}.{}".format, st.sampled_from(["", "-", "+"]), st.integers(0), st.integers(0)),
    st.builds("{}e{}".format, st.integers(), st.integers(-60, 60)),
    st.text("0123456789.eE+-_ \t\r\0nainf", max_size=12),
)


@given(st.lists(DECIMALS, min_size=1, max_size=4))
@example(["9007199254740993", "9007199254740993e-22", "18446744073709551615"])
@example(["3.4028235e38", "1e-45", "-0", "1e23", ".5", "5.", "1_0", "1e", "."])
def test_numbers_are_those_of_numpy_to_the_bit_or_left_to_it(fields):
    vector = np.full(len(fields), 7, np.float32)
    line = " ".join(["word", *fields]).encode()
    if _vectors.numbers(line, 5, vector):
        assert line.split(b" ")[1:] == [field.encode() for field in fields]
        assert vector.tobytes() == np.array(fields, np.float32).tobytes()


@pytest.mark.parametrize("style", ["{:.5g}", "{:.6f}", "{:.4e}", "{:.9g}", "{!r}", "{:.0f}"])
def test_numbers_as_they_are_usually_written_are_not_left_to_numpy(style):
    fields = [style.format(float(x)) for x in np.random.default_rng(4).normal(size=300)]
    vector = np.empty(300, np.float32)
    assert _vectors.numbers(" ".join(fields).encode(), 0, vector)
    assert vector.tobytes() == np.array(fields, np.float32).tobytes()


def test_what_c_is_given_may_be_anything():
    vector = np.empty(2, np.float32)
    for at in (-1, 3, 4):
        assert not _vectors.numbers(b"1 2", at, vector)
    for line in (b"", b"1", b"1 2 ", b"1 2 3", b"1 2\0", b"1  2"):
        assert not _vectors.numbers(line, 0, vector)
    assert _vectors.skip(b"a 1\nb 1\nc", 0, 1, {b"x"}) == (2, 8, 0)
    assert _vectors.skip(b"a 1\nb 1 \r\nc 1", 4, 1, {b"c"}) == (1, 10, 1)
    assert _vectors.skip(b"a 1", 0, 1, None) == (0, 0, 1)
    assert _vectors.skip(b"", 0, 1, set()) == (0, 0, 0)
    for lines, at, dim in [(b"a 1", -1, 1), (b"a 1", 4, 1), (b"a 1", 0, 0), (b"a 1", 0, -1)]:
        with pytest.raises(ValueError):
            _vectors.skip(lines, at, dim, set())
    for lines, dim, wanted in [("a 1", 1, set()), (b"a 1", "1", set())]:
        with pytest.raises(TypeError):
            _vectors.skip(lines, 0, dim, wanted)


# ---- files that are not whole ----


@pytest.mark.parametrize("kind", BINARIES)
def test_a_binary_file_cut_off_anywhere_is_refused(tmp_path, kind):
    content = BINARIES[kind]()
    whole = len(content) - (kind == "binary")  # without the last newline all records are there
    accepted = []
    for cut in range(whole):
        path = _file(tmp_path, content[:cut])
        try:
            _loaded(path)
            accepted.append(cut)
        except UserError as error:
            assert str(error).startswith(f"{path}:") and "\n" not in str(error)
    assert accepted == []
    assert _loaded(_file(tmp_path, content[:whole]))[0] == WORDS


def test_the_record_in_which_a_binary_file_ends_is_named(tmp_path):
    path = _file(tmp_path, _binary()[:-10])
    assert _error(path).startswith(f"{path}: ends in record 5 of 5")


@pytest.mark.parametrize("kind", BINARIES)
def test_a_binary_header_that_promises_too_many_records_is_refused(tmp_path, kind):
    path = _file(tmp_path, BINARIES[kind]().replace(b"5 6\n", b"9 6\n"))
    assert _error(path).startswith(f"{path}: ends in record 6 of 9")


@pytest.mark.parametrize("kind", BINARIES)
def test_a_binary_file_with_more_than_its_header_promises_is_refused(tmp_path, kind):
    path = _file(tmp_path, BINARIES[kind]().replace(b"5 6\n", b"3 6\n"))
    assert _error(path).startswith(f"{path}: ")


@pytest.mark.parametrize("header", [b"5 6", b"5 6\n", b"400000 300\n"])
def test_a_header_without_rows_is_refused(tmp_path, header):
    path = _file(tmp_path, header)
    assert _error(path).startswith(f"{path}:")


def _large(kind, rows=300, dim=20):
    """Enough of a vector file that its gzip has several blocks of lines; words and bytes."""
    words = [f"word{i}" for i in range(rows)]
    return words, WRITERS[kind](words, np.random.default_rng(3).normal(size=(rows, dim)).astype(np.float32))


@pytest.mark.parametrize("kind", WRITERS)
def test_a_gzip_file_cut_off_anywhere_is_refused(tmp_path, kind):
    words, content = _large(kind)
    packed = gzip.compress(content)
    cuts = [*range(20), *np.linspace(20, len(packed) - 9, 60).astype(int), *range(len(packed) - 9, len(packed))]
    for cut in cuts:
        path = _file(tmp_path, packed[:cut])
        assert _error(path, {"absent"}).startswith(f"{path}:"), cut
    assert _loaded(_file(tmp_path, packed))[0] == words


def test_a_cut_off_gzip_file_of_text_is_named_with_its_line(tmp_path):
    packed = gzip.compress(_large("glove", 5000, 50)[1])
    path = _file(tmp_path, packed[: len(packed) // 2])
    place, problem, _ = _error(path, {"word1"}).partition(": the gzip file is cut off or damaged here")
    assert problem
    place, _, number = place.rpartition(":")
    assert place == str(path)
    assert 1000 < int(number) < 4000


@pytest.mark.parametrize("kind", WRITERS)
def test_a_damaged_gzip_file_is_refused(tmp_path, kind):
    packed = gzip.compress(_large(kind)[1])
    for at in np.linspace(10, len(packed) - 1, 60).astype(int):  # the head before it has no checksum
        damaged = bytearray(packed)
        damaged[at] ^= 0x10
        path = _file(tmp_path, bytes(damaged))
        assert _error(path).startswith(f"{path}:"), at


@pytest.mark.parametrize("content", [b"", gzip.compress(b"")], ids=["plain", "gzip"])
def test_an_empty_file_is_refused(tmp_path, content):
    path = _file(tmp_path, content)
    assert _error(path).startswith(f"{path}: no vectors in it")


@pytest.mark.parametrize("content", [b"\n", b"the\n", b"\n\n\n", b"the\na\non\n"])
def test_a_file_without_any_value_is_refused_at_its_first_line(tmp_path, content):
    path = _file(tmp_path, content)
    assert _error(path).startswith(f"{path}:1: no vector on this line")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path, reason in [(tmp_path / "none", "No such file or directory"), (tmp_path, "Is a directory")]:
        assert _error(path).startswith(f"{path}: cannot be read ({reason})")


def test_our_hdf5_with_a_damaged_mark_is_not_read_as_text(tmp_path):
    whole = _made(tmp_path, "float32").read_bytes()
    for at in range(16):
        damaged = bytearray(whole)
        damaged[at] ^= 1
        path = _file(tmp_path, bytes(damaged))
        assert _error(path).startswith(f"{path}:"), at


# ---- streaming ----

ROWS, WIDTH = 20_000, 50


@pytest.fixture(scope="module")
def many():
    """20,000 words and vectors of 50 numbers, and the 50 words that are wanted of them."""
    values = np.random.default_rng(5).integers(-999, 1000, (ROWS, WIDTH)).astype(np.float32) / 64
    words = [f"word{i}" for i in range(ROWS)]
    return words, values, words[137 :: ROWS // 50]


@pytest.mark.parametrize("kind", ["glove", "glove.gz", "binary-dense"])
def test_the_memory_needed_is_that_of_the_wanted_rows(tmp_path, many, kind):
    words, values, wanted = many
    path = _made(tmp_path, kind, words, values)
    plain_size = sum(map(len, words)) + (10 if kind.startswith("glove") else 4) * values.size
    _loaded(path, {wanted[0]})  # so that what the libraries keep for themselves is not counted
    tracemalloc.start()
    try:
        found, rows, counts = _loaded(path, frozenset(wanted))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == wanted
    np.testing.assert_array_equal(rows, values[137 :: ROWS // 50])
    assert counts == {"rows read": ROWS}
    # Unpacking and the binary reader hold some pieces of a megabyte, however many rows there are.
    allowed = plain_size / 20 if kind == "glove" else 3.5e6
    assert peak < allowed


@pytest.mark.parametrize("dtype", DTYPES)
def test_wanted_rows_of_our_hdf5_do_not_keep_the_others_in_memory(tmp_path, dtype):
    """The words are in memory, and some thousand rows at a time; not the rows that were passed over."""
    words = [f"word{i}" for i in range(40_000)]
    values = np.ones((len(words), 200), np.float32)
    path = _made(tmp_path, dtype, words, values)
    _loaded(path, {"word0"})
    tracemalloc.start()
    try:
        found = [(word, vector) for word, vector in open_vectors(path).rows(frozenset(words[137::1000]))]
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [word for word, _ in found] == words[137::1000]
    assert kept < 1e6
    assert peak < values.nbytes / 2


@pytest.mark.parametrize("kind", BINARIES)
def test_records_across_the_borders_of_what_is_read_at_a_time(tmp_path, many, kind):
    words, values, _ = many
    found, rows, _ = _loaded(_made(tmp_path, kind, words, values))
    assert found == words
    np.testing.assert_array_equal(rows, values)


# ---- nearest ----


@pytest.mark.parametrize("kind", ["glove", "binary", "float32"])
def test_nearest_gives_the_highest_cosines_best_first(tmp_path, kind):
    values = np.array([[1, 0], [0, 3], [5, 5], [-2, 0], [4, 0], [0, 0], [3, 4]], np.float32)
    path = _made(tmp_path, kind, ["x", "y", "xy", "-x", "4x", "zero", "3x4y"], values)
    found = nearest(open_vectors(path), "x", 10)
    assert [word for word, _ in found] == ["4x", "xy", "3x4y", "y", "zero", "-x"]
    np.testing.assert_allclose([cosine for _, cosine in found], [1, 0.5**0.5, 0.6, 0, 0, -1], atol=1e-6)
    assert nearest(open_vectors(path), "x", 2) == found[:2]


def test_nearest_refuses_a_word_that_the_file_does_not_have(tmp_path):
    path = _made(tmp_path, "glove")
    with pytest.raises(UserError, match="no vector for 'The'"):
        nearest(open_vectors(path), "The")


# ---- the smaller dtypes ----


def _of_all_sizes(rows=500, dim=40):
    """Rows of very different magnitude, one of them zero."""
    rng = np.random.default_rng(11)
    values = (rng.normal(size=(rows, dim)) * 10.0 ** rng.uniform(-30, 30, (rows, 1))).astype(np.float32)
    values[17] = 0
    return [f"word{i}" for i in range(rows)], values


def test_int8_is_at_most_half_a_step_off(tmp_path):
    words, values = _of_all_sizes()
    found, rows, _ = _loaded(_made(tmp_path, "int8", words, values))
    assert found == words
    step = np.abs(values).max(axis=1, keepdims=True).astype(np.float64) / 127
    assert (np.abs(rows.astype(np.float64) - values) <= step * (0.5 + 1e-5)).all()
    assert (rows[17] == 0).all()


def test_int8_of_the_smallest_numbers_does_not_wrap_around(tmp_path):
    """Below 1e-42 the scale of a row has so few bits left that its largest number may come out above 127."""
    values = (np.arange(1, 400)[:, None] * np.array([[1, -1]]) * 2.0**-149).astype(np.float32)
    words = [f"word{i}" for i in range(len(values))]
    rows = _loaded(_made(tmp_path, "int8", words, values))[1]
    assert (np.sign(rows) * np.sign(values) >= 0).all()
    assert (np.abs(rows) <= 2 * np.abs(values)).all()


def test_float16_rounds_to_the_nearest(tmp_path):
    values = np.random.default_rng(2).normal(size=(300, 30)).astype(np.float32)
    words = [f"word{i}" for i in range(300)]
    rows = _loaded(_made(tmp_path, "float16", words, values))[1]
    np.testing.assert_array_equal(rows, values.astype(np.float16).astype(np.float32))


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
