/* The sections of an .edm image (docs/edm.md): where each is, and whether all bytes are as they were written. */

enum { HEADER = 24, ENTRY = 16, MAX_SECTIONS = 32, ALIGNMENT = 16 };

/* A section of an image; at is NULL if the image does not have it. */
typedef struct {
    const unsigned char *at;
    embdistill_count size;
} section;

/* The known sections; those that read_pair reads follow each other. Version 1 knows those before CORR, version 2
 * all but INTS. */
#define SECTIONS(X)                                                   \
    X(META) X(LABL) X(TOKN) X(WORD) X(TABL) X(POS1) X(POS2) X(NETW)   \
    X(MAPW) X(MAPB) X(RECF) X(RECB) X(OUTW) X(OUTB) X(COMN)           \
    X(CORR) X(SPEL) X(SUBW) X(INTS)

#define SECTION_INDEX(name) SECTION_##name,
enum { SECTIONS(SECTION_INDEX) SECTION_COUNT };
#undef SECTION_INDEX

/* CRC-32 of bytes that follow others with CRC-32 `crc`. table: the register after 6 bits, by its low 6 bits; or after
 * n < 6 bits, by its low n bits times 2^(6 - n). It takes 256 bytes, a quarter of a table for whole bytes. */
static uint32_t crc32(uint32_t crc, const unsigned char *bytes, uint32_t size)
{
    static const uint32_t table[64] EMBDISTILL_CONSTANT = {
        0x00000000, 0x076DC419, 0x0EDB8832, 0x09B64C2B, 0x1DB71064, 0x1ADAD47D, 0x136C9856, 0x14015C4F,
        0x3B6E20C8, 0x3C03E4D1, 0x35B5A8FA, 0x32D86CE3, 0x26D930AC, 0x21B4F4B5, 0x2802B89E, 0x2F6F7C87,
        0x76DC4190, 0x71B18589, 0x7807C9A2, 0x7F6A0DBB, 0x6B6B51F4, 0x6C0695ED, 0x65B0D9C6, 0x62DD1DDF,
        0x4DB26158, 0x4ADFA541, 0x4369E96A, 0x44042D73, 0x5005713C, 0x5768B525, 0x5EDEF90E, 0x59B33D17,
        0xEDB88320, 0xEAD54739, 0xE3630B12, 0xE40ECF0B, 0xF00F9344, 0xF762575D, 0xFED41B76, 0xF9B9DF6F,
        0xD6D6A3E8, 0xD1BB67F1, 0xD80D2BDA, 0xDF60EFC3, 0xCB61B38C, 0xCC0C7795, 0xC5BA3BBE, 0xC2D7FFA7,
        0x9B64C2B0, 0x9C0906A9, 0x95BF4A82, 0x92D28E9B, 0x86D3D2D4, 0x81BE16CD, 0x88085AE6, 0x8F659EFF,
        0xA00AE278, 0xA7672661, 0xAED16A4A, 0xA9BCAE53, 0xBDBDF21C, 0xBAD03605, 0xB3667A2E, 0xB40BBE37};
#define NEXT_BITS(n) crc = crc >> (n) ^ u32_of(&table[crc << (6 - (n)) & 63])
    crc = ~crc;
    for (const unsigned char *end = bytes + (size_t)(size / 4 * 4); bytes != end; bytes += 4) {
        crc ^= u32_at(bytes, 0);
        NEXT_BITS(6), NEXT_BITS(6), NEXT_BITS(6), NEXT_BITS(6), NEXT_BITS(6), NEXT_BITS(2);
    }
    for (const unsigned char *end = bytes + (size_t)(size % 4); bytes != end; bytes++) {
        crc ^= byte_at(bytes, 0);
        NEXT_BITS(6), NEXT_BITS(2);
    }
#undef NEXT_BITS
    return ~crc;
}

