/* The images of seeds.py, which writes seeds.c. */
#ifndef SEEDS_H
#define SEEDS_H

#include <stddef.h>

typedef struct {
    const char *name;
    const unsigned char *image;
    size_t size;
} seed;

extern const seed seeds[];
extern const size_t seed_count;

#endif
