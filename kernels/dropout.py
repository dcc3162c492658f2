"""Dropout: which features of a batch stay, and how much larger they get for it.

Source: Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", section 4; scaled
while training, as in their section 10.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def draw_keep(keep, seed, threshold, scale):
    """Draw the factors of the features.

    Formula: keep[i] = scale if the i-th number of 16 bits is at least threshold, else 0. Four such numbers are the
        parts, the lowest first, of each number of 64 bits of the generator SplitMix64, from `seed` on.
    Shapes: keep (n,) float; seed: uint64; threshold: int, 0..65535; scale: of the dtype of keep.
    Writes: keep.
    Source of the generator: Steele, Lea & Flood 2014, "Fast Splittable Pseudorandom Number Generators", figure 17.
    """
    drawn = np.empty((keep.shape[0] + 3) // 4, np.uint64)
    for i in range(drawn.shape[0]):
        x = seed + np.uint64(i + 1) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        drawn[i] = x ^ (x >> np.uint64(31))
    parts = drawn.view(np.uint16)
    nothing = keep.dtype.type(0)
    for i in range(keep.shape[0]):
        keep[i] = scale if parts[i] >= threshold else nothing