/* The index of a section, SECTION_COUNT for an unknown name. */
static size_t section_index(const unsigned char *name)
{
#define SECTION_NAME(name) #name
    static const unsigned char names[] EMBDISTILL_CONSTANT = SECTIONS(SECTION_NAME);
#undef SECTION_NAME
    size_t index = 0;
    while (index < SECTION_COUNT && u32_at(name, 0) != u32_at(names, index)) index++;
    return index;
}

/* Number i of an array as a count; the largest one if it is larger, as in no image that fits in the memory. */
static embdistill_count count_at(const unsigned char *numbers, size_t i)
{
    const uint32_t number = u32_at(numbers, i);
    const embdistill_count largest = (embdistill_count)-1;
    return number < largest ? (embdistill_count)number : largest;
}

/* Checks the header, and that the image has all of the table of sections. */
static embdistill_error check_header(const unsigned char *image, size_t bytes)
{
    static const unsigned char magic[8] EMBDISTILL_CONSTANT = {0x89, 'E', 'D', 'M', '\r', '\n', 0x1A, '\n'};
    const uint32_t one = 1;
    if (*(const unsigned char *)&one != 1) return EMBDISTILL_ERROR_BYTE_ORDER;
    for (size_t i = 0; i < bytes && i < sizeof magic; i++)
        if (byte_at(image, i) != byte_at(magic, i)) return EMBDISTILL_ERROR_MAGIC;
    if (bytes < HEADER) return EMBDISTILL_ERROR_TRUNCATED;
    uint32_t version = u32_at(image, 2), count = u32_at(image, 4);
    if (version < 1 || version > 3) return EMBDISTILL_ERROR_VERSION;
    if (u32_at(image, 3) != bytes) return EMBDISTILL_ERROR_TRUNCATED;
    if (count < 1 || count > MAX_SECTIONS || HEADER + ENTRY * (size_sum)count > bytes) return EMBDISTILL_ERROR_LAYOUT;
    return EMBDISTILL_OK;
}

/* Checks the checksums of an image whose header is right: of the header with the table, and of each section. */
static embdistill_error check_sums(const unsigned char *image, size_t bytes)
{
    uint32_t count = u32_at(image, 4);
    if (crc32(crc32(0, image, 20), image + HEADER, ENTRY * count) != u32_at(image, 5)) return EMBDISTILL_ERROR_CHECKSUM;
    for (uint32_t i = 0; i < count; i++) {
        const unsigned char *entry = image + HEADER + ENTRY * i;
        uint32_t offset = u32_at(entry, 1), size = u32_at(entry, 2);
        if (offset > bytes || size > bytes - offset) return EMBDISTILL_ERROR_LAYOUT;
        if (crc32(0, image + offset, size) != u32_at(entry, 3)) return EMBDISTILL_ERROR_CHECKSUM;
    }
    return EMBDISTILL_OK;
}

/* Finds the sections of an image whose header is right: they follow each other, with zeros between them, to its end. */
static embdistill_error find_sections(section sections[SECTION_COUNT], const unsigned char *image, size_t bytes)
{
    uint32_t version = u32_at(image, 2), count = u32_at(image, 4);
    const size_t known = version == 1 ? SECTION_CORR : version == 2 ? SECTION_INTS : SECTION_COUNT;
    size_sum end = HEADER + ENTRY * (size_sum)count;
    for (uint32_t i = 0; i < count; i++) {
        const unsigned char *entry = image + HEADER + ENTRY * i;
        uint32_t offset = u32_at(entry, 1), size = u32_at(entry, 2);
        if (offset != (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT || offset > bytes || size > bytes - offset)
            return EMBDISTILL_ERROR_LAYOUT;
        for (size_sum padding = end; padding < offset; padding++)
            if (byte_at(image, (size_t)padding) != 0) return EMBDISTILL_ERROR_LAYOUT;
        end = (size_sum)offset + size;
        size_t index = section_index(entry);
        if (index >= known) continue;
        if (sections[index].at) return EMBDISTILL_ERROR_LAYOUT;
        sections[index].at = image + offset;
        sections[index].size = (embdistill_count)size;
    }
    return end == bytes ? EMBDISTILL_OK : EMBDISTILL_ERROR_LAYOUT;
}
