"""Lines of a stream: the same however it is cut into blocks, and as soon as they are there."""

import bz2
import gzip
import lzma
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embdistill.data.stream import available_lines
from embdistill.errors import UserError


class Blocks:
    """A stream that gives its bytes in these blocks."""

    def __init__(self, blocks):
        self.blocks = iter(blocks)

    def read1(self, size):
        return next(self.blocks, b"")


def cut(content, rng):
    while content:
        size = rng.choice([1, 2, 3, 7, 100])
        yield content[:size]
        content = content[size:]


def lines(blocks):
    said = []
    found = [line for some in available_lines(Blocks(blocks), "x", said.append) for line in some]
    return found, said


def expected(text):
    found = text.split("\n")
    return [line.encode() for line in (found if found[-1] else found[:-1])]


texts = st.text(st.sampled_from("a\n\r é☕💡\u2028\ufeff"), max_size=30)


@given(texts, st.integers(0, 1000), st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-32-le"]))
def test_the_lines_do_not_depend_on_the_blocks(text, seed, codec):
    if codec == "utf-8":
        text = text.lstrip("\ufeff")  # which would be a mark
    mark = "\ufeff".encode(codec) if codec not in ("utf-8", "utf-8-sig") else b""
    found, said = lines(cut(mark + text.encode(codec), random.Random(seed)))
    assert found == expected(text)
    assert said == ([] if not mark else [f"x: read as {codec[:6].upper()}, as its byte order mark says"])


@given(st.lists(st.binary(max_size=6), max_size=20), st.integers(0, 1000))
def test_bytes_that_are_no_text_stay_as_they_are(parts, seed):
    content = b"a" + b"\n".join(part.replace(b"\0", b"\1") for part in parts)
    found, said = lines(cut(content, random.Random(seed)))
    assert b"\n".join(found) == content.removesuffix(b"\n") and said == []


def test_a_line_comes_before_the_next_block_is_asked_for():
    asked = []

    def blocks():
        for number in range(3):
            asked.append(number)
            yield b"line %d\nbegun " % number

    found = available_lines(Blocks(blocks()), "x", print)
    assert next(found) == [b"line 0"] and asked == [0]
    assert next(found) == [b"begun line 1"] and asked == [0, 1]
    assert list(found) == [[b"begun line 2"], [b"begun "]]


def test_a_long_line_is_joined_once():
    class Counted(bytes):
        joined = 0

        def __add__(self, other):
            Counted.joined += 1
            return bytes.__add__(self, other)

    found = list(available_lines(Blocks([Counted(b"x" * 100)] * 1000 + [b"\ny"]), "x", print))
    assert found == [[b"x" * 100_000], [b"y"]] and Counted.joined == 0


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("seed", range(3))
def test_packed_bytes_are_refused(pack, seed):
    with pytest.raises(UserError, match=r"^x: packed; unpack it on the way"):
        lines(cut(pack(b"play\n"), random.Random(seed)))


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_refused(codec):
    with pytest.raises(UserError, match=r"^x: has NUL bytes as UTF-16"):
        lines(["turn it on\nplay\n".encode(codec)])


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"a\0\n\0b", 2, "truncated data"),
        (b"a\0\n\0b\0\n\0\x00\xdca\0", 3, "illegal encoding"),
        (b"\x00\xdca\0\n\0", 1, "illegal encoding"),
        (b"\x00\xd8", 1, "unexpected end of data"),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_a_broken_character_is_named_with_its_line(content, line, reason, seed):
    with pytest.raises(UserError, match=rf"^x:{line}: not UTF-16, though it begins so \({reason}\); save it as UTF-8$"):
        lines(cut(b"\xff\xfe" + content, random.Random(seed)))
