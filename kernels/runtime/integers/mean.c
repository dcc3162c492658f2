/* The network `mean` in whole numbers (networks/mean.c): m is rounded to whole numbers. */

#define SUMMED UINT32_C(32768) /* inputs of 16 bits that a sum of 32 holds, also if they are rounded up after a shift */

/* m (n) = sums * share / 2^31, rounded, halves up, and at most `limit`, which only rounding could exceed. */
EMBDISTILL_HOT static void divide(int16_t *restrict m, const int32_t *restrict sums, size_t n, uint32_t share,
                                  int32_t limit)
{
    for (size_t j = 0; j < n; j++) m[j] = (int16_t)clamped(((int64_t)sums[j] * share + ((int64_t)1 << 30)) >> 31, limit);
}

/* sums (n) += x (n) / 2^shift. */
EMBDISTILL_HOT static void add_shifted(int32_t *restrict sums, const int16_t *restrict x, size_t n, uint32_t shift)
{
    for (size_t j = 0; j < n; j++) sums[j] += shifted(x[j], shift);
}

/* m (d) = mean of the word vectors. x (d) and sums (d) are scratch, and so is `again`. */
static void integer_mean(int16_t *m, int16_t *x, int32_t *sums, int32_t *again, const embdistill_model *model,
                         const sentence *s)
{
    const size_t dim = model->table.columns;
    uint32_t shift = 0; /* of the inputs of a very long text */
    while (s->count >> shift > SUMMED) shift++;
    const uint32_t count = (uint32_t)(s->count >> shift);
    memset(sums, 0, dim * sizeof *sums);
    for (size_t t = 0; t < s->count; t++) {
        const uint32_t row = row_at(s, t);
        if (model->input_shift + shift == 0 && row < READ_AGAIN) add_integer_row(sums, &model->table, row);
        else {
            read_integer_word(x, again, model, s, t);
            add_shifted(sums, x, dim, shift);
        }
    }
    divide(m, sums, dim, count > 0 ? (UINT32_C(1) << 31) / count : 0, LARGEST_INPUT >> model->input_shift);
    if (dim % 2) m[dim] = 0;
}

static void mean_integers(int16_t *features, const embdistill_model *model, const sentence *s, float *scratch)
{
    const size_t dim = model->table.columns, size = blocks_of(dim);
    const columns weight = {&model->map, 0, 2 * blocks_of(model->hidden)};
    int16_t *m = (int16_t *)(void *)take(&scratch, size), *x = (int16_t *)(void *)take(&scratch, size);
    int32_t *sums = (int32_t *)(void *)take(&scratch, dim), *again = (int32_t *)(void *)take(&scratch, dim);
    int32_t *products = (int32_t *)(void *)take(&scratch, weight.count);
    integer_mean(m, x, sums, again, model, s);
    multiply_integers(products, m, 1, &weight); /* W m */
    integer_relu(features, products, model);
}

static size_sum mean_integer_scratch(const embdistill_model *model)
{
    const embdistill_count dim = model->table.columns;
    return 2 * (size_sum)blocks_of(dim) + 2 * (size_sum)dim + 2 * (size_sum)blocks_of(model->hidden);
}
