"""A plain reader of .edm images, and a writer of single sections, after docs/edm.md."""

import struct
import zlib

import numpy as np


def sections(image: bytes) -> dict[str, bytes]:
    """The sections by name; everything that the format promises is asserted."""
    assert image[:8] == b"\x89EDM\r\n\x1a\n"
    version, size, count, crc = struct.unpack_from("<4I", image, 8)
    assert version in (1, 2, 3) and size == len(image) and 1 <= count <= 32
    assert crc == zlib.crc32(image[:20] + image[24 : 24 + 16 * count])
    found, end = {}, 24 + 16 * count
    for i in range(count):
        name, offset, length, crc = struct.unpack_from("<4s3I", image, 24 + 16 * i)
        assert offset % 16 == 0 and 0 <= offset - end < 16 and not any(image[end:offset])
        end = offset + length
        assert zlib.crc32(image[offset:end]) == crc and name.decode() not in found
        found[name.decode()] = image[offset:end]
    assert end == len(image) and version == version_of(found)
    return found


def version_of(sections) -> int:
    """The version that an image of these sections has: the least that knows them."""
    return 3 if "INTS" in sections else 2 if {"CORR", "SPEL", "SUBW"} & set(sections) else 1


def matrix(section: bytes, axis: int) -> np.ndarray:
    """The values (rows, columns) float32 that a matrix stands for; axis of the scales: 0 a row, 1 a column."""
    dtype, rows, columns, unit = struct.unpack_from("<3If", section)
    if dtype == 0:
        assert unit == 0 and len(section) == 16 + 4 * rows * columns
        return np.frombuffer(section, "<f4", offset=16).reshape(rows, columns)
    values, scales = integers(section)
    assert len(scales) == (rows, columns)[axis]
    return values * np.float32(unit) * np.expand_dims(scales, 1 - axis).astype(np.float32)


def integers(section: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The values (rows, columns) of a matrix of int8, or of int4 times 16, and the scales."""
    dtype, rows, columns, _ = struct.unpack_from("<3If", section)
    assert dtype in (1, 4)
    across = columns if dtype == 1 else (columns + 1) // 2
    values = np.frombuffer(section, np.int8, rows * across, offset=16).reshape(rows, across).astype(int)
    if dtype == 4:  # in two's complement, of four bits too
        low, high = values % 16, values // 16
        values = 16 * np.hstack([low - 16 * (low > 7), high])[:, :columns]
    return values, np.frombuffer(section, np.uint8, offset=16 + rows * across)


def word_hash(word: str, seed: int) -> int:
    number = 14695981039346656037 ^ seed
    for byte in word.encode():
        number = (number ^ byte) * 1099511628211 % 2**64
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        number = (number ^ number >> 33) * factor % 2**64
    return number ^ number >> 33


def lookup(section: bytes, word: str) -> int:
    """The row of a word; 0 for an unknown one."""
    words, seed, buckets, short = struct.unpack_from("<4I", section)
    size = 2 if short else 4
    groups = -(-buckets // 32)
    assert short in (0, 1) and len(section) == 16 + 4 * groups + size * words + -(-buckets // 2)
    bases = struct.unpack_from(f"<{groups}I", section, 16)
    remainders = struct.unpack_from(f"<{words}{'H' if short else 'I'}", section, 16 + 4 * groups)
    halves = section[16 + 4 * groups + size * words :]
    sizes = [half >> shift & 15 for half in halves for shift in (0, 4)]
    number = word_hash(word, seed)
    bucket = (number >> 32) * buckets >> 32
    first = bases[bucket // 32] + sum(sizes[bucket // 32 * 32 : bucket])
    for place in range(first, first + sizes[bucket]):
        if remainders[place] == number % 2 ** (8 * size):
            return place + 1
    return 0


def with_section(image, name, content):
    """An image with another content of a section, or with one more, in the version that it then has."""
    return _image(_entries(image) | {name: content})


def without_section(image, name):
    """An image without a section, in the version that it then has."""
    return _image({entry: content for entry, content in _entries(image).items() if entry != name})


def sealed(image):
    """An image with the checksum that its header and table of sections should have."""
    (count,) = struct.unpack_from("<I", image, 16)
    table = image[24 : 24 + 16 * count]
    return image[:20] + struct.pack("<I", zlib.crc32(image[:20] + table)) + image[24:]


def _entries(image):
    (count,) = struct.unpack_from("<I", image, 16)
    entries = [struct.unpack_from("<4sII", image, 24 + 16 * i) for i in range(count)]
    return {entry: image[offset : offset + size] for entry, offset, size in entries}


def _image(sections):
    end, table, body = 24 + 16 * len(sections), b"", b""
    for entry, held in sections.items():
        body += bytes(-end % 16) + held
        table += struct.pack("<4sIII", entry, end + -end % 16, len(held), zlib.crc32(held))
        end += -end % 16 + len(held)
    version = version_of([entry.decode("latin-1") for entry in sections])
    header = b"\x89EDM\r\n\x1a\n" + struct.pack("<III", version, end, len(sections))
    return sealed(header + bytes(4) + table + body)
