#include "exercise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void require(int holds, const char *condition, const char *file, int line)
{
    if (holds) return;
    fprintf(stderr, "%s:%d: required: %s\n", file, line, condition);
    abort();
}

void *allocate(size_t bytes)
{
    void *memory = malloc(bytes > 0 ? bytes : 1);
    REQUIRE(memory != NULL);
    return memory;
}

void *copy_of(const void *bytes, size_t size)
{
    void *copy = allocate(size);
    if (size > 0) memcpy(copy, bytes, size);
    return copy;
}

/* The tokens of a text: each is at most EMBDISTILL_TOKEN_BYTES long, and moves on. */
static size_t count_tokens(const char *text, size_t length, embdistill_split split, int lowercase)
{
    embdistill_tokenizer tokenizer = {(const unsigned char *)text, length, 0, split, lowercase};
    unsigned char *token = allocate(EMBDISTILL_TOKEN_BYTES);
    size_t count = 0, before = 0, size;
    for (; (size = embdistill_next_token(&tokenizer, token)) != 0; count++) {
        REQUIRE(size <= EMBDISTILL_TOKEN_BYTES && tokenizer.at > before && tokenizer.at <= length);
        before = tokenizer.at;
    }
    REQUIRE(count <= length && embdistill_next_token(&tokenizer, token) == 0);
    free(token);
    return count;
}

/* What a text gives with `bytes` of scratch that hold `filling` before. */
static embdistill_error logits_in(float *logits, size_t *known, const embdistill_model *model, const char *text,
                                  size_t length, size_t bytes, int filling)
{
    void *scratch = allocate(bytes);
    memset(scratch, filling, bytes);
    embdistill_error error = embdistill_logits(model, text, length, scratch, bytes, logits, known);
    free(scratch);
    return error;
}

static int same(const float *values, const float *others, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(values[i] <= others[i] && values[i] >= others[i]) && !(values[i] != values[i] && others[i] != others[i]))
            return 0;
    return 1;
}

static void exercise_softmax(float *logits, uint32_t classes)
{
    float least = logits[0], most = logits[0], sum = 0;
    uint32_t best = embdistill_best(logits, classes);
    REQUIRE(best < classes);
    for (uint32_t i = 0; i < classes; i++) {
        if (!(logits[i] >= -1e30f && logits[i] <= 1e30f)) least = -2e30f; /* not a number, or without an end */
        least = logits[i] < least ? logits[i] : least;
        most = logits[i] > most ? logits[i] : most;
    }
    embdistill_softmax(logits, classes);
    if (least < -1e30f || most > 1e30f) return;
    for (uint32_t i = 0; i < classes; i++) {
        REQUIRE(logits[i] >= 0 && logits[i] <= logits[best]);
        sum += logits[i];
    }
    REQUIRE(sum > 0.999f && sum < 1.001f);
}

void exercise_text(const embdistill_model *model, const char *text, size_t length)
{
    size_t enough = embdistill_scratch_bytes(model, length), known = 0, known_again = 0;
    float *logits = allocate(model->classes * sizeof *logits), *again = allocate(model->classes * sizeof *again);
    char *copy = copy_of(text, length);
    embdistill_error error = logits_in(logits, &known, model, copy, length, enough, 0xFF);
    REQUIRE(error == EMBDISTILL_OK || (error == EMBDISTILL_ERROR_MARKS && embdistill_is_relational(model)));
    REQUIRE(logits_in(again, &known_again, model, copy, length, enough, 0) == error);
    REQUIRE(error != EMBDISTILL_OK || (known <= length && known == known_again && same(logits, again, model->classes)));

    size_t none = embdistill_scratch_bytes(model, 0);
    size_t tokens = count_tokens(copy, length, model->split, model->lowercase);
    size_t least = embdistill_scratch_bytes(model, tokens); /* marks are no tokens: then this is more than needed */
    const size_t sizes[] = {0, 3, none - 1, none, least / 2, least - 1, least};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        embdistill_error found = logits_in(again, NULL, model, copy, length, sizes[i], 0x7F);
        REQUIRE(found == EMBDISTILL_ERROR_SCRATCH || (found == error && sizes[i] >= none));
        REQUIRE(found != EMBDISTILL_OK || same(logits, again, model->classes));
        if (!embdistill_is_relational(model)) REQUIRE((found == EMBDISTILL_OK) == (sizes[i] >= least));
    }
    if (error == EMBDISTILL_OK) exercise_softmax(logits, model->classes);

    for (int lowercase = 0; lowercase < 2; lowercase++) {
        count_tokens(copy, length, EMBDISTILL_SPLIT_ENGLISH, lowercase);
        count_tokens(copy, length, EMBDISTILL_SPLIT_WHITESPACE, lowercase);
    }
    free(copy);
    free(again);
    free(logits);
}

