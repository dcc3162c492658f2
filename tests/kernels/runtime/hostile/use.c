/* See use.h. */
#include "use.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"

enum { MAX_SCRATCH = 1 << 24 }; /* bytes; models that want more are opened and not run */

#define REQUIRE(condition)                                                      \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                            \
        }                                                                       \
    } while (0)

static uint32_t crc32(uint32_t crc, const unsigned char *bytes, size_t size)
{
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    return ~crc;
}

static uint32_t get(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put(unsigned char *at, uint32_t number)
{
    for (int i = 0; i < 4; i++) at[i] = (unsigned char)(number >> 8 * i);
}

void repair(unsigned char *image, size_t bytes)
{
    if (bytes < 24) return;
    memcpy(image, "\x89" "EDM\r\n\x1a\n", 8);
    put(image + 8, image[8] == 1 ? 1 : 2);
    put(image + 12, (uint32_t)bytes);
    size_t sections = get(image + 16);
    if (sections > (bytes - 24) / 16) return;
    for (size_t i = 0; i < sections; i++) {
        unsigned char *entry = image + 24 + 16 * i;
        uint32_t offset = get(entry + 4), size = get(entry + 8);
        if (offset <= bytes && size <= bytes - offset) put(entry + 12, crc32(0, image + offset, size));
    }
    put(image + 20, crc32(crc32(0, image, 20), image + 24, 16 * sections));
}

/* A buffer of exactly this size, uninitialised. */
static void *buffer(size_t bytes)
{
    void *made = malloc(bytes ? bytes : 1);
    REQUIRE(made != NULL);
    return made;
}

static void answer(const embdistill_model *model, const char *text, size_t length)
{
    size_t bytes = embdistill_scratch_bytes(model, length), known = 0;
    if (bytes > MAX_SCRATCH || model->classes > MAX_SCRATCH / 4) return;
    void *scratch = buffer(bytes);
    float *logits = buffer(model->classes * sizeof *logits);
    embdistill_error error = embdistill_logits(model, text, length, scratch, bytes, logits, &known);
    REQUIRE(error == EMBDISTILL_OK || (error == EMBDISTILL_ERROR_MARKS && embdistill_is_relational(model)));
    REQUIRE(known <= length);
    if (error == EMBDISTILL_OK) {
        embdistill_softmax(logits, model->classes);
        REQUIRE(embdistill_label(model, embdistill_argmax(logits, model->classes)) != NULL);
    }
    free(scratch);
    for (size_t less = 0; less < 3; less++) { /* too small: an error, and nothing is written beyond */
        size_t small = less == 0 ? 0 : less == 1 ? bytes / 2 / 4 * 4 : bytes - 4;
        scratch = buffer(small);
        error = embdistill_logits(model, text, length, scratch, small, logits, NULL);
        REQUIRE(error == EMBDISTILL_OK || error == EMBDISTILL_ERROR_SCRATCH || error == EMBDISTILL_ERROR_MARKS);
        free(scratch);
    }
    free(logits);
}

/* What each word does, with buffers of exactly the size asked for. */
static void explain(const embdistill_model *model, const char *text, size_t length)
{
    size_t bytes = embdistill_scratch_bytes(model, length + model->hidden + 1), count = 0;
    if (bytes > MAX_SCRATCH || model->classes > MAX_SCRATCH / 4 / (length + 1)) return;
    void *scratch = buffer(bytes);
    float *logits = buffer((length + 1) * model->classes * sizeof *logits);
    embdistill_error error = embdistill_logits(model, text, length, scratch, bytes, logits, NULL);
    if (error == EMBDISTILL_OK) count = embdistill_read_words(model, text, length, NULL, 0);
    REQUIRE(count <= length);
    embdistill_word *words = buffer(count * sizeof *words);
    REQUIRE(error != EMBDISTILL_OK || embdistill_read_words(model, text, length, words, count) == count);
    for (size_t i = 0; i < count; i++) {
        unsigned char spelling[EMBDISTILL_SPELLING_BYTES];
        REQUIRE((i == 0 ? 0 : words[i - 1].end) <= words[i].start && words[i].start < words[i].end);
        REQUIRE(words[i].end <= length && words[i].row < model->table.rows && words[i].reading <= EMBDISTILL_UNREAD);
        if (words[i].reading != EMBDISTILL_CORRECTED) continue;
        size_t size = embdistill_spelling(model, text, &words[i], spelling);
        REQUIRE(size > 0 && embdistill_lookup(model, spelling, size) == words[i].row);
    }
    size_t first = count / 3; /* some, up to the last */
    REQUIRE(embdistill_leave_out(model, text, length, scratch, bytes, logits, first, count - first) == error);
    if (model->network == EMBDISTILL_MEAN)
        REQUIRE(embdistill_shares(model, text, length, scratch, bytes, logits, 0, count) == error);
    free(words);
    free(logits);
    free(scratch);
    for (size_t less = 0; less < 2; less++) { /* too small */
        size_t small = less == 0 ? 0 : bytes / 2 / 4 * 4;
        float none;
        scratch = buffer(small);
        error = embdistill_leave_out(model, text, length, scratch, small, &none, 0, 0);
        REQUIRE(error == EMBDISTILL_OK || error == EMBDISTILL_ERROR_SCRATCH || error == EMBDISTILL_ERROR_MARKS);
        if (model->network == EMBDISTILL_MEAN) error = embdistill_shares(model, text, length, scratch, small, &none, 0, 0);
        free(scratch);
    }
}

embdistill_error use(const unsigned char *image, size_t bytes, const char *text, size_t length)
{
    embdistill_model model;
    unsigned char *exact = buffer(bytes);
    memcpy(exact, image, bytes);
    embdistill_error error = embdistill_open(&model, exact, bytes);
    embdistill_error trusted = embdistill_open_trusted(&model, exact, bytes);
    REQUIRE(trusted == error || error == EMBDISTILL_ERROR_CHECKSUM);
    if (error == EMBDISTILL_OK) { /* of a damaged image, the trusted opening would use what repair makes of it */
        for (uint32_t c = 0; c < model.classes; c++) REQUIRE(strlen(embdistill_label(&model, c)) < bytes);
        REQUIRE(embdistill_label(&model, model.classes) == NULL);
        REQUIRE(embdistill_lookup(&model, (const unsigned char *)text, length) < model.table.rows);
        REQUIRE(embdistill_correct(&model, (const unsigned char *)text, length) < model.table.rows);
        answer(&model, text, length);
        explain(&model, text, length);
#if EMBDISTILL_BLOCK > 1
        size_t needed = embdistill_filter_bytes(&model);
        REQUIRE(needed <= 4 * (size_t)model.words + 2);
        void *filter = buffer(needed);
        embdistill_make_filter(&model, filter);
        answer(&model, text, length);
        void *weights = buffer(embdistill_unpack_bytes(&model));
        embdistill_unpack(&model, weights);
        answer(&model, text, length);
#endif
        size_t precomputed = embdistill_precompute_bytes(&model, 2);
        if (precomputed <= MAX_SCRATCH) {
            void *memory = buffer(precomputed);
            REQUIRE(embdistill_precompute(&model, 2, memory, precomputed) == EMBDISTILL_OK);
            answer(&model, text, length);
            model.correct = model.subwords = 0;
            answer(&model, text, length);
            free(memory);
        }
#if EMBDISTILL_BLOCK > 1
        free(weights);
        free(filter);
#endif
    }
    free(exact);
    return error;
}
