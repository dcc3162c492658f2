"""Writes compose_table.c, the tables of compose.c, from Python's unicodedata: python kernels/runtime/make_unicode.py

The tables hold the Basic Multilingual Plane but for Hangul, which is computed, and the CJK compatibility ideographs,
which would take 2 KB of flash. A capital whose small letter is in the table in the same way is left out: compose.c
finds it by the lower-case mapping.
"""

import unicodedata
from collections import defaultdict
from pathlib import Path

PATH = Path(__file__).with_name("compose_table.c")
JOINS_BACK = 255  # class of what is no mark by its combining class, yet changes with the character before it
HANGUL, COMPATIBILITY, SPACES = range(0xAC00, 0xD7A4), range(0xF900, 0xFB00), range(0x2000, 0x2002)

HEADER = """\
/* Made by make_unicode.py from Unicode {version}; do not edit. */

#ifndef EMBDISTILL_NO_COMPOSE

/* Groups of characters that are a base and a mark: the number of characters; the upper and the lower byte of the mark;
 * the upper byte of the bases; that of the characters; then of each the lower byte of its base, and its own. */
"""
APART = """
/* In the same way, characters that are always taken apart; those that stand for one other character have mark 0. */
"""
CLASSES = """
/* Canonical combining classes that are not 0, 255 for what joins the character before it without being a mark: for each
 * block of 256 codes its upper byte and the number of ranges, then for each range the lower byte of its first code, its
 * length, and the class. */
"""


def decompositions() -> dict[int, tuple[int, int]]:
    """Code -> (base, mark) for every canonical decomposition of the tables; mark 0 for one into a single character."""
    found = {}
    for code in range(0x10000):
        parts = unicodedata.decomposition(chr(code))
        if parts and parts[0] != "<" and not any(code in left for left in (HANGUL, COMPATIBILITY, SPACES)):
            base, *mark = (int(part, 16) for part in parts.split())
            found[code] = base, *(mark or [0])
    return found


def is_composed(code: int) -> bool:
    """Whether NFC keeps the character."""
    return unicodedata.normalize("NFC", chr(code)) == chr(code)


def groups(composed: bool) -> dict[tuple, list[tuple[int, int]]]:
    """(mark, upper byte of the bases, of the characters) -> lower bytes of base and character.

    composed: of the characters that NFC keeps, or of those that it takes apart.
    """
    found, made = decompositions(), defaultdict(list)
    for code, (base, mark) in found.items():
        small = ord(chr(code).lower()) if len(chr(code).lower()) == 1 else code
        is_derived = composed and small != code and found.get(small) == (ord(chr(base).lower()), mark)
        if is_composed(code) == composed and not is_derived:
            made[mark, base >> 8, code >> 8].append((base & 255, code & 255))
    return dict(sorted(made.items()))


def group_bytes(composed: bool) -> bytes:
    made = bytearray()
    for (mark, base_block, block), pairs in groups(composed).items():
        made += bytes([len(pairs), mark >> 8, mark & 255, base_block, block])
        made += bytes(byte for pair in pairs for byte in pair)
    return bytes(made)


def class_bytes() -> bytes:
    found = decompositions()
    joining = {mark for code, (_, mark) in found.items() if mark and is_composed(code)}
    joining |= {code for code, (base, _) in found.items() if unicodedata.combining(chr(base))}
    blocks = defaultdict(list)
    for code in range(0x10000):
        class_ = unicodedata.combining(chr(code)) or (JOINS_BACK if code in joining else 0)
        ranges = blocks[code >> 8]
        if ranges and ranges[-1][2] == class_ and ranges[-1][0] + ranges[-1][1] == code & 255:
            ranges[-1][1] += 1
        elif class_:
            ranges.append([code & 255, 1, class_])
    return b"".join(bytes([block, len(r), *(byte for item in r for byte in item)]) for block, r in blocks.items() if r)


def array(name: str, content: bytes) -> str:
    rows = (", ".join(map(str, content[i : i + 22])) for i in range(0, len(content), 22))
    return f"static const unsigned char {name}[] EMBDISTILL_CONSTANT = {{\n    " + ",\n    ".join(rows) + "};\n"


def source() -> str:
    """The C source of the tables."""
    version = unicodedata.unidata_version.split(".")[0]
    return "".join(
        [
            HEADER.format(version=version),
            array("compositions", group_bytes(True)),
            APART,
            array("taken_apart", group_bytes(False)),
            CLASSES,
            array("mark_classes", class_bytes()),
            "\n#endif\n",
        ]
    )


if __name__ == "__main__":
    PATH.write_text(source(), encoding="utf-8")
