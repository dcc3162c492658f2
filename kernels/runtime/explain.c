/* See explain.h. Included behind embdistill.c, whose functions it uses. */
#include "explain.h"

#ifdef EMBDISTILL_ASCII
#error "explain.c takes tokens of valid UTF-8, which those of EMBDISTILL_ASCII may not be"
#endif

/* ---- How words are read ----------------------------------------------------------------------------------------- */

size_t embdistill_token_start(const embdistill_tokenizer *tokenizer, size_t from)
{
    for (;;) {
        character here = decode_at(tokenizer, from);
        if (here.size == 0 || (!is_space(here.code) && !is_joiner(here.code))) return from;
        from += here.size;
    }
}

/* Appends the words of bytes from, ..., to - 1 of a text to the `count` before them; returns how many there are then. */
static size_t append_words(const embdistill_model *model, const char *text, size_t from, size_t to,
                           embdistill_word *words, size_t capacity, size_t count)
{
    embdistill_tokenizer tokenizer = {(const unsigned char *)text, to, from, model->mode, model->lowercase};
    const embdistill_lexicon known = {has_row, model};
    unsigned char token[EMBDISTILL_TOKEN_BYTES];
    for (size_t size; (size = embdistill_next_word(&tokenizer, &known, token)) != 0; from = tokenizer.at, count++) {
        if (count >= capacity) continue;
        embdistill_word *word = words + count;
        word->start = embdistill_token_start(&tokenizer, from);
        word->end = tokenizer.at;
        word->reading = EMBDISTILL_KNOWN;
        word->row = embdistill_lookup(model, token, size);
        if (word->row != 0) continue;
        word->row = embdistill_correct(model, token, size);
        word->reading = word->row != 0   ? EMBDISTILL_CORRECTED
                        : model->subwords ? EMBDISTILL_BY_SUBWORDS
                                          : EMBDISTILL_UNREAD;
    }
    return count;
}

size_t embdistill_read_words(const embdistill_model *model, const char *text, size_t length, embdistill_word *words,
                             size_t capacity)
{
    size_t from = 0, count = 0;
    for (size_t at = 0; at < length && embdistill_is_relational(model); at++) {
        int closing;
        size_t entity, size = mark_size((const unsigned char *)text + at, length - at, &entity, &closing);
        if (size == 0) continue;
        count = append_words(model, text, from, at, words, capacity, count);
        from = at + size;
    }
    return append_words(model, text, from, length, words, capacity, count);
}

/* Writes the bytes of a token before `at`, then those of `middle`, then those of the token from `from` on, if that is
 * the word of a row; returns its length, else 0. */
static size_t spell(const embdistill_model *model, uint32_t row, const unsigned char *token, size_t length, size_t at,
                    const unsigned char *middle, size_t middle_size, size_t from, unsigned char *spelling)
{
    memcpy(spelling, token, at);
    memcpy(spelling + at, middle, middle_size);
    memcpy(spelling + at + middle_size, token + from, length - from);
    length = at + middle_size + length - from;
    return embdistill_lookup(model, spelling, length) == row ? length : 0;
}

size_t embdistill_spelling(const embdistill_model *model, const char *text, const embdistill_word *word,
                           unsigned char spelling[EMBDISTILL_SPELLING_BYTES])
{
    embdistill_tokenizer tokenizer = {(const unsigned char *)text, word->end, word->start, model->mode,
                                      model->lowercase};
    const embdistill_lexicon known = {has_row, model};
    unsigned char token[EMBDISTILL_TOKEN_BYTES], middle[8];
    const size_t length = embdistill_next_word(&tokenizer, &known, token);
    for (size_t at = 0, next; at <= length; at = next > at ? next : length + 1) {
        next = character_end(token, length, at);
        size_t end = character_end(token, length, next), size;
        if ((size = spell(model, word->row, token, length, at, middle, 0, next, spelling)) != 0) return size;
        memcpy(middle, token + next, end - next);
        memcpy(middle + (end - next), token + at, next - at);
        if ((size = spell(model, word->row, token, length, at, middle, end - at, end, spelling)) != 0) return size;
        for (size_t i = 0; i < model->letter_count; i++) {
            size_t letter = encode(u32_at(model->letters, i), middle, 4);
            if ((size = spell(model, word->row, token, length, at, middle, letter, next, spelling)) != 0) return size;
            if ((size = spell(model, word->row, token, length, at, middle, letter, at, spelling)) != 0) return size;
        }
    }
    return 0;
}

/* ---- Texts without a word --------------------------------------------------------------------------------------- */

