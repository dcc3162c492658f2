/* Opening a model in whole numbers: its sections (docs/edm.md), and that no sum of it can overflow. */

/* Whether no scale is 0. */
static int all_scale(const embdistill_matrix *matrix, size_t count)
{
    while (count > 0 && byte_at(matrix->scales, count - 1) != 0) count--;
    return count == 0;
}

/* Reads int8 weights in blocks, with a number of scales. */
static int read_blocks(embdistill_matrix *matrix, section from, embdistill_count scales)
{
    if (read_header(matrix, from) == 0 || u32_at(from.at, 0) != BLOCKS) return 0;
    const size_sum bytes = 4 * (size_sum)blocks_of(matrix->rows) * blocks_of(matrix->columns);
    if (from.size - 16 != bytes + scales) return 0;
    matrix->scales = matrix->values + bytes;
    return all_scale(matrix, scales);
}

/* Reads a row of int32. */
static int read_integers(embdistill_matrix *matrix, section from)
{
    const size_sum count = read_header(matrix, from);
    return count > 0 && matrix->rows == 1 && u32_at(from.at, 0) == INT32 && from.size - 16 == 4 * count;
}

/* Reads int8 or int4 vectors with a scale a row and the unit of the table, which is read first. */
static int read_vectors(embdistill_matrix *matrix, section from, const embdistill_model *model)
{
    if (read_header(matrix, from) == 0 || memcmp(&matrix->unit, &model->table.unit, sizeof matrix->unit) != 0) return 0;
    const uint32_t dtype = u32_at(from.at, 0);
    if (dtype != INT8 && dtype != INT4) return 0;
    matrix->int4 = dtype == INT4;
    const size_sum bytes = matrix->rows * (size_sum)row_bytes(matrix);
    if (from.size - 16 != bytes + matrix->rows) return 0;
    matrix->scales = matrix->values + bytes;
    return all_scale(matrix, matrix->rows);
}

/* Reads what the sums of the layers are multiplied by. */
static int read_settings(embdistill_model *model, section from)
{
    if (from.size != 28 || !all_finite(from.at + 24, 1)) return 0;
    model->input_shift = count_at(from.at, 0);
    model->feature_bits = count_at(from.at, 5);
    model->logit_step = float_at(from.at, 6);
    for (size_t i = 0; i < 2; i++) {
        const embdistill_ratio ratio = {u32_at(from.at, 1 + 2 * i), u32_at(from.at, 2 + 2 * i)};
        model->ratios[i] = ratio;
        if (i == 1 && model->network != EMBDISTILL_LSTM) break; /* there is only one layer before the output */
        if (ratio.multiplier == 0 || ratio.multiplier > MOST_MULTIPLIER || ratio.shift < 1 || ratio.shift > 62) return 0;
    }
    const uint32_t exponent = u32_at(from.at, 6) >> 23; /* with the sign, which must be + */
    return model->input_shift <= 15 && model->feature_bits >= 1 && model->feature_bits <= 15
           && exponent >= LEAST_EXPONENT && exponent <= MOST_EXPONENT;
}

/* Whether sums of so many products of weights and of numbers of at most `largest` fit 32 bits, and so do they with a
 * bias, which may be NULL. */
static int sums_fit(size_sum count, uint32_t largest, const embdistill_matrix *bias)
{
    if (count > INT32_MAX / 128 / largest) return 0;
    const int32_t left = INT32_MAX - (int32_t)((uint32_t)count * 128 * largest);
    for (size_t j = 0; bias != NULL && j < bias->columns; j++) {
        const int32_t value = i32_at(bias->values, j);
        if (value > left || value < -left) return 0;
    }
    return 1;
}

/* Whether no sum of the network overflows. */
static int all_sums_fit(const embdistill_model *model)
{
    const int is_lstm = model->network == EMBDISTILL_LSTM;
    size_sum inputs = model->map.rows, width = 1;
    for (size_t k = 0; k < model->width_count; k++) width = model->widths[k] > width ? model->widths[k] : width;
    const uint32_t largest = ((uint32_t)LARGEST_INPUT >> model->input_shift) + 1, feature = 1u << model->feature_bits;
    return sums_fit(inputs * width, largest, is_lstm ? NULL : &model->map_bias)
           && sums_fit(model->features, feature, &model->output_bias); /* states of `lstm` are features */
}

/* Reads the vectors and weights of a model in whole numbers. */
static int read_whole_numbers(embdistill_model *model, const section *sections)
{
    if (!read_vectors(&model->table, sections[SECTION_TABL], model)
        || !read_integers(&model->map_bias, sections[SECTION_MAPB])
        || !read_blocks(&model->map, sections[SECTION_MAPW], model->map_bias.columns)
        || !read_integers(&model->output_bias, sections[SECTION_OUTB])
        || !read_blocks(&model->output, sections[SECTION_OUTW], model->output_bias.columns))
        return 0;
    for (size_t i = 0; i < 2; i++) {
        const section positions = sections[SECTION_POS1 + i], recurrent = sections[SECTION_RECF + i];
        if (positions.at != NULL && !read_vectors(&model->positions[i], positions, model)) return 0;
        if (recurrent.at != NULL && !read_blocks(&model->recurrent[i], recurrent, 4 * model->hidden)) return 0;
    }
    return is_pair(model->positions) && is_pair(model->recurrent) && read_settings(model, sections[SECTION_INTS]);
}
