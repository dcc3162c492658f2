/* The network `lstm` in whole numbers (networks/lstm.c). Before their activations, gates are numbers of 16 bits in steps
 * of 2^-12; sigmoid, tanh and their products are in steps of 2^-15, and cells in steps of 2^-16. */

enum { GATE_LIMIT = INT16_MAX, CELL_LIMIT = (int32_t)1 << 30 };

/* The gates (4H), in the order i, o, f, g: before their activations from the products of inputs and of states. */
EMBDISTILL_HOT static void add_gates(int32_t *restrict gates, const int32_t *restrict product, const embdistill_model *model,
                      int backward, size_t first)
{
    const embdistill_matrix *recurrent = &model->recurrent[backward];
    for (size_t j = 0; j < recurrent->columns; j++) {
        int64_t sum = scaled(product[j], byte_at(model->map.scales, first + j), &model->ratios[0]);
        sum += scaled(gates[j], byte_at(recurrent->scales, j), &model->ratios[1]);
        gates[j] = clamped(sum + i32_at(model->map_bias.values, first + j), GATE_LIMIT);
    }
}

/* The cell c (H) from the activated gates (4H), and in place of the last gate what tanh is taken of. */
EMBDISTILL_HOT static void next_cell(int32_t *restrict c, int32_t *restrict gates, size_t units)
{
    const int32_t *i = gates, *f = gates + 2 * units; /* (H) each */
    int32_t *g = gates + 3 * units;
    for (size_t j = 0; j < units; j++) {
        const int64_t kept = ((int64_t)f[j] * c[j] + (1 << 14)) >> 15;
        c[j] = clamped(kept + ((i[j] * g[j] + (1 << 13)) >> 14), CELL_LIMIT);
        g[j] = clamped((c[j] + 8) >> 4, GATE_LIMIT);
    }
}

/* The state h (H) from its gate o and the tanh of the cell. down: of a state from steps of 2^-30. */
EMBDISTILL_HOT static void next_state(int16_t *restrict h, const int32_t *restrict o, const int32_t *restrict cell,
                                      size_t units, uint32_t down)
{
    for (size_t j = 0; j < units; j++) h[j] = (int16_t)((o[j] * cell[j] + ((int32_t)1 << (down - 1))) >> down);
}

EMBDISTILL_HOT static void keep_largest_states(int16_t *restrict largest, const int16_t *restrict h, size_t units)
{
    for (size_t j = 0; j < units; j++) largest[j] = h[j] > largest[j] ? h[j] : largest[j];
}

/* features (H) of one direction. */
static void lstm_integer_direction(int16_t *features, const embdistill_model *model, const sentence *s, int backward,
                                   float *scratch)
{
    const size_t units = model->hidden, gates = 4 * units, first = backward ? gates : 0; /* column of W and b */
    const columns recurrent = {&model->recurrent[backward], 0, gates};
    products p;
    begin_products(&p, model, s, first, gates, backward, &scratch);
    int32_t *z = (int32_t *)(void *)take(&scratch, gates), *c = (int32_t *)(void *)take(&scratch, units);
    int16_t *h = (int16_t *)(void *)take(&scratch, blocks_of(units));
    memset(h, 0, 2 * blocks_of(units) * sizeof *h);
    memset(c, 0, units * sizeof *c);
    memset(features, 0, units * sizeof *features);
    for (size_t t = 0; t < s->count; t++) {
        const int32_t *product = (const int32_t *)next_product(&p);  /* W x[t] (4H) */
        multiply_integers(z, h, 1, &recurrent);     /* U h (4H) */
        add_gates(z, product, model, backward, first);
        take_sigmoid(z, 3 * units);
        take_tanh(z + 3 * units, units);
        next_cell(c, z, units);
        take_tanh(z + 3 * units, units);
        next_state(h, z + units, z + 3 * units, units, 30 - model->feature_bits);
        if (model->max_pooling && t > 0) keep_largest_states(features, h, units);
        else memcpy(features, h, units * sizeof *h);
    }
}

static void lstm_integers(int16_t *features, const embdistill_model *model, const sentence *s, float *scratch)
{
    lstm_integer_direction(features, model, s, 0, scratch);
    lstm_integer_direction(features + model->hidden, model, s, 1, scratch);
}

static size_sum lstm_integer_scratch(const embdistill_model *model)
{
    size_sum units = model->hidden;
    return products_scratch(model, 4 * units) + 5 * units + blocks_of(model->hidden); /* z, c and h */
}
