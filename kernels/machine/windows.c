/* The inner loops of the convolution: over the windows of words that a filter sees. The formulas: kernels/conv.py. */
#include <math.h>

#include "simd.h"

enum {
    FILTERS_AT_ONCE = 16, /* filters at a time, as in kernels/machine/simd.py */
    STRIPE = 4    /* vectors of a window at a time, each of which takes two registers */
};

/* As the function of that name in kernels/machine/simd.py. All FILTERS_AT_ONCE columns of the products of a tap are
 * read; those beyond the filters of pooled may hold anything. A NaN is never the largest. */
HOT EXPORTED void embdistill3_max_windows(const floats_2 *pooled, const int32s_2 *argmax, const floats_2 *products,
                                          const floats_1 *bias, const int32s_2 *ids, const int64s_1 *offsets,
                                          ptrdiff_t width)
{
    const ptrdiff_t sources = ids->shape[1], row = products->shape[1];
    for (ptrdiff_t b = 0; b < pooled->shape[0]; b++) {
        const int32_t *tokens = ids->at + offsets->at[b] * sources;
        const ptrdiff_t length = (ptrdiff_t)(offsets->at[b + 1] - offsets->at[b]);
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
                for (ptrdiff_t s = 0; s < sources; s++) {
                    const float *product = products->at + tokens[(t + i) * sources + s] * row + i * FILTERS_AT_ONCE;
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
        float *pooled_row = pooled->at + b * (pooled->strides[0] / (ptrdiff_t)sizeof(float));
        int32_t *argmax_row = argmax->at + b * (argmax->strides[0] / (ptrdiff_t)sizeof(int32_t));
        for (ptrdiff_t h = 0; h < pooled->shape[1]; h++) {
            pooled_row[h] = largest[h] + bias->at[h] < 0 ? 0 : largest[h] + bias->at[h];
            argmax_row[h] = places[h];
        }
    }
}

/* Some vectors of the windows of add_windows, the first `omitted` numbers of which are done already. */
INLINE void stripe(const int vectors, float *dwindow, float *dtokens, const float *window, const float *tokens,
                   const float *factors, const int64_t *firsts, ptrdiff_t count, ptrdiff_t omitted)
{
    vector taps[STRIPE], sums[STRIPE];
    UNROLL
    for (int j = 0; j < vectors; j++) {
        taps[j] = VECTOR(window + j * LANES);
        sums[j] = (vector){0};
    }
    if (omitted > 0) memset(taps, 0, (size_t)omitted * sizeof(float));
    for (ptrdiff_t n = 0; n < count; n++) {
        const float factor = factors[n], *source = tokens + firsts[n];
        float *sink = dtokens + firsts[n];
        UNROLL
        for (int j = 0; j < vectors; j++) {
            sums[j] += factor * VECTOR(source + j * LANES);
            VECTOR(sink + j * LANES) += factor * taps[j];
        }
    }
    UNROLL
    for (int j = 0; j < vectors; j++) VECTOR(dwindow + j * LANES) = sums[j];
}

/* As the function of that name in kernels/machine/simd.py. */
HOT EXPORTED void embdistill3_add_windows(const floats_1 *dwindows, const floats_1 *all_dtokens,
                                          const floats_1 *windows, const floats_1 *all_tokens,
                                          const floats_1 *all_factors,
                                          const int64s_1 *all_firsts)
{
    float *dwindow = dwindows->at, *dtokens = all_dtokens->at;
    const float *window = windows->at, *tokens = all_tokens->at, *factors = all_factors->at;
    const int64_t *firsts = all_firsts->at;
    const ptrdiff_t count = all_factors->shape[0], size = windows->shape[0];
    if (size < LANES) {
        memset(dwindow, 0, (size_t)size * sizeof(float));
        for (ptrdiff_t n = 0; n < count; n++)
            for (ptrdiff_t j = 0; j < size; j++) {
                dwindow[j] += factors[n] * tokens[firsts[n] + j];
                dtokens[firsts[n] + j] += factors[n] * window[j];
            }
        return;
    }
    ptrdiff_t j = 0;
    for (; size - j >= STRIPE * LANES; j += STRIPE * LANES)
        stripe(STRIPE, dwindow + j, dtokens + j, window + j, tokens + j, factors, firsts, count, 0);
    for (; size - j >= LANES; j += LANES)
        stripe(1, dwindow + j, dtokens + j, window + j, tokens + j, factors, firsts, count, 0);
    const ptrdiff_t last = size - LANES;
    if (j < size)
        stripe(1, dwindow + last, dtokens + last, window + last, tokens + last, factors, firsts, count, j - last);
}
