"""Small .edm images and texts where the fuzzers begin, and the images as C for the tests: python3 tests/c/seeds.py FOLDER.

Written by docs/edm.md with the standard library alone, so that the format has a second writer. The seed is fixed: the
bytes are the same every time.
"""

import random
import struct
import sys
import zlib
from pathlib import Path

WORDS = "turn the lamp on off play a song it 's n't dark , . café über水 水 💡 <e1> e1 u.s. 10:30".split()
WORDS += [f"w{i}" for i in range(47)]  # three groups of buckets, the last one short
LABELS = ("light", "музыка", "")
MEAN, CNN, LSTM = range(3)
ENGLISH, WHITESPACE = range(2)
WIDE = 2**64 - 1

TEXTS = [
    b"",
    b"Turn the LAMP on, don't play a song.",
    "„it’s dark“ – `` café '' ÜBER水 水 💡\ufe0f e\u0301".encode(),
    b"the <e1>dark lamp</e1> is off in <e2>a song</e2> .",
    b"<e2>lamp</e2><e1>x</e1>",
    b"<e1></e1> <e2>a</e2>",
    b"u.s. u.s.a.f. i.e. 1,000.50 10:30 o'clock dogs' they'd've y'all'dn't ... -- - '''' `",
    b"\0turn \xff\xfe the \xc3 lamp \xed\xa0\x80 \xf5 \xf0\x9f\x92",
    b"x" * 300 + b" " + "\u023a".encode() * 140 + b" lamp",
    b"turn on w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12 w13 w14 w15 w16 w17 w18 w19 w20 w21 w22",
]


def word_hash(word: bytes, seed: int) -> int:
    hashed = 14695981039346656037 ^ seed
    for byte in word:
        hashed = (hashed ^ byte) * 1099511628211 & WIDE
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        hashed = (hashed ^ hashed >> 33) * factor & WIDE
    return hashed ^ hashed >> 33


def word_index(words: list[bytes], buckets: int, seed: int) -> bytes:
    places = sorted((hashed * buckets >> 32, low) for hashed, low in (divmod(word_hash(w, seed), 2**32) for w in words))
    sizes = [0] * (buckets + buckets % 2)
    for bucket, _ in places:
        sizes[bucket] += 1
    assert max(sizes) <= 15 and len(set(places)) == len(words)
    bases = [sum(sizes[:group]) for group in range(0, buckets, 32)]
    halves = bytes(even | odd << 4 for even, odd in zip(sizes[::2], sizes[1::2], strict=True))
    header = struct.pack("<4I", len(words), seed, buckets, 0)
    return header + struct.pack(f"<{len(bases) + len(words)}I", *bases, *(low for _, low in places)) + halves


class Weights:
    """Random matrices, all of one dtype but the biases."""

    def __init__(self, dtype: str):
        self.random = random.Random(4)
        self.dtype = dtype

    def bias(self, columns: int) -> bytes:
        return struct.pack(f"<3If{columns}f", 0, 1, columns, 0, *self._normal(columns))

    def matrix(self, rows: int, columns: int, scales: int) -> bytes:
        """scales: how many an int8 matrix has."""
        cells = rows * columns
        if self.dtype == "float32":
            return struct.pack(f"<3If{cells}f", 0, rows, columns, 0, *self._normal(cells))
        values = self.random.choices(range(-127, 128), k=cells)
        steps = self.random.choices(range(1, 256), k=scales)
        return struct.pack(f"<3If{cells}b{scales}B", 1, rows, columns, 5e-5, *values, *steps)

    def _normal(self, count):
        return [self.random.gauss(0, 0.5) for _ in range(count)]


def image(sections: dict[str, bytes]) -> bytes:
    table, body, end = b"", b"", 24 + 16 * len(sections)
    for name, content in sections.items():
        padding = bytes(-end % 16)
        body += padding + content
        end += len(padding)
        table += name.encode() + struct.pack("<3I", end, len(content), zlib.crc32(content))
        end += len(content)
    header = b"\x89EDM\r\n\x1a\n" + struct.pack("<3I", 1, end, len(sections))
    return header + struct.pack("<I", zlib.crc32(header + table)) + table + body


