"""Bytes to text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embdistill.data.encoding import Decoded, decode
from embdistill.errors import UserError


@pytest.mark.parametrize(
    ("mark", "codec", "encoding"),
    [
        (b"", "utf-8", "UTF-8"),
        (b"\xef\xbb\xbf", "utf-8", "UTF-8"),
        (b"\xff\xfe", "utf-16-le", "UTF-16"),
        (b"\xfe\xff", "utf-16-be", "UTF-16"),
        (b"\xff\xfe\0\0", "utf-32-le", "UTF-32"),
        (b"\0\0\xfe\xff", "utf-32-be", "UTF-32"),
    ],
)
def test_marks(mark, codec, encoding):
    text = "a\r\nb ü \u2028 \U0001f600\n\ufeff"
    decoded = decode(mark + text.encode(codec), "t.txt")
    assert decoded == Decoded(text, encoding)
    assert decoded.note == (None if encoding == "UTF-8" else f"read as {encoding}, as its byte order mark says")
    assert decode(mark, "t.txt").text == ""


@given(st.binary())
def test_every_byte_is_read(content):
    """Valid UTF-8 is UTF-8; each other byte is one character."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff", b"\0\0") or b"\0" in content:
        return
    text, _, others = decode(content, "t.txt")
    read = content.removeprefix(b"\xef\xbb\xbf").decode(errors="surrogateescape")
    assert len(text) == len(read)
    for character, escaped in zip(text, read, strict=True):
        byte = ord(escaped) - 0xDC00
        if not 0x80 <= byte <= 0xFF:
            assert character == escaped
        else:
            assert character.encode("cp1252" if byte not in b"\x81\x8d\x8f\x90\x9d" else "latin-1") == bytes([byte])
    bad = sum(any("\udc80" <= character <= "\udcff" for character in line) for line in read.split("\n"))
    assert others == bad


def test_windows_1252_is_said():
    assert decode(b"\x80\nok\n\x93a\x94 \xff\n", "t.txt").text == "€\nok\n“a” ÿ\n"
    note = "lines not all in UTF-8, the rest read as Windows-1252: 2"
    assert decode(b"\x80\nok\n\x93a\x94 \xff\n", "t.txt").note == note


@pytest.mark.parametrize("content", [b"a\0b", b"text\0,label\nabcd efgh ijkl\0\n" * 9, b"\0\0\0", b"a b c d e \0 f\0"])
def test_some_nuls_are_control_characters(content):
    assert len(content) < 4 or decode(content, "t.txt").text == content.decode()


def test_some_nuls_beside_windows_1252():
    found = decode(b"where is it\n" * 9 + b"\0a\0b\0c\n" + b"caf\xe9\n", "t.txt")
    assert found.text.endswith("\0a\0b\0c\ncafé\n") and found.other_lines == 1


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_of_another_script_without_a_mark(codec):
    with pytest.raises(UserError, match="NUL bytes as UTF-16"):
        decode(("打开客厅里的灯。\n今天天气怎么样？\n播放音乐。\n" * 9).encode(codec), "t.txt")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_nuls_of_utf16_without_a_mark(codec):
    name = codec.upper().replace("-LE", "LE").replace("-BE", "BE")
    with pytest.raises(UserError) as caught:
        decode("turn on the lamp\nplay\n".encode(codec), "t.txt")
    problem = f"t.txt: has NUL bytes as {name} without a byte order mark has them"
    assert str(caught.value) == f"{problem}; save it as UTF-8, for example with `iconv -f {name} -t UTF-8`"


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"\xff\xfea\0\n\0b", 2), (b"\xff\xfea\0\x00\xd8b\0", 1), (b"\xff\xfe\0\0a\0\0\0\xff\xff\xff\xff", 1)],
)
def test_damaged_utf16_is_named_with_its_line(content, line):
    with pytest.raises(
        UserError, match=rf"^t\.txt:{line}: not UTF-(16|32), though it begins so \(.+\); save it as UTF-8$"
    ):
        decode(content, "t.txt")
