/* libFuzzer: any bytes as a text, for the tokenizer with all settings and for every model in the folder that the
 * environment variable SEEDS names. The first byte chooses. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "use.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { MAX_IMAGES = 32, LARGEST = 1 << 16 };
static unsigned char images[MAX_IMAGES][LARGEST];
static size_t sizes[MAX_IMAGES], count;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    const char *folder = getenv("SEEDS");
    DIR *names = folder == NULL ? NULL : opendir(folder);
    for (struct dirent *entry; names != NULL && (entry = readdir(names)) != NULL && count < MAX_IMAGES;) {
        char path[4096];
        if (strstr(entry->d_name, ".edm") == NULL) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = fopen(path, "rb");
        if (file == NULL) continue;
        sizes[count] = fread(images[count], 1, LARGEST, file);
        count++;
        fclose(file);
    }
    if (count == 0) {
        fprintf(stderr, "SEEDS must name a folder of .edm images\n");
        exit(1);
    }
    closedir(names);
    return 0;
}

/* A lexicon of about every fourth token. */
static int is_known(const void *words, const unsigned char *token, size_t length)
{
    unsigned sum = 0;
    for (size_t i = 0; i < length; i++) sum = 31 * sum + token[i];
    return words == NULL && length <= EMBDISTILL_TOKEN_BYTES && sum % 4 == 0;
}

static void tokenize(const unsigned char *text, size_t length, unsigned settings)
{
    embdistill_tokenizer tokenizer = {text, length, 0, settings & 1 ? EMBDISTILL_WHITESPACE : EMBDISTILL_ENGLISH,
                                      settings >> 1 & 1};
    unsigned char token[EMBDISTILL_TOKEN_BYTES];
    size_t before = 0, size;
    const embdistill_lexicon lexicon = {is_known, NULL};
    while ((size = embdistill_next_word(&tokenizer, settings >> 2 & 1 ? &lexicon : NULL, token)) != 0) {
        if (size > sizeof token || tokenizer.at <= before || tokenizer.at > length) abort();
        before = tokenizer.at;
    }
}

/* The n-grams of any bytes: all of them, and none of another bucket. */
static void list_ngrams(const unsigned char *word, size_t length, unsigned settings)
{
    embdistill_ngrams ngrams = {.word = word, .length = length, .shortest = 1 + settings % 4,
                                .longest = 1 + settings % 4 + settings / 4 % 4, .buckets = 1 + settings};
    size_t count = 0;
    uint32_t bucket;
    for (; embdistill_next_ngram(&ngrams, &bucket); count++)
        if (bucket >= ngrams.buckets) abort();
    if (count < 1 || count > 4 * length + 1) abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size == 0) return 0;
    size_t length = size - 1;
    char *text = malloc(length ? length : 1); /* of just its size, so that reading beyond it is seen */
    if (text == NULL) abort();
    memcpy(text, data + 1, length);
    tokenize((const unsigned char *)text, length, data[0]);
    list_ngrams((const unsigned char *)text, length, data[0]);
    if (use(images[data[0] % count], sizes[data[0] % count], text, length) != EMBDISTILL_OK) abort();
    free(text);
    return 0;
}
