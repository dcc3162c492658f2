/* Precomputed rows of the first layer: W x for frequent words x. In models of relations, inputs depend on more than the
 * word, so there are none. */

/* W x (M), of float or int32, of a row of the table; NULL if it is not precomputed, or the word has no row. */
static const float *precomputed_row(const embdistill_model *model, uint32_t row)
{
    if (model->precomputed_index == NULL || row >= READ_AGAIN) return NULL;
    uint32_t index = number_at(model->precomputed_index, (size_t)row);
    return index == 0 ? NULL : model->precomputed + (index - 1) * products_size(model, model->map.columns);
}

size_t embdistill_precompute_bytes(const embdistill_model *model, size_t words)
{
    if (has_entities(model)) return 0;
    if (words > model->common_count) words = model->common_count;
    /* precomputed_index (V), precomputed (words, M) and a vector (d); both factors are below 2^32 */
    uint64_t values = model->table.rows + words * (uint64_t)products_size(model, model->map.columns) + model->map.rows;
    return values > SIZE_MAX / 4 ? SIZE_MAX : 4 * (size_t)values;
}

/* product (M) = W x of a row of the table; x (d) is scratch. */
static void multiply_row(float *product, float *x, uint32_t row, const columns *map, const embdistill_model *model)
{
    if (is_whole(model)) {
        int16_t *inputs = (int16_t *)(void *)x;
        inputs[model->map.rows - 1 + model->map.rows % 2] = 0;
        read_integer_row(inputs, &model->table, row, model->input_shift);
        multiply_integers((int32_t *)(void *)product, inputs, 1, map);
    } else {
        memset(x, 0, model->map.rows * sizeof *x);
        add_row(x, &model->table, row);
        multiply_vector(product, x, map);
    }
}

embdistill_error embdistill_precompute(embdistill_model *model, size_t words, void *memory, size_t bytes)
{
    size_t needed = embdistill_precompute_bytes(model, words);
    if ((uintptr_t)memory % BUFFER_ALIGNMENT != 0) return EMBDISTILL_ERROR_ALIGNMENT;
    if (bytes < needed || needed == SIZE_MAX) return EMBDISTILL_ERROR_SCRATCH;
    if (needed == 0) return EMBDISTILL_OK;
    if (words > model->common_count) words = model->common_count;
    const columns map = {&model->map, 0, products_size(model, model->map.columns)};
    unsigned char *indices = (unsigned char *)memory;
    const size_t row_size = products_size(model, map.count);
    float *precomputed = (float *)memory + model->table.rows, *x = precomputed + words * row_size;
    memset(indices, 0, 4 * (size_t)model->table.rows);
    for (size_t i = 0; i < words; i++) {
        uint32_t row = u32_at(model->common, i), index = (uint32_t)i + 1;
        memcpy(indices + 4 * (size_t)row, &index, 4);
        multiply_row(precomputed + i * row_size, x, row, &map, model);
    }
    model->precomputed_index = indices;
    model->precomputed = precomputed;
    return EMBDISTILL_OK;
}
