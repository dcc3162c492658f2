/* Opens every damaged form of the .edm images named on the command line. Each must be refused, or be used without
 * reading outside its buffers, which the sanitizers watch. Prints how many forms were tried and refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "use.h"

static const char text[] = "The flim is n't <e1>good unheard</e1>, it 's the <e2>lamp</e2> of 10:30.";
static unsigned long tried, refused;

static embdistill_error try(const unsigned char *image, size_t bytes)
{
    embdistill_error error = use(image, bytes, text, sizeof text - 1);
    tried++;
    refused += error != EMBDISTILL_OK;
    return error;
}

static void must_be_refused(const unsigned char *image, size_t bytes, const char *what, size_t at)
{
    if (try(image, bytes) != EMBDISTILL_OK) return;
    fprintf(stderr, "opened: %s at byte %lu\n", what, (unsigned long)at);
    exit(1);
}

/* Cut off after every byte, and with a byte behind the end; with the checksums as they were, and corrected. */
static void truncate_image(const unsigned char *image, size_t bytes)
{
    unsigned char *changed = malloc(bytes + 1);
    if (changed == NULL) exit(1);
    for (size_t length = 0; length <= bytes + 1; length++) {
        if (length == bytes) continue;
        memcpy(changed, image, length < bytes ? length : bytes);
        changed[bytes] = 0;
        must_be_refused(changed, length, "cut off or too long", length);
        repair(changed, length);
        try(changed, length);
    }
    free(changed);
}

/* Every byte altered: to all other values in header and table of sections, to some elsewhere. */
static void alter_bytes(const unsigned char *image, size_t bytes)
{
    unsigned char *changed = malloc(bytes);
    if (changed == NULL) exit(1);
    memcpy(changed, image, bytes);
    for (size_t at = 0; at < bytes; at++) {
        unsigned step = at < 24 + 16 * 32 ? 1 : 51;
        for (unsigned by = 1; by < 256; by += step) {
            changed[at] = (unsigned char)(image[at] ^ by);
            must_be_refused(changed, bytes, "altered", at);
        }
        changed[at] = image[at];
    }
    free(changed);
}

/* Every number set to those at which sums and products overflow, with corrected checksums. */
static void alter_numbers(const unsigned char *image, size_t bytes)
{
    unsigned char *changed = malloc(bytes);
    if (changed == NULL) exit(1);
    for (size_t at = 8; at + 4 <= bytes; at += 4) {
        uint32_t number = image[at] | (uint32_t)image[at + 1] << 8 | (uint32_t)image[at + 2] << 16
                          | (uint32_t)image[at + 3] << 24;
        const uint32_t others[] = {0, 1, 2, number - 1, number + 1, 2 * number, 0x3FFFFFFF, 0x40000000, 0x7FFFFFFF,
                                   0x80000000, 0xFFFFFFF0, 0xFFFFFFFF, 0x7FC00000, 0x7F800000};
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
            memcpy(changed, image, bytes);
            for (size_t b = 0; b < 4; b++) changed[at + b] = (unsigned char)(others[i] >> 8 * b);
            repair(changed, bytes);
            try(changed, bytes);
        }
    }
    free(changed);
}

static void random_bytes(void)
{
    uint32_t state = 1;
    unsigned char bytes[512];
    for (int i = 0; i < 20000; i++) {
        for (size_t b = 0; b < sizeof bytes; b++) {
            state = state * 1664525u + 1013904223u;
            bytes[b] = (unsigned char)(state >> 24);
        }
        must_be_refused(bytes, state % (sizeof bytes + 1), "random bytes", 0);
        bytes[16] = (unsigned char)(state % 32);
        bytes[17] = bytes[18] = bytes[19] = 0;
        repair(bytes, sizeof bytes);
        try(bytes, sizeof bytes);
    }
}

int main(int argc, char **argv)
{
    static unsigned char image[1 << 20];
    random_bytes();
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) return 1;
        size_t bytes = fread(image, 1, sizeof image, file);
        fclose(file);
        if (try(image, bytes) != EMBDISTILL_OK) {
            fprintf(stderr, "%s: is refused as it is\n", argv[i]);
            return 1;
        }
        truncate_image(image, bytes);
        alter_bytes(image, bytes);
        alter_numbers(image, bytes);
    }
    printf("%lu images tried, %lu refused\n", tried, refused);
    return 0;
}
