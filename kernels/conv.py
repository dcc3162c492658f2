"""Convolution over words, ReLU and max over time, fused.

A filter of width w is w vectors, its taps. A tap of 16 filters times the distinct words of the batch is a matrix
product; what is left is to add w products for each window and to keep the largest sum, while the products are in the
cache. A token may have several rows of products, of its word and of its positions, which add up. The convolution is
wide: the sentence stands between w - 1 zero vectors on either side, so that a sentence shorter than the filter needs no
special case. Bias and ReLU do not change which of two sums is larger, so they come after the maximum.

Only the window that won gets a gradient, and only where neither ReLU nor dropout cut the filter off. So the backward
pass needs no matrix product: it adds one window of token vectors for each filter and sentence, on a copy of the vectors
that stands token after token, with the zeros between sentences written out.

Source: Kim 2014, "Convolutional Neural Networks for Sentence Classification", section 2; wide convolution as in
Kalchbrenner et al. 2014, section 2.2.
"""

from typing import NamedTuple

import numpy as np

from embdistill.kernels.machine.compiling import kernel
from embdistill.kernels.machine.simd import FILTERS_AT_ONCE, add_windows, max_windows, multiply
from embdistill.kernels.machine.threads import chunked


class Filters(NamedTuple):
    """H filters of each width, F in all, or their gradient.

    weight (sum of widths * H, m) float: tap after tap, each H rows; bias (F,) float; widths (F/H,) int64. Filter
    g = k*H + h is filter h of width widths[k]; its tap i is row (widths[:k].sum() + i) * H + h of the weight.
    """

    weight: np.ndarray
    bias: np.ndarray
    widths: np.ndarray


@chunked
def conv_max_forward(pooled, argmax, inputs, others, filters, ids, offsets, chunk, n_chunks):
    """Largest response of each filter in each sentence, after bias and ReLU.

    Formula: for sentence b, of n tokens from `start` = offsets[b] on, and filter g of width w: pooled[b, g] = max(0,
        bias[g] + max over t in -(w-1)..n-1 of sum over i and s of products[ids[start+t+i, s], tap i of g]), a tap
        outside the sentence counting as 0; an empty sentence gives max(0, bias[g]). products = [inputs weight^T;
        others], whose second part the caller has computed.
    Shapes: pooled (B, F) float; argmax (B, F) int32; inputs (R, m), others (Q, sum of widths * H) float; filters as
        above; ids (N, S) int32 in 0..R+Q-1: a row of products for each of S sources (word, positions); offsets (B+1,)
        int64; all C-contiguous. A chunk is some of the F filters.
    Writes: of the filters of the chunk pooled, and argmax, the t of each maximum (the first, if several are equal).
    """
    weight, bias, widths = filters
    per_width = pooled.shape[1] // widths.shape[0]
    rows = inputs.shape[0]
    products = np.empty((rows + others.shape[0], widths.max() * FILTERS_AT_ONCE), pooled.dtype)
    work = first_tap = 0
    for k in range(widths.shape[0]):
        for h in range(0, per_width, FILTERS_AT_ONCE):
            size = min(FILTERS_AT_ONCE, per_width - h)
            middle = work + widths[k] * size // 2  # of the work of this group, which decides its chunk
            work += widths[k] * size
            if middle * n_chunks // weight.shape[0] != chunk:
                continue
            for i in range(widths[k]):
                tap, place = (first_tap + i) * per_width + h, i * FILTERS_AT_ONCE
                multiply(products[:rows, place : place + size], inputs, weight[tap : tap + size].T)
                for r in range(others.shape[0]):
                    for j in range(size):
                        products[rows + r, place + j] = others[r, tap + j]
            g = k * per_width + h
            group = slice(g, g + size)
            max_windows(pooled[:, group], argmax[:, group], products, bias[group], ids, offsets, widths[k])
        first_tap += widths[k]


