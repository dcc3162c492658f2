"""Texts from a stream, a line each, as they come; nothing heavy is imported, since `predict` starts with this."""

import codecs
from collections.abc import Iterator

from embdistill.errors import UserError, located

BLOCK = 1 << 16  # bytes read at most at once
UTF8_MARK = codecs.BOM_UTF8
MARKS = (UTF8_MARK, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
PACKED = (b"\x1f\x8b", b"BZh91AY&SY", b"\xfd7zXZ\0", b"PK\x03\x04")


def available_lines(stream, name: str, say) -> Iterator[list[bytes]]:
    """The lines that can be read without waiting, as lists of UTF-8 or of what else their bytes are, without LF.

    A slow stream thus comes line by line. What follows the last LF is a line if it is not empty. A byte order mark is
    passed over; under one of UTF-16 or UTF-32 the lines become UTF-8, and say(note) is called once.
    stream: binary, with read1. name: for messages. UserError for packed bytes and for what is not in the encoding that
    its mark names.
    """
    line = []  # parts of a line whose end has not come, joined once: to join them at each block takes quadratic time
    for block in _utf8(stream, name, say):
        first, *others = block.split(b"\n")
        line.append(first)
        if others:
            yield [b"".join(line), *others[:-1]]
            line = others[-1:]
    if rest := b"".join(line):
        yield [rest]


def _utf8(stream, name, say):
    """The blocks of a stream, in UTF-8 if its mark is that of UTF-16 or UTF-32."""
    head = stream.read1(BLOCK)
    while any(mark.startswith(head) and mark != head for mark in MARKS + PACKED) and (more := stream.read1(BLOCK)):
        head += more
    if head.startswith(PACKED):
        raise UserError(f"{name}: packed; unpack it on the way, as in `gzip -dc FILE |`, or name it with --input")
    if head.startswith(MARKS[1:]):
        return _decoded(head, stream, name, say)
    if b"\0" in head:
        from embdistill.data.encoding import decode

        whole_lines = head[: head.rfind(b"\n") + 1]
        decode(whole_lines, name)  # for its UserError, if this is UTF-16 without a mark
    return _blocks(head.removeprefix(UTF8_MARK), stream)


def _blocks(block, stream):
    yield block
    while block := stream.read1(BLOCK):
        yield block


def _decoded(head, stream, name, say):
    from embdistill.data.encoding import MARKS, Decoded

    mark = next(mark for mark in MARKS if head.startswith(mark))
    encoding, codec = MARKS[mark]
    say(f"{name}: {Decoded('', encoding).note}")
    decoder, line = codecs.getincrementaldecoder(codec)(), 1
    try:
        for block in _blocks(head[len(mark) :], stream):
            text = decoder.decode(block)
            line += text.count("\n")
            yield text.encode()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line += error.object[: error.start].decode(codec).count("\n")
        problem = f"not {encoding}, though it begins so ({error.reason}); save it as UTF-8"
        raise UserError(located(name, line, problem)) from error
