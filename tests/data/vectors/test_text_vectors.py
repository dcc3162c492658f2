"""Vectors as text: odd lines that are read, and lines that are not sound, which are named."""

import gzip

import numpy as np
import pytest

from conftest import put
from embdistill.data.vectors import load_vectors, open_vectors, stream
from vector_helpers import DIM, TEXTS, VALUES, WORDS, _glove, _word2vec, error_of, loaded, made

pytestmark = pytest.mark.filterwarnings(
    "error::RuntimeWarning"
)  # a warning would be a second line on the user's terminal


@pytest.mark.parametrize("kind", ["glove", "word2vec"])
def test_words_with_spaces_as_in_glove_840b(tmp_path, kind):
    spaced = ["the", ". . .", "at name@domain.com", "name@domain.com name@domain.com", "lamp,"]
    path = made(tmp_path, kind, spaced)
    file = open_vectors(path)
    assert file.dim == DIM
    words, values = load_vectors(file)
    assert words == spaced
    np.testing.assert_array_equal(values, VALUES)
    assert file.counts == {"rows read": 5, "words with spaces in them": 3}
    assert f"{path}: words with spaces in them: 3" in file.notes
    words, values, _ = loaded(path, {". . .", "lamp,"})
    assert words == [". . .", "lamp,"]
    np.testing.assert_array_equal(values, VALUES[[1, 4]])


def test_a_word_with_spaces_may_come_first(tmp_path):
    words, values, _ = loaded(made(tmp_path, "glove", [". . .", *WORDS[1:]]))
    assert words == [". . .", *WORDS[1:]]
    np.testing.assert_array_equal(values, VALUES)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("kept", range(DIM))
@pytest.mark.parametrize("kind", TEXTS)
def test_a_short_last_line_is_left_out_and_counted(tmp_path, kind, kept, end):
    content = TEXTS[kind]() + b" ".join([b"cut", *[b"0.5"] * kept]) + end
    words, values, counts = loaded(put(tmp_path, content))
    assert words == WORDS
    np.testing.assert_array_equal(values, VALUES)
    assert counts == {"rows read": 5, "short last line, left out": 1}


def test_a_last_line_without_newline_is_read(tmp_path):
    words, values, counts = loaded(put(tmp_path, _glove().removesuffix(b"\n")))
    assert words == WORDS
    np.testing.assert_array_equal(values, VALUES)
    assert counts == {"rows read": 5}


@pytest.mark.parametrize("blank", [b"\n", b"\r\n", b" \n", b" "])
@pytest.mark.parametrize("kind", TEXTS)
def test_a_blank_last_line_is_nothing(tmp_path, kind, blank):
    words, values, counts = loaded(put(tmp_path, TEXTS[kind]() + blank))
    assert words == WORDS
    np.testing.assert_array_equal(values, VALUES)
    assert counts == {"rows read": 5}


@pytest.mark.parametrize("kind", TEXTS)
def test_lines_may_end_in_crlf(tmp_path, kind):
    words, values, counts = loaded(put(tmp_path, TEXTS[kind]().replace(b"\n", b"\r\n")))
    assert words == WORDS
    np.testing.assert_array_equal(values, VALUES)
    assert counts == {"rows read": 5}


def test_separators_of_unicode_stay_inside_their_word(tmp_path):
    words = ["a\u00a0b", "c\x85d", "e\u2028f", "g\x1ch", "i\u3000j"]
    assert loaded(made(tmp_path, "glove", words))[0] == words


def test_the_number_of_words_in_a_text_header_may_be_wrong(tmp_path):
    """Files shortened with `head`, or put together with `cat`, keep an old header; the lines tell all there is."""
    for promised in (2, 9):
        content = _word2vec().replace(b"5 6\n", b"%d 6\n" % promised)
        words, values, _ = loaded(put(tmp_path, content))
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
    path = put(tmp_path, gzip.compress(content) if packed else content)
    number = 3 if kind == "glove" else 4
    for wanted in (None, {"lamp,"}):
        assert error_of(path, wanted).startswith(f"{path}:{number}: {problem}")


