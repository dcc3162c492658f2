/* The network `lstm` in whole numbers (networks/lstm.c). Before their activations, gates are numbers of 16 bits in steps
 * of 2^-12; sigmoid, tanh and their products are in steps of 2^-15, and cells in steps of 2^-16. */

enum { GATE_LIMIT = INT16_MAX, CELL_LIMIT = 1 << 30 };

/* tanh(i / 32) in steps of 2^-15. */
static const int16_t tanh_table[257] = {
    0, 1024, 2045, 3063, 4075, 5079, 6073, 7056, 8025, 8980, 9919, 10840, 11743, 12625, 13486, 14326,
    15143, 15936, 16706, 17452, 18173, 18870, 19542, 20189, 20813, 21411, 21986, 22538, 23066, 23571, 24054, 24516,
    24956, 25376, 25776, 26157, 26519, 26864, 27191, 27502, 27797, 28076, 28341, 28592, 28830, 29055, 29268, 29470,
    29660, 29840, 30010, 30170, 30322, 30465, 30600, 30727, 30847, 30960, 31067, 31167, 31262, 31351, 31435, 31515,
    31589, 31659, 31726, 31788, 31846, 31901, 31953, 32002, 32048, 32091, 32132, 32170, 32206, 32240, 32271, 32301,
    32329, 32356, 32381, 32404, 32426, 32447, 32466, 32484, 32501, 32517, 32532, 32547, 32560, 32573, 32584, 32596,
    32606, 32616, 32625, 32634, 32642, 32649, 32657, 32663, 32670, 32676, 32681, 32686, 32691, 32696, 32700, 32704,
    32708, 32712, 32715, 32718, 32721, 32724, 32727, 32729, 32732, 32734, 32736, 32738, 32740, 32741, 32743, 32745,
    32746, 32747, 32749, 32750, 32751, 32752, 32753, 32754, 32755, 32755, 32756, 32757, 32758, 32758, 32759, 32759,
    32760, 32760, 32761, 32761, 32762, 32762, 32762, 32763, 32763, 32763, 32764, 32764, 32764, 32764, 32765, 32765,
    32765, 32765, 32765, 32766, 32766, 32766, 32766, 32766, 32766, 32766, 32766, 32767, 32767, 32767, 32767, 32767,
    32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767,
    32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767,
    32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767,
    32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767,
    32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767,
    32767};

/* tanh of a number in steps of 2^-12, between -8 and 8: a straight line between two values of the table, with an error of
 * at most 2^-13. */
static int32_t integer_tanh(int32_t value)
{
    uint32_t size = (uint32_t)(value < 0 ? -value : value), rest = size & 127;
    const int16_t *at = tanh_table + (size >> 7);
    int32_t result = at[0] + shifted((at[1] - at[0]) * (int32_t)rest, 7);
    return value < 0 ? -result : result;
}

/* sigmoid(x) = (1 + tanh(x / 2)) / 2. */
static int32_t integer_sigmoid(int32_t value) { return (32768 + integer_tanh(value / 2)) >> 1; }

/* The gates (4H), in the order i, o, f, g: before their activations from the products of inputs and of states. */
static void add_gates(int32_t *restrict gates, const int32_t *restrict product, const embdistill_model *model,
                      int backward, size_t first)
{
    const embdistill_matrix *recurrent = &model->recurrent[backward];
    for (size_t j = 0; j < recurrent->columns; j++) {
        int64_t sum = scaled(product[j], model->map.scales[first + j], &model->ratios[0]);
        sum += scaled(gates[j], recurrent->scales[j], &model->ratios[1]);
        gates[j] = clamped(sum + i32_at(model->map_bias.values, first + j), GATE_LIMIT);
    }
}

/* One step, from the gates (4H) to the cell c and the state h (H). down: of a state from steps of 2^-30. */
static void integer_step(int16_t *restrict h, int32_t *restrict c, const int32_t *restrict gates, size_t units,
                         uint32_t down)
{
    const int32_t *i = gates, *o = gates + units, *f = gates + 2 * units, *g = gates + 3 * units; /* (H) each */
    for (size_t j = 0; j < units; j++) {
        int64_t kept = ((int64_t)integer_sigmoid(f[j]) * c[j] + (1 << 14)) >> 15;
        int32_t added = shifted(integer_sigmoid(i[j]) * integer_tanh(g[j]), 14);
        c[j] = clamped(kept + added, CELL_LIMIT);
        h[j] = (int16_t)shifted(integer_sigmoid(o[j]) * integer_tanh(clamped(shifted(c[j], 4), GATE_LIMIT)), down);
    }
}

/* features (H) of one direction. */
static void lstm_integer_direction(int16_t *features, const embdistill_model *model, const sentence *s, int backward,
                                   float *scratch)
{
    const size_t units = model->hidden, gates = 4 * units, first = backward ? gates : 0; /* column of W and b */
    const columns recurrent = {&model->recurrent[backward], 0, gates};
    products p = {.weight = {&model->map, first, gates}, .backward = backward};
    begin_products(&p, model, s, &scratch);
    int32_t *z = (int32_t *)(void *)take(&scratch, gates), *c = (int32_t *)(void *)take(&scratch, units);
    int16_t *h = (int16_t *)(void *)take(&scratch, blocks_of(units));
    memset(h, 0, 2 * blocks_of(units) * sizeof *h);
    memset(c, 0, units * sizeof *c);
    memset(features, 0, units * sizeof *features);
    for (size_t t = 0; t < s->count; t++) {
        const int32_t *product = next_product(&p);  /* W x[t] (4H) */
        multiply_integers(z, h, 1, &recurrent);     /* U h (4H) */
        add_gates(z, product, model, backward, first);
        integer_step(h, c, z, units, 30 - model->feature_bits);
        for (size_t j = 0; j < units; j++)
            if (!model->max_pooling || t == 0 || h[j] > features[j]) features[j] = h[j];
    }
}

static void lstm_integers(int16_t *features, const embdistill_model *model, const sentence *s, float *scratch)
{
    lstm_integer_direction(features, model, s, 0, scratch);
    lstm_integer_direction(features + model->hidden, model, s, 1, scratch);
}

static uint64_t lstm_integer_scratch(const embdistill_model *model)
{
    uint64_t units = model->hidden;
    return products_scratch(model, 4 * units) + 5 * units + blocks_of(model->hidden); /* z, c and h */
}
