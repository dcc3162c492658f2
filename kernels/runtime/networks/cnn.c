/* The network `cnn`: features (F) = ReLU(b + the largest response of each filter), with H filters of each
 * width. The response of a filter of width w at position p, the first token it covers, is the sum over its taps i of
 * W[i] x[p + i]; x is 0 outside the text, and p goes from 1 - w, where the last tap meets the first token, to the last
 * token. For an empty text, features = ReLU(b). embdistill/model/networks/cnn.py trains it.
 *
 * The first layer gives W[i] x[t] for all taps i of a token t. So the tokens are read once, and only the responses
 * that are not complete are kept: `responses` (w, H), with position p in row p mod w. */

static void keep_largest(float *restrict largest, const float *restrict response, size_t filters)
{
    for (size_t h = 0; h < filters; h++) largest[h] = response[h] > largest[h] ? response[h] : largest[h];
}

/* Tap i of token t belongs to the window that starts at t - i: adds its product, row i of `taps` (w, H), to the
 * response of that window. At i = w - 1 the window is complete, and may raise `largest` (H). */
EMBDISTILL_HOT static void add_taps(float *restrict largest, float *restrict responses, const float *restrict taps,
                                    size_t t, size_t width, size_t filters)
{
    for (size_t i = 0; i < width; i++, taps += filters) {
        float *response = responses + (t + width - i) % width * filters; /* of position t - i */
        if (i == 0 || t == 0) /* its first token */
            for (size_t h = 0; h < filters; h++) response[h] = taps[h];
        else
            for (size_t h = 0; h < filters; h++) response[h] += taps[h];
        if (i == width - 1) keep_largest(largest, response, filters);
    }
}

static void cnn_features(float *features, const embdistill_model *model, const sentence *s, float *scratch)
{
    const size_t filters = model->hidden, columns = model->map.columns; /* H; all taps of all widths, H each */
    products p;
    begin_products(&p, model, s, 0, columns, 0, &scratch);
    float *responses = take(&scratch, columns); /* for each width (w, H) */
    for (size_t j = 0; j < model->features; j++) features[j] = s->count > 0 ? -FLT_MAX : 0;
    for (size_t t = 0; t < s->count; t++) {
        const float *product = (const float *)next_product(&p); /* for each width (w, H), as responses */
        for (size_t k = 0, first = 0; k < model->width_count; first += model->widths[k] * filters, k++)
            add_taps(features + k * filters, responses + first, product + first, t, model->widths[k], filters);
    }
    /* Windows that reach beyond the text: their responses are left. */
    for (size_t k = 0; s->count > 0 && k < model->width_count; k++)
        for (size_t row = 0; row < model->widths[k]; row++, responses += filters)
            keep_largest(features + k * filters, responses, filters);
    bias_relu(features, &model->map_bias);
}

static size_sum cnn_scratch(const embdistill_model *model)
{
    return products_scratch(model, model->map.columns) + model->map.columns; /* and responses */
}

static int cnn_fits(const embdistill_model *model)
{
    uint64_t widths = 0, features = model->width_count * (uint64_t)model->hidden;
    for (uint32_t k = 0; k < model->width_count; k++) widths += model->widths[k];
    return widths <= UINT32_MAX && model->map.columns == widths * model->hidden /* which is below 2^64 */
           && model->map_bias.columns == features && model->features == features && model->max_pooling == 0
           && model->recurrent[0].rows == 0;
}
