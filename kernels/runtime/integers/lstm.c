/* The network `lstm` in whole numbers (networks/lstm.c). Before their activations, gates are numbers of 16 bits in steps
 * of 2^-12; sigmoid, tanh and their products are in steps of 2^-15, and cells in steps of 2^-16. */

enum { GATE_LIMIT = INT16_MAX, CELL_LIMIT = (int32_t)1 << 30 };

/* tanh(i / 32) in steps of 2^-15 in the upper half, and in the lower one how much the next is larger. */
static const uint32_t tanh_table[256] EMBDISTILL_CONSTANT = {
    0x00000400, 0x040003FD, 0x07FD03FA, 0x0BF703F4, 0x0FEB03EC, 0x13D703E2, 0x17B903D7, 0x1B9003C9,
    0x1F5903BB, 0x231403AB, 0x26BF0399, 0x2A580387, 0x2DDF0372, 0x3151035D, 0x34AE0348, 0x37F60331,
    0x3B270319, 0x3E400302, 0x414202EA, 0x442C02D1, 0x46FD02B9, 0x49B602A0, 0x4C560287, 0x4EDD0270,
    0x514D0256, 0x53A3023F, 0x55E20228, 0x580A0210, 0x5A1A01F9, 0x5C1301E3, 0x5DF601CE, 0x5FC401B8,
    0x617C01A4, 0x63200190, 0x64B0017D, 0x662D016A, 0x67970159, 0x68F00147, 0x6A370137, 0x6B6E0127,
    0x6C950117, 0x6DAC0109, 0x6EB500FB, 0x6FB000EE, 0x709E00E1, 0x717F00D5, 0x725400CA, 0x731E00BE,
    0x73DC00B4, 0x749000AA, 0x753A00A0, 0x75DA0098, 0x7672008F, 0x77010087, 0x7788007F, 0x78070078,
    0x787F0071, 0x78F0006B, 0x795B0064, 0x79BF005F, 0x7A1E0059, 0x7A770054, 0x7ACB0050, 0x7B1B004A,
    0x7B650046, 0x7BAB0043, 0x7BEE003E, 0x7C2C003A, 0x7C660037, 0x7C9D0034, 0x7CD10031, 0x7D02002E,
    0x7D30002B, 0x7D5B0029, 0x7D840026, 0x7DAA0024, 0x7DCE0022, 0x7DF0001F, 0x7E0F001E, 0x7E2D001C,
    0x7E49001B, 0x7E640019, 0x7E7D0017, 0x7E940016, 0x7EAA0015, 0x7EBF0013, 0x7ED20012, 0x7EE40011,
    0x7EF50010, 0x7F05000F, 0x7F14000F, 0x7F23000D, 0x7F30000D, 0x7F3D000B, 0x7F48000C, 0x7F54000A,
    0x7F5E000A, 0x7F680009, 0x7F710009, 0x7F7A0008, 0x7F820007, 0x7F890008, 0x7F910006, 0x7F970007,
    0x7F9E0006, 0x7FA40005, 0x7FA90005, 0x7FAE0005, 0x7FB30005, 0x7FB80004, 0x7FBC0004, 0x7FC00004,
    0x7FC40004, 0x7FC80003, 0x7FCB0003, 0x7FCE0003, 0x7FD10003, 0x7FD40003, 0x7FD70002, 0x7FD90003,
    0x7FDC0002, 0x7FDE0002, 0x7FE00002, 0x7FE20002, 0x7FE40001, 0x7FE50002, 0x7FE70002, 0x7FE90001,
    0x7FEA0001, 0x7FEB0002, 0x7FED0001, 0x7FEE0001, 0x7FEF0001, 0x7FF00001, 0x7FF10001, 0x7FF20001,
    0x7FF30000, 0x7FF30001, 0x7FF40001, 0x7FF50001, 0x7FF60000, 0x7FF60001, 0x7FF70000, 0x7FF70001,
    0x7FF80000, 0x7FF80001, 0x7FF90000, 0x7FF90001, 0x7FFA0000, 0x7FFA0000, 0x7FFA0001, 0x7FFB0000,
    0x7FFB0000, 0x7FFB0001, 0x7FFC0000, 0x7FFC0000, 0x7FFC0000, 0x7FFC0001, 0x7FFD0000, 0x7FFD0000,
    0x7FFD0000, 0x7FFD0000, 0x7FFD0001, 0x7FFE0000, 0x7FFE0000, 0x7FFE0000, 0x7FFE0000, 0x7FFE0000,
    0x7FFE0000, 0x7FFE0000, 0x7FFE0001, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,};

/* tanh of a number in steps of 2^-12, between -8 and 8: a straight line between two values, with an error of at most
 * 2^-13. */
static inline int32_t integer_tanh(int32_t value)
{
    const int32_t size = value < 0 ? -value : value;
    const uint32_t line = u32_of(&tanh_table[size >> 7]);
    const int32_t result = (int32_t)(line >> 16) + (((int32_t)(line & 0xFFFF) * (size & 127) + 64) >> 7);
    return value < 0 ? -result : result;
}

/* sigmoid(x) = (1 + tanh(x / 2)) / 2. */
static inline int32_t integer_sigmoid(int32_t value) { return (32768 + integer_tanh(value / 2)) >> 1; }

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

/* The activations of the gates (4H), in place. */
EMBDISTILL_HOT static void activate(int32_t *gates, size_t units)
{
    for (size_t j = 0; j < 3 * units; j++) gates[j] = integer_sigmoid(gates[j]);
    for (size_t j = 3 * units; j < 4 * units; j++) gates[j] = integer_tanh(gates[j]);
}

/* One step, from the activated gates (4H) to the cell c and the state h (H). down: of a state from steps of 2^-30. */
EMBDISTILL_HOT static void integer_step(int16_t *restrict h, int32_t *restrict c, const int32_t *restrict gates,
                                        size_t units, uint32_t down)
{
    const int32_t *i = gates, *o = gates + units, *f = gates + 2 * units, *g = gates + 3 * units; /* (H) each */
    for (size_t j = 0; j < units; j++) {
        const int64_t kept = ((int64_t)f[j] * c[j] + (1 << 14)) >> 15;
        c[j] = clamped(kept + ((i[j] * g[j] + (1 << 13)) >> 14), CELL_LIMIT);
    }
    for (size_t j = 0; j < units; j++) {
        const int32_t cell = clamped((c[j] + 8) >> 4, GATE_LIMIT);
        h[j] = (int16_t)((o[j] * integer_tanh(cell) + ((int32_t)1 << (down - 1))) >> down);
    }
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
        activate(z, units);
        integer_step(h, c, z, units, 30 - model->feature_bits);
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
