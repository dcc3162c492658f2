/* The network `mean` in whole numbers (networks/mean.c): m is rounded to whole numbers. */

enum { SUMMED = 65536 }; /* inputs of 16 bits that a sum of 32 holds */

/* m (d) = mean of the word vectors, rounded, halves away from 0. x (d) and sums (d) are scratch, and so is `again`. */
static void integer_mean(int16_t *m, int16_t *x, int32_t *sums, int32_t *again, const embdistill_model *model,
                         const sentence *s)
{
    const size_t dim = model->table.columns;
    uint32_t shift = 0; /* of the inputs of a very long text */
    while (s->count >> shift > SUMMED) shift++;
    const int32_t count = (int32_t)(s->count >> shift);
    memset(sums, 0, dim * sizeof *sums);
    for (size_t t = 0; t < s->count; t++) {
        read_integer_word(x, again, model, s, t);
        for (size_t j = 0; j < dim; j++) sums[j] += shifted(x[j], shift);
    }
    for (size_t j = 0; j < dim && count > 0; j++)
        sums[j] = (sums[j] < 0 ? sums[j] - count / 2 : sums[j] + count / 2) / count;
    for (size_t j = 0; j < dim; j++) m[j] = (int16_t)clamped(sums[j], INT16_MAX);
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

static uint64_t mean_integer_scratch(const embdistill_model *model)
{
    const uint32_t dim = model->table.columns;
    return 2 * (uint64_t)blocks_of(dim) + 2 * (uint64_t)dim + 2 * (uint64_t)blocks_of(model->hidden);
}
