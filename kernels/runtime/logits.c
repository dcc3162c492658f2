/* From a text to its logits: tokens, rows of the table, features of the network, output layer. */

/* The functions of the networks (internal.h), by their codes; NULL for those that are left out. */
static const struct {
    int (*fits)(const embdistill_model *model);
    size_sum (*scratch)(const embdistill_model *model);
    void (*features)(float *features, const embdistill_model *model, const sentence *s, float *scratch);
    size_sum (*integer_scratch)(const embdistill_model *model);
    void (*integers)(int16_t *features, const embdistill_model *model, const sentence *s, float *scratch);
} networks[] = {
#define NETWORK_ROW(code, name)                                                                                 \
    {IF_##name(name##_fits, NULL), IF_##name(IF_FLOATS(name##_scratch), NULL),                                   \
     IF_##name(IF_FLOATS(name##_features), NULL), IF_##name(IF_INTEGERS(name##_integer_scratch), NULL),         \
     IF_##name(IF_INTEGERS(name##_integers), NULL)},
    EMBDISTILL_NETWORKS(NETWORK_ROW)
#undef NETWORK_ROW
};

/* Values of four bytes that the features (F) take. */
static size_t features_size(const embdistill_model *model)
{
    return is_whole(model) ? model->features / 2 + 1 : model->features;
}

/* Values of scratch, whatever the length of the text: the features, and what the network takes. */
static size_sum fixed_scratch(const embdistill_model *model)
{
    return features_size(model)
           + (is_whole(model) ? networks[model->network].integer_scratch : networks[model->network].scratch)(model);
}

size_t embdistill_scratch_bytes(const embdistill_model *model, size_t tokens)
{
    size_sum fixed = fixed_scratch(model);
    if (tokens > SIZE_MAX / 4 || fixed > SIZE_MAX / 4 - tokens) return SIZE_MAX;
    return 4 * ((size_t)fixed + tokens);
}

/* Reads a text into scratch: features (F), what the network takes, and in what is left a row of the table for each
 * token. */
static embdistill_error read_text(sentence *s, const embdistill_model *model, const char *text, size_t length,
                                  void *scratch, size_t scratch_bytes)
{
    size_sum fixed = fixed_scratch(model);
    if ((uintptr_t)scratch % BUFFER_ALIGNMENT != 0) return EMBDISTILL_ERROR_ALIGNMENT;
    if (fixed > scratch_bytes / 4) return EMBDISTILL_ERROR_SCRATCH;
    memset(s, 0, sizeof *s);
    s->text = (const unsigned char *)text;
    s->length = length;
    s->rows = (unsigned char *)((float *)scratch + fixed);
    s->capacity = scratch_bytes / 4 - (size_t)fixed;
    return has_entities(model) ? read_marked(s, model) : read_tokens(s, model, 0, length);
}

/* logits (C) of a text that has been read. scratch: features, and what the network takes. */
static void sentence_logits(float *logits, const embdistill_model *model, const sentence *s, float *scratch)
{
    float *rest = scratch + features_size(model);
    if (is_whole(model)) {
        int16_t *features = (int16_t *)(void *)scratch;
        networks[model->network].integers(features, model, s, rest);
        integer_output(logits, features, model);
    } else {
        networks[model->network].features(scratch, model, s, rest);
        output_layer(logits, scratch, model);
    }
}

embdistill_error embdistill_logits(const embdistill_model *model, const char *text, size_t length, void *scratch,
                                   size_t scratch_bytes, float *logits, size_t *known)
{
    sentence s;
    embdistill_error error = read_text(&s, model, text, length, scratch, scratch_bytes);
    if (error != EMBDISTILL_OK) return error;
    if (known != NULL) *known = s.known;
    sentence_logits(logits, model, &s, (float *)scratch);
    return EMBDISTILL_OK;
}