/* Takes a token out of a text. */
static void take_out(sentence *s, size_t token)
{
    for (int entity = 0; entity < 2; entity++)
        for (int end = 0; end < 2; end++) s->spans[entity][end] -= s->spans[entity][end] > token;
    memmove(s->rows + 4 * token, s->rows + 4 * (token + 1), 4 * (s->count - token - 1));
    s->count--;
}

static int is_whole_entity(const sentence *s, size_t token)
{
    for (int entity = 0; entity < 2; entity++)
        if (s->spans[entity][0] == token && s->spans[entity][1] == token + 1) return 1;
    return 0;
}

embdistill_error embdistill_leave_out(const embdistill_model *model, const char *text, size_t length, void *scratch,
                                      size_t scratch_bytes, float *logits, size_t first, size_t count)
{
    sentence s;
    embdistill_error error = read_text(&s, model, text, length, scratch, scratch_bytes);
    for (size_t t = first; error == EMBDISTILL_OK && t - first < count && t < s.count; t++, logits += model->classes) {
        const uint32_t row = u32_at(s.rows, t), unknown = 0;
        sentence without = s; /* of the same rows */
        if (is_whole_entity(&s, t)) memcpy(s.rows + 4 * t, &unknown, 4);
        else take_out(&without, t);
        sentence_logits(logits, model, &without, scratch);
        if (without.count < s.count) memmove(s.rows + 4 * (t + 1), s.rows + 4 * t, 4 * (s.count - t - 1));
        memcpy(s.rows + 4 * t, &row, 4);
    }
    return error;
}

/* ---- The closed form of `mean` ---------------------------------------------------------------------------------- */

/* A weight of a matrix in blocks. */
static int64_t weight_of(const embdistill_matrix *matrix, size_t row, size_t column)
{
    const size_t block = row / 2 * blocks_of(matrix->columns) + column / 2;
    return ((const signed char *)matrix->values)[4 * block + row % 2 * 2 + column % 2];
}

/* shares (count, C) of a text that has been read, in whole numbers up to the last step. product: scratch for H values,
 * or one more if H is odd. */
static void integer_shares(float *shares, const embdistill_model *model, const sentence *s, float *product,
                           float *features, size_t first, size_t count)
{
    const columns weight = {&model->map, 0, 2 * blocks_of(model->hidden)};
    int16_t *const active = (int16_t *)(void *)features, *x = (int16_t *)(void *)(features + features_size(model));
    int32_t *const sums = (int32_t *)(void *)product, *again = (int32_t *)(void *)x + blocks_of(model->table.columns);
    mean_integers(active, model, s, (float *)(void *)x);
    for (size_t t = first; t - first < count && t < s->count; t++, shares += model->classes) {
        if (model->table.columns % 2) x[model->table.columns] = 0;
        read_integer_word(x, again, model, s, t);  /* e */
        multiply_integers(sums, x, 1, &weight);    /* W e */
        for (uint32_t c = 0; c < model->classes; c++) {
            int64_t sum = 0;
            for (size_t h = 0; h < model->hidden; h++)
                if (active[h] > 0)
                    sum += weight_of(&model->output, h, c)
                           * clamped(scaled(sums[h], model->map.scales[h], &model->ratios[0]), INT32_MAX);
            shares[c] = (float)sum * model->output.scales[c] * model->logit_step / (float)s->count;
        }
    }
}

embdistill_error embdistill_shares(const embdistill_model *model, const char *text, size_t length, void *scratch,
                                   size_t scratch_bytes, float *shares, size_t first, size_t count)
{
    const size_t hidden = 2 * blocks_of(model->hidden);
    if (scratch_bytes / 4 < hidden) return EMBDISTILL_ERROR_SCRATCH;
    sentence s;
    float *features = (float *)scratch + hidden, *product = scratch, *rest = features + model->features;
    embdistill_error error = read_text(&s, model, text, length, features, scratch_bytes - 4 * hidden);
    if (error != EMBDISTILL_OK) return error;
    if (is_whole(model)) {
        integer_shares(shares, model, &s, product, features, first, count);
        return EMBDISTILL_OK;
    }
    mean_features(features, model, &s, rest);
    for (size_t h = 0; h < model->hidden; h++) features[h] = features[h] > 0 ? 1.0f / (float)s.count : 0;

    const columns weight = {&model->map, 0, model->hidden};
    for (size_t t = first; t - first < count && t < s.count; t++, shares += model->classes) {
        memset(rest, 0, model->table.columns * sizeof *rest);
        add_word(rest, model, &s, t);             /* e */
        multiply_vector(product, rest, &weight);  /* W e */
        for (size_t h = 0; h < model->hidden; h++) product[h] *= features[h];
        output_layer(shares, product, model);
        for (uint32_t c = 0; c < model->classes; c++) shares[c] -= float_at(model->output_bias.values, c);
    }
    return EMBDISTILL_OK;
}
