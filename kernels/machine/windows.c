/* The inner loops of the convolution: over the windows of words that a filter sees. The formulas: kernels/conv.py. */
#include <math.h>

#include "simd.h"

enum {
    FILTERS_AT_ONCE = 16, /* filters at a time, as in kernels/machine/simd.py */
    STRIPE = 4    /* vectors of a window at a time, each of which takes two registers */
};

/* products (.., row) floats; ids (N, each); offsets (sentences + 1); pooled and argmax (sentences, filters), a step of
 * `features` between rows. All FILTERS_AT_ONCE columns of the products of a tap are read; those beyond `filters` may hold
 * anything. */
HOT EXPORTED void embdistill2_max_windows(float *pooled, int32_t *argmax, ptrdiff_t features, const float *products,
                                          ptrdiff_t row, const float *bias, const int32_t *ids, ptrdiff_t each,
                                          const int64_t *offsets, ptrdiff_t sentences, ptrdiff_t filters, ptrdiff_t width)
{
    for (ptrdiff_t b = 0; b < sentences; b++, pooled += features, argmax += features) {
        const int32_t *tokens = ids + offsets[b] * each;
        const ptrdiff_t length = (ptrdiff_t)(offsets[b + 1] - offsets[b]);
        vector best[FILTERS_AT_ONCE / LANES];
        integers where[FILTERS_AT_ONCE / LANES];
        for (int j = 0; j < FILTERS_AT_ONCE / LANES; j++) {
            best[j] = (vector){0} - (length > 0 ? INFINITY : 0);
            where[j] = (integers){0};
        }
        for (ptrdiff_t t = length > 0 ? 1 - width : 0; t < length; t++) {
            const ptrdiff_t low = t < 0 ? -t : 0, high = length - t < width ? length - t : width;
            const integers here = (integers){0} + (int32_t)t;
            vector sums[FILTERS_AT_ONCE / LANES];
            for (int j = 0; j < FILTERS_AT_ONCE / LANES; j++) sums[j] = (vector){0};
            for (ptrdiff_t i = low; i < high; i++)
                for (ptrdiff_t f = 0; f < each; f++) {
                    const float *product = products + tokens[(t + i) * each + f] * row + i * FILTERS_AT_ONCE;
                    for (int j = 0; j < FILTERS_AT_ONCE / LANES; j++) sums[j] += VECTOR(product + j * LANES);
                }
            for (int j = 0; j < FILTERS_AT_ONCE / LANES; j++) {
                const integers more = sums[j] > best[j];
                best[j] = CHOOSE(vector, more, sums[j], best[j]);
                where[j] = CHOOSE(integers, more, here, where[j]);
            }
        }
        float largest[FILTERS_AT_ONCE];
        int32_t places[FILTERS_AT_ONCE];
        memcpy(largest, best, sizeof largest);
        memcpy(places, where, sizeof places);
        for (ptrdiff_t h = 0; h < filters; h++) {
            pooled[h] = largest[h] + bias[h] < 0 ? 0 : largest[h] + bias[h];
            argmax[h] = places[h];
        }
    }
}

/* Some vectors of the windows of add_windows, the first `omitted` numbers of which are done already. */
INLINE void stripe(const int vectors, float *dwindow, float *dtokens, const float *window, const float *tokens,
                   const float *steps, const int64_t *firsts, ptrdiff_t count, ptrdiff_t omitted)
{
    vector weights[STRIPE], sums[STRIPE];
    UNROLL
    for (int j = 0; j < vectors; j++) {
        weights[j] = VECTOR(window + j * LANES);
        sums[j] = (vector){0};
    }
    if (omitted > 0) memset(weights, 0, (size_t)omitted * sizeof(float));
    for (ptrdiff_t n = 0; n < count; n++) {
        const float step = steps[n], *source = tokens + firsts[n];
        float *sink = dtokens + firsts[n];
        UNROLL
        for (int j = 0; j < vectors; j++) {
            sums[j] += step * VECTOR(source + j * LANES);
            VECTOR(sink + j * LANES) += step * weights[j];
        }
    }
    UNROLL
    for (int j = 0; j < vectors; j++) VECTOR(dwindow + j * LANES) = sums[j];
}

/* For n below count: dwindow (size) = sum of steps[n] tokens[firsts[n]...]; dtokens[firsts[n]...] += steps[n] window. */
HOT EXPORTED void embdistill2_add_windows(float *dwindow, float *dtokens, const float *window, const float *tokens,
                                          const float *steps, const int64_t *firsts, ptrdiff_t count, ptrdiff_t size)
{
    if (size < LANES) {
        memset(dwindow, 0, (size_t)size * sizeof(float));
        for (ptrdiff_t n = 0; n < count; n++)
            for (ptrdiff_t j = 0; j < size; j++) {
                dwindow[j] += steps[n] * tokens[firsts[n] + j];
                dtokens[firsts[n] + j] += steps[n] * window[j];
            }
        return;
    }
    ptrdiff_t j = 0;
    for (; size - j >= STRIPE * LANES; j += STRIPE * LANES)
        stripe(STRIPE, dwindow + j, dtokens + j, window + j, tokens + j, steps, firsts, count, 0);
    for (; size - j >= LANES; j += LANES)
        stripe(1, dwindow + j, dtokens + j, window + j, tokens + j, steps, firsts, count, 0);
    const ptrdiff_t last = size - LANES;
    if (j < size)
        stripe(1, dwindow + last, dtokens + last, window + last, tokens + last, steps, firsts, count, j - last);
}
