/* Damages the seed images in every way that can be listed. Without right checksums no damage goes unseen; with them, an
 * altered image is refused or can be used. */
#include "exercise.h"
#include "repair.h"
#include "seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    unsigned long tried, opened;
} tally;

static void try_repaired(tally *count, unsigned char *image, size_t size)
{
    repair_checksums(image, size);
    count->tried++;
    count->opened += exercise_image(image, size) == EMBDISTILL_OK;
}

/* Cut off after every byte, as it is and with a header that says so; and longer. */
static void truncate(tally *count, const seed *s)
{
    for (size_t size = 0; size < s->size; size++) {
        unsigned char *image = copy_of(s->image, size);
        REQUIRE(exercise_image(image, size) == EMBDISTILL_ERROR_TRUNCATED);
        if (size >= HEADER) {
            set_u32(image + 12, (uint32_t)size);
            try_repaired(count, image, size);
        }
        free(image);
    }
    unsigned char *longer = allocate(s->size + 1);
    memcpy(longer, s->image, s->size);
    longer[s->size] = 0;
    REQUIRE(exercise_image(longer, s->size + 1) == EMBDISTILL_ERROR_TRUNCATED);
    set_u32(longer + 12, (uint32_t)s->size + 1);
    repair_checksums(longer, s->size + 1);
    REQUIRE(exercise_image(longer, s->size + 1) == EMBDISTILL_ERROR_LAYOUT);
    free(longer);
}

/* Where every value of a byte is tried: the header, the table, and the beginning of each section. */
static int is_structure(const seed *s, size_t at)
{
    size_t count = sections_of(s->image, s->size), offset, size;
    if (at < HEADER + ENTRY * count) return 1;
    for (size_t i = 0; i < count; i++)
        if (find_section(s->image, s->size, i, &offset, &size) && at >= offset && at < offset + 24) return 1;
    return 0;
}

/* Every byte altered: to all other values; where it is a weight or a word, each bit alone, and all. */
static void alter_bytes(tally *count, const seed *s)
{
    for (size_t at = 0; at < s->size; at++)
        for (int change = 1; change < 256; change++) {
            if (!is_structure(s, at) && (change & (change - 1)) != 0 && change != 0xFF) continue;
            unsigned char *image = copy_of(s->image, s->size);
            image[at] ^= (unsigned char)change;
            REQUIRE(exercise_image(image, s->size) != EMBDISTILL_OK);
            try_repaired(count, image, s->size);
            free(image);
        }
}

/* Every number of 32 bits, at every multiple of 4, and two neighbours at once. */
static void alter_numbers(tally *count, const seed *s)
{
    for (size_t at = 0; at + 4 <= s->size; at += 4) {
        uint32_t was = get_u32(s->image + at);
        const uint32_t values[] = {0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0, was + 1, was - 1, was * 2, was / 2,
                                   0x7F800000 /* infinite */, 0x7FC00000 /* not a number */, 0x40000000};
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            unsigned char *image = copy_of(s->image, s->size);
            set_u32(image + at, values[v]);
            try_repaired(count, image, s->size);
            if (is_structure(s, at) && at + 8 <= s->size) {
                set_u32(image + at + 4, values[(v * 5 + 3) % (sizeof values / sizeof values[0])]);
                try_repaired(count, image, s->size);
            }
            free(image);
        }
    }
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13; /* Marsaglia 2003, "Xorshift RNGs" */
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Random bytes: all of them, behind a right header, or behind a right table of sections. */
static void try_random(tally *count, const seed *s)
{
    uint32_t state = 1;
    for (int i = 0; i < 3000; i++) {
        const size_t kept[] = {0, 8, 20, HEADER + ENTRY * sections_of(s->image, s->size)};
        size_t size = i % 2 ? s->size : next_random(&state) % s->size, from = kept[next_random(&state) % 4];
        unsigned char *image = copy_of(s->image, size);
        for (size_t at = from; at < size; at++) image[at] = (unsigned char)(next_random(&state) >> 9);
        if (from >= 16 && size >= HEADER) set_u32(image + 12, (uint32_t)size);
        if (size > 0) REQUIRE(exercise_image(image, size) != EMBDISTILL_OK);
        try_repaired(count, image, size);
        free(image);
    }
}

int main(void)
{
    tally all = {0, 0};
    for (size_t i = 0; i < seed_count; i++) {
        tally count = {0, 0};
        REQUIRE(exercise_image(seeds[i].image, seeds[i].size) == EMBDISTILL_OK);
        truncate(&count, &seeds[i]);
        alter_bytes(&count, &seeds[i]);
        alter_numbers(&count, &seeds[i]);
        try_random(&count, &seeds[i]);
        printf("%s: %lu altered images with right checksums, %lu of them opened\n", seeds[i].name, count.tried, count.opened);
        all.tried += count.tried;
        all.opened += count.opened;
    }
    REQUIRE(all.opened > 0 && all.opened < all.tried);
    return 0;
}
