/* The network `mean`: features (H) = ReLU(b + W m), where m (d) is the mean of the word vectors, 0 for an empty text.
 * embdistill/model/networks/mean.py trains it. */

enum { RUN = 64 }; /* tokens are summed in runs of this length, and then the sums of the runs, for less round-off */

/* m (d) = mean of the word vectors. run (d) is scratch. */
static void mean_of_words(float *m, float *run, const embdistill_model *model, const sentence *s)
{
    const size_t dim = model->table.columns;
    memset(m, 0, dim * sizeof *m);
    for (size_t first = 0; first < s->count; first += RUN) {
        memset(run, 0, dim * sizeof *run);
        for (size_t t = first; t < s->count && t < first + RUN; t++) add_word(run, model, s, t);
        for (size_t j = 0; j < dim; j++) m[j] += run[j];
    }
    for (size_t j = 0; s->count > 0 && j < dim; j++) m[j] /= (float)s->count;
}

/* features (H) = mean of W x over the tokens, which is W m, if W x is precomputed for all of them and they fit into one
 * run; returns false otherwise. */
EMBDISTILL_HOT static int mean_of_precomputed(float *restrict features, const embdistill_model *model,
                                              const sentence *s)
{
    const size_t hidden = model->hidden;
    if (s->count == 0 || s->count > RUN) return 0;
    for (size_t t = 0; t < s->count; t++)
        if (precomputed_row(model, row_at(s, t)) == NULL) return 0;
    memset(features, 0, hidden * sizeof *features);
    for (size_t t = 0; t < s->count; t++) {
        const float *product = precomputed_row(model, row_at(s, t)); /* (H) */
        for (size_t h = 0; h < hidden; h++) features[h] += product[h];
    }
    const float share = 1.0f / (float)s->count;
    for (size_t h = 0; h < hidden; h++) features[h] *= share;
    return 1;
}

static void mean_features(float *features, const embdistill_model *model, const sentence *s, float *scratch)
{
    if (!mean_of_precomputed(features, model, s)) {
        float *m = take(&scratch, model->table.columns), *run = take(&scratch, model->table.columns);
        const columns weight = {&model->map, 0, model->hidden};
        mean_of_words(m, run, model, s);
        multiply_vector(features, m, &weight); /* W m */
    }
    bias_relu(features, &model->map_bias);
}

static size_sum mean_scratch(const embdistill_model *model)
{
    return 2 * (size_sum)model->table.columns; /* m and run */
}

static int mean_fits(const embdistill_model *model)
{
    return model->width_count == 0 && model->max_pooling == 0 && model->positions[0].rows == 0
           && model->recurrent[0].rows == 0 && model->map.columns == model->hidden
           && model->map_bias.columns == model->hidden && model->features == model->hidden;
}
