"""A plain reading of the arithmetic in whole numbers (docs/edm.md), in Python's integers, from the sections of an
image.

It shares nothing with the writer: what it needs is in the sections. Sums that would not fit the bits of the C runtime
are asserted not to occur.
"""

import math
import struct

import numpy as np

from naive.edm import integers
from naive.edm import sections as sections_of

TANH = [min(32767, round(32768 * math.tanh(i / 32))) for i in range(257)]


class Integers:
    """logits(rows, positions): the logits (C,) float32 of a text, by the rows of the table of its tokens."""

    def __init__(self, image: bytes):
        found = sections_of(image)
        self.code, self.hidden, self.max_pooling, count, *self.widths = (
            value for (value,) in struct.iter_unpack("<I", found["NETW"])
        )
        assert count == len(self.widths)
        self.shift, *ratios, self.bits, self.step = struct.unpack("<6If", found["INTS"])
        self.ratios = [ratios[:2], ratios[2:]]
        self.table = _rows(found["TABL"])
        self.positions = [_rows(found[name]) for name in ("POS1", "POS2") if name in found]
        self.ngrams = _rows(found["SUBW"][8:]) if "SUBW" in found else None
        self.bias, self.output_bias = (_int32(found[name]) for name in ("MAPB", "OUTB"))
        self.map, self.scales = _blocks(found["MAPW"])
        self.output, self.output_scales = _blocks(found["OUTW"])
        self.recurrent = [_blocks(found[name]) for name in ("RECF", "RECB") if name in found]

    def word(self, row: int) -> list[int]:
        return [_shifted(value, self.shift) for value in self.table[row]]

    def word_of_ngrams(self, buckets: list[int]) -> list[int]:
        factor = math.isqrt((2**32 - 1) // len(buckets))
        sums = [sum(self.ngrams[bucket][j] for bucket in buckets) for j in range(len(self.table[0]))]
        return [_clamped(_shifted(value * factor, 16 + self.shift), (128 * 255) >> self.shift) for value in sums]

    def logits(self, words: list[list[int]], positions: list[tuple[int, int]] = ()) -> np.ndarray:
        """words: the vector of each token; positions: of models of relations, the rows of its distances."""
        inputs = [list(word) for word in words]
        for vector, rows in zip(inputs, positions, strict=False):
            for table, row in zip(self.positions, rows, strict=True):
                vector += [_shifted(value, self.shift) for value in table[row]]
        features = [self._mean, self._cnn, self._lstm][self.code](inputs)
        sums = _product(features, self.output)
        values = [_fit(s + b) * scale for s, b, scale in zip(sums, self.output_bias, self.output_scales, strict=True)]
        return np.array([_to_float(value, self.step) for value in values], np.float32)

    def _relu(self, sums):
        features = []
        for total, bias, scale in zip(sums, self.bias, self.scales, strict=True):
            features.append(min(_scaled(max(0, _fit(total + bias)), scale, self.ratios[0]), 2**self.bits - 1))
        return features

    def _mean(self, inputs):
        down = next(down for down in range(32) if len(inputs) >> down <= 32768)
        share = 2**31 // max(1, len(inputs) >> down)
        columns = zip(*inputs, strict=True)
        sums = [_fit(sum(_shifted(x, down) for x in column)) for column in columns] or [0] * len(self.map)
        limit = (128 * 255) >> self.shift
        return self._relu(_product([_clamped(_shifted(value * share, 31), limit) for value in sums], self.map))

    def _cnn(self, inputs):
        products, largest, first = [_product(vector, self.map) for vector in inputs], [], 0
        for width in self.widths:
            for h in range(self.hidden):
                taps = [[row[first + i * self.hidden + h] for i in range(width)] for row in products]
                responses = [
                    _fit(sum(taps[p + i][i] for i in range(width) if 0 <= p + i < len(taps)))
                    for p in range(1 - width, len(taps))
                ]
                largest.append(max(responses) if taps else 0)
            first += width * self.hidden
        return self._relu(largest)

    def _lstm(self, inputs):
        return self._direction(inputs, 0) + self._direction(inputs[::-1], 1)

    def _direction(self, inputs, backward):
        units, (weight, scales) = self.hidden, self.recurrent[backward]
        first = 4 * units * backward
        h, c, features = [0] * units, [0] * units, [0] * units
        for t, vector in enumerate(inputs):
            products, again = _product(vector, self.map)[first : first + 4 * units], _product(h, weight)
            z = []
            for j in range(4 * units):
                gate = _scaled(products[j], self.scales[first + j], self.ratios[0])
                gate += _scaled(again[j], scales[j], self.ratios[1]) + self.bias[first + j]
                z.append(_clamped(gate, 32767))
            for j in range(units):
                i, o, f = (_sigmoid(z[gate * units + j]) for gate in range(3))
                kept, added = _shifted(f * c[j], 15), _shifted(i * _tanh(z[3 * units + j]), 14)
                c[j] = _clamped(kept + added, 2**30)
                h[j] = _shifted(o * _tanh(_clamped(_shifted(c[j], 4), 32767)), 30 - self.bits)
                features[j] = max(features[j], h[j]) if self.max_pooling and t > 0 else h[j]
        return features


def _rows(section):
    values, scales = integers(section)
    assert len(values) == len(scales)
    return (values * scales[:, None].astype(int)).tolist()


def _int32(section):
    dtype, rows, columns, _ = struct.unpack_from("<3If", section)
    assert dtype == 3 and rows == 1 and len(section) == 16 + 4 * columns
    return list(struct.unpack_from(f"<{columns}i", section, 16))


def _blocks(section):
    """The weights of blocks of two rows and two columns, and the scales."""
    dtype, rows, columns, _ = struct.unpack_from("<3If", section)
    across, size = -(-columns // 2), -(-rows // 2) * -(-columns // 2) * 4
    assert dtype == 2
    values = struct.unpack_from(f"{size}b", section, 16)
    weights = [
        [values[4 * (i // 2 * across + j // 2) + i % 2 * 2 + j % 2] for j in range(columns)] for i in range(rows)
    ]
    return weights, list(section[16 + size :])


def _product(vector, weights):
    return [_fit(sum(x * row[j] for x, row in zip(vector, weights, strict=True))) for j in range(len(weights[0]))]


def _fit(value):
    assert -(2**31) <= value < 2**31
    return value


def _shifted(value, bits):
    return (value + (1 << bits >> 1)) >> bits


def _clamped(value, limit):
    return max(-limit, min(limit, value))


def _scaled(value, scale, ratio):
    product = value * scale * ratio[0]
    assert abs(product) < 2**62
    return _shifted(product, ratio[1])


def _tanh(value):
    at, rest = divmod(abs(value), 128)
    result = TANH[at] + _shifted((TANH[at + 1] - TANH[at]) * rest, 7)
    return -result if value < 0 else result


def _sigmoid(value):
    return (32768 + _tanh(int(value / 2))) >> 1


def _to_float(value, step):
    """The float32 nearest to value * step: the product of 39 and 24 bits is a whole number times a power of two."""
    fraction, exponent = math.frexp(step)
    product = value * int(fraction * 2**24)
    down = max(0, product.bit_length() - 24)
    half, digits = 1 << down >> 1, abs(product) >> down
    rest = abs(product) - (digits << down)
    digits += rest > half or (rest == half and down > 0 and digits % 2)
    return math.copysign(math.ldexp(digits, down + exponent - 24), product)
