"""Dropout: which features of a batch are kept, and scaled up for it.

Source: Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", section 4; scaled
while training, as in their section 10.
"""

import numpy as np

from embdistill.kernels.machine.compiling import kernel


@kernel
def draw_mask(mask, seed, threshold, scale):
    """Draw the mask of the features.

    Formula: mask[i] = scale if draw i is at least threshold, else 0. The draws, of 16 bits, are the quarters, lowest
        first, of the 64-bit outputs of the generator SplitMix64 seeded with `seed`.
    Shapes: mask (n,) float; seed: uint64; threshold: int, 0..65535; scale: of the dtype of mask.
    Writes: mask.
    Source: Steele, Lea & Flood 2014, "Fast Splittable Pseudorandom Number Generators", figure 17, for the generator.
    """
    outputs = np.empty((mask.shape[0] + 3) // 4, np.uint64)
    for i in range(outputs.shape[0]):
        x = seed + np.uint64(i + 1) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        outputs[i] = x ^ (x >> np.uint64(31))
    draws = outputs.view(np.uint16)
    zero = mask.dtype.type(0)
    for i in range(mask.shape[0]):
        mask[i] = scale if draws[i] >= threshold else zero
