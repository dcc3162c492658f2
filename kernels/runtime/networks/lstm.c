/* The network `lstm`: features (2H), H of each direction: the last state, or the maximum over all; 0 for an empty
 * text. For each token t, z (4H) = W x[t] + U h + b, with the gates in the order i, o, f, g (input, output, forget,
 * candidate): c = sigmoid(f) c + sigmoid(i) tanh(g), and the state h = sigmoid(o) tanh(c).
 * embdistill/model/networks/lstm.py trains it. */

/* One step, from z (4H) to the cell c and the state h (H). */
EMBDISTILL_HOT static void lstm_step(float *restrict h, float *restrict c, float *restrict z, size_t units)
{
    for (size_t j = 0; j < 3 * units; j++) z[j] *= 0.5f;
    apply_tanh(z, 4 * units);
    for (size_t j = 0; j < 3 * units; j++) z[j] = 0.5f * z[j] + 0.5f; /* sigmoid(x) = (1 + tanh(x / 2)) / 2 */
    const float *i = z, *o = z + units, *f = z + 2 * units, *g = z + 3 * units; /* (H) each */
    for (size_t j = 0; j < units; j++) h[j] = c[j] = f[j] * c[j] + i[j] * g[j];
    apply_tanh(h, units);
    for (size_t j = 0; j < units; j++) h[j] *= o[j];
}

/* features (H) of one direction. */
static void lstm_direction(float *features, const embdistill_model *model, const sentence *s, int backward,
                           float *scratch)
{
    const size_t units = model->hidden, gates = 4 * units, first = backward ? gates : 0; /* column of W and b */
    const columns recurrent = {&model->recurrent[backward], 0, gates};
    products p;
    begin_products(&p, model, s, first, gates, backward, &scratch);
    float *z = take(&scratch, gates), *h = take(&scratch, units), *c = take(&scratch, units);
    memset(h, 0, units * sizeof *h);
    memset(c, 0, units * sizeof *c);
    memset(features, 0, units * sizeof *features);
    for (size_t t = 0; t < s->count; t++) {
        const float *product = (const float *)next_product(&p); /* W x[t] (4H) */
        multiply_vector(z, h, &recurrent);       /* U h (4H) */
        for (size_t j = 0; j < gates; j++) z[j] += product[j] + float_at(model->map_bias.values, first + j);
        lstm_step(h, c, z, units);
        for (size_t j = 0; j < units; j++)
            if (!model->max_pooling || t == 0 || h[j] > features[j]) features[j] = h[j];
    }
}

static void lstm_features(float *features, const embdistill_model *model, const sentence *s, float *scratch)
{
    lstm_direction(features, model, s, 0, scratch);
    lstm_direction(features + model->hidden, model, s, 1, scratch);
}

static size_sum lstm_scratch(const embdistill_model *model)
{
    size_sum units = model->hidden;
    return products_scratch(model, 4 * units) + 6 * units; /* z, h and c */
}

static int lstm_fits(const embdistill_model *model)
{
    uint64_t gates = 4 * (uint64_t)model->hidden;
    return model->width_count == 0 && model->max_pooling <= 1 && model->recurrent[0].rows == model->hidden
           && model->recurrent[0].columns == gates && model->map.columns == 2 * gates
           && model->map_bias.columns == 2 * gates && model->features == gates / 2;
}
