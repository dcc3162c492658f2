"""Where lines end, and bytes that are not UTF-8."""

import pytest

from corpus_helpers import BOM, complaint, rows
from embdistill.data.corpora import read_corpus


def test_lines_of_spaces_and_tabs_are_blank(write):
    corpus = read_corpus(write(" \t\n__label__x a\n\t\r\n__label__y b\n   "))
    assert rows(corpus) == [("x", "a", 2), ("y", "b", 4)]
    assert corpus.notes == [f"{corpus.path}: blank lines left out: 3"]


def test_only_the_first_byte_order_mark_is_dropped(write):
    assert rows(read_corpus(write(BOM + b"__label__x " + BOM + b"a\n" + b"__label__x b" + BOM))) == [
        ("x", "\ufeffa", 1),
        ("x", "b\ufeff", 2),
    ]


SEPARATORS = ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\r"]


@pytest.mark.parametrize("separator", SEPARATORS, ids=ascii)
def test_lines_end_at_lf_and_crlf_alone(separator, write):
    text = f"a{separator}b"
    assert rows(read_corpus(write(f"__label__x {text}\n__label__y c\n"))) == [("x", text, 1), ("y", "c", 2)]
    assert rows(read_corpus(write(f"DESC:def {text}\nHUM:ind c\n"))) == [("DESC", text, 1), ("HUM", "c", 2)]
    assert rows(read_corpus(write(f'text,label\n"{text}",x\n', "t.csv"))) == [("x", text, 2)]
    if separator in "\x85\u2028\u2029":  # JSON allows these in a string as they are
        assert rows(read_corpus(write(f'{{"text":"{text}","label":"x"}}\n', "t.jsonl"))) == [("x", text, 1)]
    write(f"{text}\nc\n", "p.pos")
    assert rows(read_corpus(write("d\n", "p.neg"))) == [
        ("positive", text, 1),
        ("positive", "c", 2),
        ("negative", "d", 1),
    ]


def test_lines_that_are_not_utf8_are_windows_1252(write):
    """Line by line: a sound line beside a bad one stays UTF-8. All 128 bytes above ASCII are kept."""
    high = bytes(range(0x80, 0x100))
    undefined = b"\x81\x8d\x8f\x90\x9d"  # stay control characters
    windows_1252 = "".join(chr(byte) if byte in undefined else bytes([byte]).decode("cp1252") for byte in high)
    corpus = read_corpus(write(b"__label__x caf\xe9\x85\n__label__x " + "café".encode() + b"\n__label__x " + high))
    assert rows(corpus) == [("x", "café…", 1), ("x", "café", 2), ("x", windows_1252, 3)]
    assert corpus.notes == [f"{corpus.path}: lines not all in UTF-8, the rest read as Windows-1252: 2"]


@pytest.mark.parametrize("bom_and_crlf", [False, True])
def test_line_of_an_error_does_not_depend_on_line_ends(bom_and_crlf, write):
    content = b"__label__x a\n\n__label__x \xe9\nbad\n"
    if bom_and_crlf:
        content = BOM + content.replace(b"\n", b"\r\n")
    assert complaint(write(content)).startswith(":4: no label; ")
