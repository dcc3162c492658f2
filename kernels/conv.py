"""Convolution over words, ReLU and max over time, fused.

A filter of width w is w matrices, its taps; the product of every tap with every distinct word of the batch is one
matrix product, done before by BLAS. What is left, here, is to add up w products for each position and to keep the
largest sum. A token may have several rows of products, of its word and of its positions, which add up too. The
convolution is wide: the sentence stands between w - 1 zero vectors on either side, so that a sentence shorter than the
filter needs no special case. Max and ReLU commute with adding the bias, so both come last.

Source: Kim 2014, "Convolutional Neural Networks for Sentence Classification", section 2; wide convolution as in
Kalchbrenner et al. 2014, section 2.2.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def conv_max_forward(pooled, position, products, bias, ids, offsets, widths, sums):
    """Largest response of each filter in each sentence, after bias and ReLU.

    Formula: pooled[b, g] = max(0, bias[g] + max over t in -(w-1)..n-1 of sum over k and f of
        products[ids[t+k, f], tap k of g]), a tap outside the sentence counting as 0; an empty sentence gives
        max(0, bias[g]).
    Shapes: pooled (B, K*H) float; position (B, K*H) int32; products (R, sum of widths, H) float; bias (K*H,) float;
        ids (N, F) int32 in 0..R-1; offsets (B+1,) int64; widths (K,) int64; sums (H,) float, scratch.
        Filter g = k*H + h is filter h of width widths[k]; its taps are products[:, widths[:k].sum() + i, h].
    Writes: pooled, and position, the t of each maximum (the first, if several are equal). sums is scratch.
    """
    filters = sums.shape[0]
    for b in range(pooled.shape[0]):
        start = offsets[b]
        length = offsets[b + 1] - start
        first_tap = 0
        for k in range(widths.shape[0]):
            width = widths[k]
            best = pooled[b, k * filters : (k + 1) * filters]
            where = position[b, k * filters : (k + 1) * filters]
            shift = bias[k * filters : (k + 1) * filters]
            best[:] = 0 if length == 0 else -np.inf
            where[:] = 0
            for t in range(1 - width, length):
                low = max(0, -t)
                high = min(width, length - t)
                if low >= high:
                    continue
                product = products[ids[start + t + low, 0], first_tap + low]
                for h in range(filters):
                    sums[h] = product[h]
                for i in range(low + 1, high):
                    product = products[ids[start + t + i, 0], first_tap + i]
                    for h in range(filters):
                        sums[h] += product[h]
                for f in range(1, ids.shape[1]):
                    for i in range(low, high):
                        product = products[ids[start + t + i, f], first_tap + i]
                        for h in range(filters):
                            sums[h] += product[h]
                for h in range(filters):
                    if sums[h] > best[h]:
                        best[h] = sums[h]
                        where[h] = t
            for h in range(filters):
                best[h] = max(best[h] + shift[h], 0)
            first_tap += width


@njit(cache=True, nogil=True)
def conv_max_backward(dproducts, dbias, dpooled, pooled, position, ids, offsets, widths):
    """Gradient of conv_max_forward: each filter passes it on to the one position that won.

    Formula: where pooled[b, g] > 0: dbias[g] += dpooled[b, g], and dproducts[ids[t+k, f], tap k of g] += dpooled[b, g]
        for t = position[b, g], every tap k inside the sentence and every f.
    Shapes: as in conv_max_forward; dproducts as products, dbias as bias, dpooled as pooled.
    Accumulates: dproducts and dbias.
    """
    filters = dproducts.shape[2]
    for b in range(dpooled.shape[0]):
        start = offsets[b]
        length = offsets[b + 1] - start
        first_tap = 0
        for k in range(widths.shape[0]):
            for h in range(filters):
                g = k * filters + h
                if pooled[b, g] <= 0:
                    continue
                gradient = dpooled[b, g]
                dbias[g] += gradient
                t = position[b, g]
                for i in range(max(0, -t), min(widths[k], length - t)):
                    for f in range(ids.shape[1]):
                        dproducts[ids[start + t + i, f], first_tap + i, h] += gradient
            first_tap += widths[k]
