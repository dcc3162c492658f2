def probe(filter_bytes, bits, i, x, order=lambda bit: bit % 8):
    first, step = x >> 32, x % 2**32 | 1
    bit = (first + i * step) % 2**32 * bits >> 32
    return filter_bytes[bit // 8] >> order(bit) & 1


def holds(filter_bytes, bits, probes, x):
    return all(probe(filter_bytes, bits, i, x) for i in range(probes))


MISTAKES = [
    lambda filter_bytes, bits, probes, x: any(probe(filter_bytes, bits, i, x) for i in range(probes)),
    lambda filter_bytes, bits, probes, x: probe(filter_bytes, bits, 0, x),
    lambda filter_bytes, bits, probes, x: all(
        probe(filter_bytes, bits, i, x, lambda bit: 7 - bit % 8) for i in range(probes)
    ),
]
