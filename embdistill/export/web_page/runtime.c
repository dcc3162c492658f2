/* The C runtime for a web page: its functions over one model, exported to JavaScript (page.js), which lays out memory. */
#include "embdistill.c"
#include "explain.c"

#define EXPORT(name) __attribute__((export_name(#name)))

static embdistill_model model;

extern unsigned char __heap_base; /* of the linker: what follows is free */

EXPORT(heap) size_t heap(void) { return (size_t)&__heap_base; }

EXPORT(open) embdistill_error open_image(const void *image, size_t bytes)
{
    return embdistill_open(&model, image, bytes);
}

EXPORT(filter_bytes) size_t filter_bytes(void) { return embdistill_filter_bytes(&model); }

EXPORT(make_filter) void make_filter(void *memory) { embdistill_make_filter(&model, memory); }

EXPORT(error_text) const char *error_text(embdistill_error error) { return embdistill_error_text(error); }

EXPORT(classes) uint32_t classes(void) { return model.classes; }

EXPORT(label) const char *label(uint32_t index) { return embdistill_label(&model, index); }

EXPORT(is_relational) int is_relational(void) { return embdistill_is_relational(&model); }

EXPORT(scratch_bytes) size_t scratch_bytes(size_t tokens) { return embdistill_scratch_bytes(&model, tokens); }

EXPORT(logits) embdistill_error logits_of(const char *text, size_t length, void *scratch, size_t bytes, float *logits)
{
    return embdistill_logits(&model, text, length, scratch, bytes, logits, NULL);
}

EXPORT(read_words) size_t read_words(const char *text, size_t length, embdistill_word *words, size_t capacity)
{
    return embdistill_read_words(&model, text, length, words, capacity);
}

EXPORT(spelling) size_t spelling(const char *text, const embdistill_word *word, unsigned char *written)
{
    return embdistill_spelling(&model, text, word, written);
}

EXPORT(leave_out) embdistill_error leave_out(const char *text, size_t length, void *scratch, size_t bytes,
                                             float *logits, size_t first, size_t count)
{
    return embdistill_leave_out(&model, text, length, scratch, bytes, logits, first, count);
}

/* ---- include/string.h: the first three are instructions of WebAssembly ------------------------------------------- */

void *memcpy(void *restrict to, const void *restrict from, size_t count) { return __builtin_memcpy(to, from, count); }

void *memmove(void *to, const void *from, size_t count) { return __builtin_memmove(to, from, count); }

void *memset(void *to, int byte, size_t count) { return __builtin_memset(to, byte, count); }

int memcmp(const void *a, const void *b, size_t count)
{
    const unsigned char *x = a, *y = b;
    for (size_t i = 0; i < count; i++)
        if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != 0) length++;
    return length;
}