def model(
    network: int,
    dtype: str = "float32",
    dim: int = 3,
    hidden: int = 3,
    widths: tuple[int, ...] = (),
    maximum: int = 0,
    positions: int = 0,
    split: int = ENGLISH,
    lowercase: int = 1,
    words: list[str] = WORDS,
    buckets: int = len(WORDS),
    extra: tuple[str, ...] = (),
) -> bytes:
    """An image; positions: columns of the position matrices of a relation model, 0 for none; extra: further sections."""
    weights, classes = Weights(dtype), len(LABELS)
    outputs, bias, features = {
        MEAN: (hidden, hidden, hidden),
        CNN: (hidden * sum(widths), hidden * len(widths), hidden * len(widths)),
        LSTM: (8 * hidden, 8 * hidden, 2 * hidden),
    }[network]
    rows = len(words) + 1
    sections = {
        "LABL": "".join(label + "\0" for label in LABELS).encode(),
        "TOKN": struct.pack("<2I", split, lowercase),
        "WORD": word_index([word.encode() for word in words], buckets, seed=7),
        "TABL": weights.matrix(rows, dim, rows),
    }
    if positions:
        sections |= {name: weights.matrix(5, positions, 5) for name in ("POS1", "POS2")}
    sections |= {
        "NETW": struct.pack(f"<{4 + len(widths)}I", network, hidden, maximum, len(widths), *widths),
        "MAPW": weights.matrix(dim + 2 * positions, outputs, outputs),
        "MAPB": weights.bias(bias),
    }
    if network == LSTM:
        sections |= {name: weights.matrix(hidden, 4 * hidden, 4 * hidden) for name in ("RECF", "RECB")}
    sections |= {"OUTW": weights.matrix(classes, features, classes), "OUTB": weights.bias(classes)}
    if "COMN" in extra:
        sections["COMN"] = struct.pack("<20I", *range(20, 0, -1))
    if "META" in extra:
        sections = {"META": b'{"note": "made up"}', **sections}
    if "NOTE" in extra:
        sections["NOTE"] = b"a section that no runtime knows"
    return image(sections)


def models() -> dict[str, bytes]:
    """Images by name: the networks, dtypes and tokenisers, relations, and what is at an edge."""
    few = WORDS[:9]
    return {
        "mean": model(MEAN, extra=("META", "COMN")),
        "mean_int8": model(MEAN, "int8", dim=5, hidden=17, split=WHITESPACE, extra=("COMN",)),
        "mean_case": model(MEAN, "int8", lowercase=0),
        "mean_no_words": model(MEAN, dim=1, hidden=1, words=[], buckets=1),
        "mean_many_buckets": model(MEAN, words=few, buckets=77, extra=("NOTE",)),
        "mean_few_buckets": model(MEAN, words=few, buckets=2, split=WHITESPACE, lowercase=0),
        "cnn": model(CNN, "float32", dim=4, widths=(3, 1, 5), extra=("COMN",)),
        "cnn_int8": model(CNN, "int8", dim=5, hidden=2, widths=(1, 2, 3, 4, 5, 6, 7, 8), words=few, buckets=9),
        "lstm": model(LSTM, hidden=2, words=few, buckets=9),
        "lstm_int8": model(LSTM, "int8", hidden=3, maximum=1, extra=("META", "COMN")),
        "relations_cnn": model(CNN, "int8", widths=(2, 3), positions=2, extra=("COMN",)),
        "relations_lstm": model(LSTM, hidden=2, maximum=1, positions=1, words=few, buckets=9),
    }


def as_c(images: dict[str, bytes]) -> str:
    lines = ['#include "seeds.h"']
    lines += [
        f"static const unsigned char {name}[] = {{{','.join(map(str, image))}}};" for name, image in images.items()
    ]
    entries = ", ".join(f'{{"{name}", {name}, sizeof {name}}}' for name in images)
    return "\n".join([*lines, f"const seed seeds[] = {{{entries}}};", f"const size_t seed_count = {len(images)};\n"])


def main(folder: str):
    folder = Path(folder)
    for part, files in {
        "images": {f"{name}.edm": content for name, content in models().items()},
        # The first byte says which model a text is for (fuzz_text.c).
        "texts": {f"{i:03}": bytes([i]) + TEXTS[i % len(TEXTS)] for i in range(len(models()) * len(TEXTS))},
    }.items():
        (folder / part).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / part / name).write_bytes(content)
    (folder / "seeds.c").write_text(as_c(models()))


if __name__ == "__main__":
    main(*sys.argv[1:])
