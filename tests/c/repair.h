/* Makes the checksums of an altered image right again: else they hide every other check from a test. */
#ifndef REPAIR_H
#define REPAIR_H

#include <stddef.h>
#include <stdint.h>

enum { HEADER = 24, ENTRY = 16, MOST_SECTIONS = 32 };

uint32_t get_u32(const unsigned char *at);
void set_u32(unsigned char *at, uint32_t number);

/* The number of sections that an image says to have, as far as their table is inside it; at most MOST_SECTIONS. */
size_t sections_of(const unsigned char *image, size_t size);

/* Whether section i lies inside the image, and where. */
int find_section(const unsigned char *image, size_t size, size_t i, size_t *offset, size_t *section_size);

/* Sets the checksums of all sections that lie inside the image, and that of the header. */
void repair_checksums(unsigned char *image, size_t size);

#endif
