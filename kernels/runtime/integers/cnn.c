/* The network `cnn` in whole numbers (networks/cnn.c): all taps of a filter have one scale, so that their products can be
 * added as they are. */

static inline void keep_largest_sums(int32_t *restrict largest, const int32_t *restrict sums, size_t filters)
{
    for (size_t h = 0; h < filters; h++) largest[h] = sums[h] > largest[h] ? sums[h] : largest[h];
}

/* sums (n) += more (n). */
static inline void add_sums(int32_t *restrict sums, const int32_t *restrict more, size_t n)
{
#if EMBDISTILL_BLOCK == 1 /* four at a time, as a compiler for size does not unroll loops */
    for (; n >= 4; n -= 4, sums += 4, more += 4) {
        sums[0] += more[0];
        sums[1] += more[1];
        sums[2] += more[2];
        sums[3] += more[3];
    }
#endif
    for (size_t j = 0; j < n; j++) sums[j] += more[j];
}

/* The same, and keeps the largest. */
static inline void add_and_keep(int32_t *restrict largest, int32_t *restrict sums, const int32_t *restrict more,
                                size_t n)
{
    for (size_t j = 0; j < n; j++) {
        sums[j] += more[j];
        largest[j] = sums[j] > largest[j] ? sums[j] : largest[j];
    }
}

/* As add_taps. */
EMBDISTILL_HOT static void add_integer_taps(int32_t *restrict largest, int32_t *restrict responses,
                                            const int32_t *restrict taps, size_t t, size_t width, size_t filters)
{
    size_t row = t % width; /* of position t - i */
    for (size_t i = 0; i < width; i++, taps += filters) {
        int32_t *response = responses + row * filters;
        if (i == 0 || t == 0) { /* its first token */
            for (size_t h = 0; h < filters; h++) response[h] = taps[h];
            if (i == width - 1) keep_largest_sums(largest, response, filters);
        } else if (i < width - 1) add_sums(response, taps, filters);
        else add_and_keep(largest, response, taps, filters);
        row = (row > 0 ? row : width) - 1;
    }
}

/* Windows that reach beyond the text: their responses are left. */
EMBDISTILL_HOT static void keep_left_responses(int32_t *restrict largest, const int32_t *restrict responses,
                                               size_t width, size_t filters)
{
    for (size_t row = 0; row < width; row++, responses += filters) keep_largest_sums(largest, responses, filters);
}

static void cnn_integers(int16_t *features, const embdistill_model *model, const sentence *s, float *scratch)
{
    const size_t filters = model->hidden, columns = model->map.columns; /* H; all taps of all widths, H each */
    products p;
    begin_products(&p, model, s, 0, 2 * blocks_of(columns), 0, &scratch);
    int32_t *responses = (int32_t *)(void *)take(&scratch, columns); /* for each width (w, H) */
    int32_t *largest = (int32_t *)(void *)take(&scratch, model->features);
    for (size_t j = 0; j < model->features; j++) largest[j] = s->count > 0 ? INT32_MIN : 0;
    for (size_t t = 0; t < s->count; t++) {
        const int32_t *product = (const int32_t *)next_product(&p); /* for each width (w, H), as responses */
        for (size_t k = 0, first = 0; k < model->width_count; first += model->widths[k] * filters, k++)
            add_integer_taps(largest + k * filters, responses + first, product + first, t, model->widths[k], filters);
    }
    for (size_t k = 0; s->count > 0 && k < model->width_count; responses += model->widths[k] * filters, k++)
        keep_left_responses(largest + k * filters, responses, model->widths[k], filters);
    integer_relu(features, largest, model);
}

static size_sum cnn_integer_scratch(const embdistill_model *model)
{
    return products_scratch(model, model->map.columns) + model->map.columns + model->features;
}
