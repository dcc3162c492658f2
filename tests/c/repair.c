#include "repair.h"

uint32_t get_u32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

void set_u32(unsigned char *at, uint32_t number)
{
    for (int i = 0; i < 4; i++) at[i] = (unsigned char)(number >> 8 * i);
}

static uint32_t crc32(uint32_t crc, const unsigned char *bytes, size_t size)
{
    static uint32_t table[256];
    for (uint32_t i = 0; i < 256 && table[255] == 0; i++) {
        uint32_t entry = i;
        for (int bit = 0; bit < 8; bit++) entry = entry >> 1 ^ (entry & 1 ? 0xEDB88320 : 0);
        table[i] = entry;
    }
    crc = ~crc;
    for (size_t i = 0; i < size; i++) crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 255];
    return ~crc;
}

size_t sections_of(const unsigned char *image, size_t size)
{
    if (size < HEADER) return 0;
    size_t most = (size - HEADER) / ENTRY, count = get_u32(image + 16);
    if (most > MOST_SECTIONS) most = MOST_SECTIONS;
    return count < most ? count : most;
}

int find_section(const unsigned char *image, size_t size, size_t i, size_t *offset, size_t *section_size)
{
    const unsigned char *entry = image + HEADER + ENTRY * i;
    *offset = get_u32(entry + 4);
    *section_size = get_u32(entry + 8);
    return *offset <= size && *section_size <= size - *offset;
}

void repair_checksums(unsigned char *image, size_t size)
{
    size_t count = sections_of(image, size), offset, section_size;
    if (size < HEADER) return;
    for (size_t i = 0; i < count; i++)
        if (find_section(image, size, i, &offset, &section_size))
            set_u32(image + HEADER + ENTRY * i + 12, crc32(0, image + offset, section_size));
    set_u32(image + 20, crc32(crc32(0, image, 20), image + HEADER, ENTRY * count));
}
