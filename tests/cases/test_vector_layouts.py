"""Other layouts of the same vectors."""

import bz2
import codecs
import gzip
import lzma

import numpy as np
import pytest

from archive_helpers import zipped
from conftest import put
from embdistill.data.vectors import load_vectors, open_vectors
from glove_helpers import GLOVE, HEADER, LINES, VALUES, WORDS, notes_of

TABLE = b"\n".join(b'"' + line.replace(b" ", b'" ', 1) for line in LINES) + b"\n"
COLUMNS = " ".join(f"V{i}" for i in range(20)).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xef\xbb\xbf" + HEADER + GLOVE, []),
        (HEADER.replace(b" ", b"\t") + GLOVE.replace(b" ", b"\t"), []),
        (GLOVE.replace(b" ", b" \t "), []),
        (GLOVE.replace(b" ", b"\t", 1), []),
        (b"".join(b"  " + line + b"\t\r\n" for line in LINES), []),
        (TABLE, ['the " around the words taken off']),
        (TABLE.replace(b'"', b"'"), ["the ' around the words taken off"]),
        (COLUMNS + b"\n" + GLOVE, ["line 1 names the columns, passed over"]),
        (b"word " + COLUMNS + b"\n" + GLOVE, ["line 1 names the columns, passed over"]),
        (
            b"word\t" + b"\t".join(b"%d" % i for i in range(20)) + b"\n" + GLOVE,
            ["line 1 names the columns, passed over"],
        ),
        (codecs.BOM_UTF16_LE + GLOVE.decode().encode("utf-16-le"), ["read as UTF-16"]),
        (codecs.BOM_UTF16_BE + (HEADER + GLOVE).decode().encode("utf-16-be"), ["read as UTF-16"]),
        (GLOVE.replace(b"\n", b"\r"), ["its lines end in CR alone"]),
        (bz2.compress(GLOVE), []),
        (lzma.compress(HEADER + GLOVE), []),
        (zipped({"folder/glove": GLOVE, "__MACOSX/folder/._glove": b"x"}), []),
        (zipped({"glove": gzip.compress(GLOVE)}), []),
        (b"50 20\n" + GLOVE, ["its header promises 50 words, 66 are there; it may be put together"]),
    ],
)
def test_other_layouts_of_the_same_vectors(tmp_path, content, said):
    assert notes_of(put(tmp_path, content)) == ["rows read: 66", *said]


def test_only_wanted_words_of_other_layouts(tmp_path):
    for content in (TABLE, GLOVE.replace(b" ", b"\t"), b"\xef\xbb\xbf" + GLOVE):
        words, values = load_vectors(open_vectors(put(tmp_path, content)), {WORDS[0], "lamp", "absent"})
        assert words == [WORDS[0], "lamp"]
        np.testing.assert_array_equal(values, VALUES[[0, WORDS.index("lamp")]])


def test_quotes_inside_quoted_words(tmp_path):
    lines = '"the" 1 2\n"say ""hi""" 3 4\n"5\\" wide" 5 6\n"""" 7 8\n'
    words = ["the", 'say "hi"', '5" wide', '"']
    path = put(tmp_path, lines)
    assert load_vectors(open_vectors(path))[0] == words
    for word in words:
        assert load_vectors(open_vectors(path), {word})[0] == [word]


def test_words_that_are_quotes_are_no_quoting(tmp_path):
    path = put(tmp_path, "\" 1 2\nthe 3 4\n'' 5 6\n'a' 7 8\n")
    assert load_vectors(open_vectors(path))[0] == ['"', "the", "''", "'a'"]


def test_phrases_with_tabs_between_the_numbers(tmp_path):
    path = put(tmp_path, "the\t1\t2\t3\nNew York\t4\t5\t6\na\t7\t8\t9\n")
    words, values = load_vectors(open_vectors(path), {"New York", "a"})
    assert words == ["New York", "a"]
    np.testing.assert_array_equal(values, [[4, 5, 6], [7, 8, 9]])
