"""Twin of kernels/dropout.py."""

import numpy as np


def draw_mask(count, seed, threshold, scale):
    mask = []
    while len(mask) < count:
        seed = (seed + 0x9E3779B97F4A7C15) % 2**64
        x = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
        x ^= x >> 31
        mask += [scale if (x >> 16 * part) % 2**16 >= threshold else 0 for part in range(4)]
    return np.array(mask[:count])