static void exercise_labels(const embdistill_model *model)
{
    for (uint32_t i = 0; i < model->classes && i < 100; i++) REQUIRE(strlen(embdistill_label(model, i)) < UINT32_MAX);
    REQUIRE(embdistill_label(model, model->classes - 1) != NULL);
    REQUIRE(embdistill_label(model, model->classes) == NULL && embdistill_label(model, UINT32_MAX) == NULL);
}

static void exercise_lookups(const embdistill_model *model)
{
    unsigned char word[4] = {'a', 'a', 'a', 'a'};
    for (int i = 0; i < 300; i++) {
        word[i % 4] = (unsigned char)(word[i % 4] * 5 + 7);
        REQUIRE(embdistill_lookup(model, word, (size_t)i % 5) < model->table.rows);
    }
}

/* Folds 0, 1 and all the common words of a model, and undoes it. */
static void exercise_folding(embdistill_model *model, const char *text, size_t length)
{
    enum { MOST = 1 << 24 }; /* what the products take is not bounded by the image */
    const size_t words[] = {0, 1, SIZE_MAX};
    for (size_t i = 0; i < 3; i++) {
        size_t bytes = embdistill_fold_bytes(model, words[i]);
        if (bytes > MOST) continue;
        void *memory = allocate(bytes);
        if (bytes > 0) REQUIRE(embdistill_fold(model, words[i], memory, bytes - 1) == EMBDISTILL_ERROR_SCRATCH);
        memset(memory, 0xFF, bytes);
        REQUIRE(embdistill_fold(model, words[i], memory, bytes) == EMBDISTILL_OK);
        exercise_text(model, text, length);
        model->folded_slot = NULL;
        model->folded = NULL;
        free(memory);
    }
}

embdistill_error exercise_image(const unsigned char *image, size_t size)
{
    static const char text[] = "The lamp is on, don\xE2\x80\x99t w1 w2 w3\xFF w4 \xF0\x9F\x92\xA1 u.s. w5 w6 w7 w8 w9 w10";
    static const char marked[] = "Turn <e2>the lamp</e2> on w1 w2 w3 w4 <e1>w5</e1> off";
    embdistill_model model;
    unsigned char *copy = copy_of(image, size);
    embdistill_error error = embdistill_open(&model, copy, size);
    REQUIRE(strlen(embdistill_error_text(error)) > 0);
    if (error == EMBDISTILL_OK) {
        unsigned sum = 0;
        for (size_t i = 0; i < model.about_bytes; i++) sum += (unsigned char)model.about[i];
        REQUIRE(sum <= 255 * model.about_bytes);
        REQUIRE(embdistill_scratch_bytes(&model, 0) <= 24 * size); /* an image cannot ask for much more than it brings */
        exercise_labels(&model);
        exercise_lookups(&model);
        exercise_text(&model, text, sizeof text - 1);
        exercise_text(&model, marked, sizeof marked - 1);
        exercise_text(&model, (const char *)image, size < 300 ? size : 300);
        exercise_folding(&model, text, sizeof text - 1);
    }
    free(copy);
    return error;
}
