/* The inputs of a token in whole numbers: the vector of its word and, for relations, those of its distances from both
 * entities. An input is value * scale of an int8 row, of 16 bits, shifted so that the sums of the network fit; a value of
 * an int4 row counts 16. */

/* The values of an int4 byte, times 16: of one column, and of the one half a row behind it. */
static inline int low_of(unsigned char byte) { return (signed char)(byte << 4); }
static inline int high_of(unsigned char byte) { return (signed char)(byte & 0xF0); }

/* x (n) = a row of a matrix of n columns. */
EMBDISTILL_HOT static void read_integer_row(int16_t *restrict x, const embdistill_matrix *matrix, uint32_t row,
                                            uint32_t shift)
{
    const unsigned char *values = matrix->values + (size_t)row * row_bytes(matrix);
    const int scale = byte_at(matrix->scales, (size_t)row);
    const size_t n = matrix->columns, half = blocks_of(n);
    if (matrix->int4) {
        for (size_t j = 0; j < half; j++) x[j] = (int16_t)shifted(low_of(byte_at(values, j)) * scale, shift);
        for (size_t j = half; j < n; j++) x[j] = (int16_t)shifted(high_of(byte_at(values, j - half)) * scale, shift);
    } else {
        for (size_t j = 0; j < n; j++) x[j] = (int16_t)shifted(i8_at(values, j) * scale, shift);
    }
}

/* sums (d) += value * scale of a row. */
EMBDISTILL_HOT static void add_integer_row(int32_t *restrict sums, const embdistill_matrix *matrix, uint32_t row)
{
    const unsigned char *values = matrix->values + (size_t)row * row_bytes(matrix);
    const int scale = byte_at(matrix->scales, (size_t)row);
    const size_t n = matrix->columns, half = blocks_of(n);
    if (matrix->int4) {
        for (size_t j = 0; j < half; j++) sums[j] += low_of(byte_at(values, j)) * scale;
        for (size_t j = half; j < n; j++) sums[j] += high_of(byte_at(values, j - half)) * scale;
    } else {
        for (size_t j = 0; j < n; j++) sums[j] += i8_at(values, j) * scale;
    }
}

/* x (d) = the vector of a token. sums (d) is scratch for the n-grams of a word. */
static void read_integer_word(int16_t *x, int32_t *sums, const embdistill_model *model, const sentence *s, size_t token)
{
    uint32_t row = row_at(s, token);
    if (row < READ_AGAIN) read_integer_row(x, &model->table, row, model->input_shift);
    else read_integer_ngrams(x, sums, model, s, (size_t)(row - READ_AGAIN));
}

/* x (d + 2p) = the input of a token, and 0 beyond an odd last one. */
static void read_integer_input(int16_t *x, int32_t *sums, const embdistill_model *model, const sentence *s, size_t token)
{
    read_integer_word(x, sums, model, s, token);
    x += model->table.columns;
    for (int entity = 0; entity < 2 && has_entities(model); entity++) {
        const embdistill_matrix *positions = &model->positions[entity];
        read_integer_row(x, positions, position_row(model, s, token, entity), model->input_shift);
        x += positions->columns;
    }
    if (model->map.rows % 2) *x = 0;
}