@pytest.mark.parametrize(
    ("bad", "place"),  # a line that ends in an empty value is one value short
    [(bad, place) for bad, text in BAD_VALUES.items() for place in (0, 3, DIM - 1) if text or place < DIM - 1],
)
@pytest.mark.parametrize("kind", TEXTS)
def test_a_value_that_is_no_finite_number_is_named_with_its_line(tmp_path, kind, bad, place):
    fields = [*GOOD]
    fields[place] = BAD_VALUES[bad]
    path = put(tmp_path, _with_line(kind, 2, f"bad {' '.join(fields)}"))
    number = 3 if kind == "glove" else 4
    assert error_of(path, {"the", "bad"}).startswith(f"{path}:{number}: ")


@pytest.mark.parametrize("bad", ["too few", "no value", "word", "nan"])
@pytest.mark.parametrize("rows", [len(WORDS), 500])
def test_a_bad_first_row_does_not_pass_a_text_file_off_as_binary(tmp_path, rows, bad):
    line = BAD_COUNTS[bad][0] if bad in BAD_COUNTS else " ".join(["bad", BAD_VALUES[bad], *GOOD[1:]])
    words = [f"word{i}" for i in range(rows)]
    lines = _word2vec(words, VALUES[np.arange(rows) % len(VALUES)]).split(b"\n")
    lines[1] = line.encode()
    path = put(tmp_path, b"\n".join(lines))
    assert error_of(path, {"bad", "word3"}).startswith(f"{path}:2: ")


def test_a_text_header_with_another_dimension_than_its_rows_is_refused(tmp_path):
    for dim in (DIM - 1, DIM + 1):
        path = put(tmp_path, _word2vec().replace(b"5 6\n", b"5 %d\n" % dim))
        assert error_of(path, {"the"}).startswith(f"{path}:2: ")


@pytest.mark.parametrize("wanted", [{"the"}, {"absent"}])
@pytest.mark.parametrize("bad", BAD_COUNTS)
def test_a_bad_line_before_lines_of_unwanted_words_is_named(tmp_path, bad, wanted):
    line, problem = BAD_COUNTS[bad]
    path = put(tmp_path, _with_line("glove", 2, line))
    assert error_of(path, wanted).startswith(f"{path}:3: {problem}")


def test_a_header_that_looks_like_a_row_is_none(tmp_path):
    path = put(tmp_path, b"3 1\na 0.5\n3 1.5\nb 2\n")
    assert loaded(path, {"3"}) == (["3"], [[1.5]], {"rows read": 3})
    assert loaded(path, {"b"}) == (["b"], [[2]], {"rows read": 3})


def test_a_header_with_a_dimension_beyond_all_sizes_is_refused(tmp_path):
    path = put(tmp_path, _word2vec().replace(b"5 6\n", b"5 %d\n" % 10**30))
    assert error_of(path, {"the"}).startswith(f"{path}:2: 6 values, not 1000000")


@pytest.mark.parametrize("size", [2, 3, 7, 50, 60, 200, 1 << 16])
@pytest.mark.parametrize("kind", [f"{name}{ending}" for name in TEXTS for ending in ("", ".gz")])
def test_it_does_not_matter_where_blocks_end(tmp_path, monkeypatch, kind, size):
    monkeypatch.setattr(stream, "BLOCK", size)
    for wanted in (None, {"lamp,", "naïve"}, {"absent"}):
        words, values, counts = loaded(made(tmp_path, kind), wanted)
        chosen = [i for i, word in enumerate(WORDS) if wanted is None or word in wanted]
        assert words == [WORDS[i] for i in chosen]
        np.testing.assert_array_equal(values, VALUES[chosen])
        assert counts == {"rows read": 5}
    content = _with_line(kind.removesuffix(".gz"), 3, f"lamp, {' '.join(['0.5x', *GOOD[1:]])}")
    path = put(tmp_path, gzip.compress(content) if kind.endswith(".gz") else content)
    assert error_of(path, {"lamp,"}).startswith(
        f"{path}:{4 if kind.startswith('glove') else 5}: '0.5x' is not a number"
    )