@kernel
def spread_tokens(tokens, inputs, ids, offsets, margin):
    """Copy the vectors of the tokens of a batch one after the other, with rows of zeros around each sentence.

    Formula: token i of the batch, in sentence b, stands in row r = i + (b + 1) margin: tokens[r] = inputs[ids[i]]; 0
        elsewhere.
    Shapes: tokens (N + (B+1) margin, m) float; inputs (R, m) float; ids (N,) int32 in 0..R-1; offsets (B+1,) int64;
        margin: int.
    Writes: tokens.
    """
    for b in range(offsets.shape[0]):
        end = offsets[b] + b * margin  # of the sentence before
        tokens[end : end + margin] = 0
        if b + 1 < offsets.shape[0]:
            for i in range(offsets[b], offsets[b + 1]):
                row, source = tokens[i + (b + 1) * margin], inputs[ids[i]]
                for j in range(row.shape[0]):
                    row[j] = source[j]


@kernel
def spread_tokens_backward(dinputs, dtokens, ids, offsets, margin):
    """Gradient of spread_tokens, summed over chunks.

    Formula: dinputs[u] = sum over the tokens i with ids[i] = u, and over the chunks, of dtokens[chunk, r], r as in
        spread_tokens.
    Shapes: as in spread_tokens; dinputs as inputs, dtokens (n_chunks, rows, m) float.
    Writes: dinputs.
    """
    dinputs[:] = 0
    for b in range(offsets.shape[0] - 1):
        for i in range(offsets[b], offsets[b + 1]):
            dinput = dinputs[ids[i]]
            for chunk in range(dtokens.shape[0]):
                row = dtokens[chunk, i + (b + 1) * margin]
                for j in range(dinput.shape[0]):
                    dinput[j] += row[j]


@chunked
def conv_max_backward(dfilters, dtokens, dpooled, pooled, argmax, tokens, filters, offsets, chunk, n_chunks):
    """Gradient of conv_max_forward through its products: each filter passes it on to the one window that won.

    Formula: where pooled[b, g] > 0, with t = argmax[b, g], r = offsets[b] + (b + 1) margin + t and x = dpooled[b, g]:
        dbias[g] += x; dweight[tap i of g] += x tokens[r + i]; dtokens[chunk, r + i] += x weight[tap i of g]; 0
        elsewhere.
    Shapes: dfilters as filters; dpooled, pooled, argmax, filters and offsets as in conv_max_forward; dtokens (n_chunks,
        rows, m) float; tokens (rows, m) float as of spread_tokens with margin max(widths) - 1. A chunk is some of the
        F filters.
    Writes: of the filters of the chunk dfilters, and dtokens[chunk]; the sum of dtokens over its first axis is the
        gradient of the tokens.
    """
    weight, dweight, dbias, widths = filters.weight, dfilters.weight, dfilters.bias, filters.widths
    sentences, units = pooled.shape
    per_width = units // widths.shape[0]
    size = weight.shape[1]
    margin = widths.max() - 1
    zero = weight.dtype.type(0)
    flat, dflat = tokens.reshape(-1), dtokens[chunk].reshape(-1)
    dflat[:] = 0
    window, dwindow = np.empty((margin + 1) * size, weight.dtype), np.empty((margin + 1) * size, weight.dtype)
    factors, firsts = np.empty(sentences, weight.dtype), np.empty(sentences, np.int64)
    for g in range(units * chunk // n_chunks, units * (chunk + 1) // n_chunks):
        k, h = g // per_width, g % per_width
        first_tap = widths[:k].sum()
        seen = widths[k] * size
        for i in range(widths[k]):
            tap, row = window[i * size : (i + 1) * size], weight[(first_tap + i) * per_width + h]
            for j in range(size):
                tap[j] = row[j]
        # First a list of the sentences that pass something on: with dropout, a branch on them cannot be predicted.
        count, total = 0, zero
        for b in range(sentences):
            factor = dpooled[b, g] if pooled[b, g] > 0 else zero
            total += factor
            factors[count] = factor
            firsts[count] = (offsets[b] + (b + 1) * margin + argmax[b, g]) * size
            count += factor != 0 and offsets[b] < offsets[b + 1]  # an empty sentence has no window
        dbias[g] = total
        add_windows(dwindow[:seen], dflat, window[:seen], flat, factors[:count], firsts[:count])
        for i in range(widths[k]):
            tap, row = dwindow[i * size : (i + 1) * size], dweight[(first_tap + i) * per_width + h]
            for j in range(size):
                row[j] = tap[j]
