/* embdistill: the C99 runtime. See embdistill.h for the interface. */
#include "embdistill.h"

#include <string.h>

/* Put before the functions that take most of the time; a compiler's way of making a function for several processors
 * goes here, such as __attribute__((target_clones("default", "avx2", "avx512f"))). */
#ifndef EMBDISTILL_HOT
#define EMBDISTILL_HOT
#endif

/* ---- UTF-8 ------------------------------------------------------------------------------------------------ */

typedef struct {
    uint32_t code;
    size_t size; /* bytes read: 1 to 4; 0 at the end of the text */
} character;

/* Decodes a character of several bytes at `at`. A byte that is not part of valid UTF-8 (stray, of an overlong form, of
 * a surrogate) is taken for Latin-1, a character by itself. */
static character decode_several(const unsigned char *text, size_t length, size_t at)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    character next = {text[at], 1};
    size_t size = next.code >= 0xF0 ? 4 : next.code >= 0xE0 ? 3 : 2;
    uint32_t code = next.code & (0x7Fu >> size);
    if (text[at] < 0xC2 || text[at] > 0xF4 || size > length - at) return next;
    for (size_t i = 1; i < size; i++) {
        if ((text[at + i] & 0xC0) != 0x80) return next;
        code = code << 6 | (text[at + i] & 0x3Fu);
    }
    if (code < least[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return next;
    next.code = code;
    next.size = size;
    return next;
}

/* Decodes the character at `at`. */
static inline character decode(const unsigned char *text, size_t length, size_t at)
{
    if (at < length && text[at] >= 0x80) return decode_several(text, length, at);
    character next = {0, 0};
    if (at < length) {
        next.code = text[at];
        next.size = 1;
    }
    return next;
}

/* Writes `code` as UTF-8 to out, and gives the bytes written: 1 to 4, or 0 if `room` is too small. */
static size_t encode(uint32_t code, unsigned char *out, size_t room)
{
    size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (size > room) return 0;
    for (size_t i = size - 1; i > 0; i--) {
        out[i] = (unsigned char)(0x80u | (code & 0x3Fu));
        code >>= 6;
    }
    static const unsigned char lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (unsigned char)(lead[size] | code);
    return size;
}

/* ---- Classes of characters -------------------------------------------------------------------------------- */

typedef enum { SPACE, WORD, SYMBOL } class;

typedef struct {
    uint32_t first, last;
} range;

static int in_ranges(uint32_t code, const range *ranges, size_t count)
{
    for (size_t i = 0; i < count && ranges[i].first <= code; i++)
        if (code <= ranges[i].last) return 1;
    return 0;
}

static int is_digit(uint32_t code) { return code >= '0' && code <= '9'; }
static int is_ascii_letter(uint32_t code) { return (code | 32) >= 'a' && (code | 32) <= 'z'; }
static int is_apostrophe(uint32_t code) { return code == '\'' || code == 0x2019; }

/* White space and control characters of Unicode; emoji variation selectors, which carry no meaning, with them. */
static int is_space(uint32_t code)
{
    static const range spaces[] = {
        {0x00, 0x20}, {0x7F, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200B}, {0x2028, 0x2029}, {0x202F, 0x202F},
        {0x205F, 0x2060}, {0x3000, 0x3000}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}};
    return in_ranges(code, spaces, sizeof spaces / sizeof spaces[0]);
}

/* What is neither space nor symbol is part of a word: letters, digits and marks of every script. */
static class classify(uint32_t code)
{
    static const range symbols[] = {
        {0xA1, 0xA9}, {0xAB, 0xB4}, {0xB6, 0xB9}, {0xBB, 0xBF}, {0xD7, 0xD7}, {0xF7, 0xF7}, {0x37E, 0x37E},
        {0x387, 0x387}, {0x55A, 0x55F}, {0x589, 0x58A}, {0x60C, 0x60D}, {0x61B, 0x61F}, {0x66A, 0x66D},
        {0x6D4, 0x6D4}, {0x964, 0x965}, {0x2010, 0x2027}, {0x2030, 0x205E}, {0x20A0, 0x20CF}, {0x2100, 0x214F},
        {0x2190, 0x2BFF}, {0x3001, 0x3003}, {0x3008, 0x3020}, {0x3030, 0x3030}, {0x30FB, 0x30FB},
        {0xFE10, 0xFE1F}, {0xFE30, 0xFE6F}, {0xFF01, 0xFF0F}, {0xFF1A, 0xFF20}, {0xFF3B, 0xFF40},
        {0xFF5B, 0xFF65}, {0xFFFC, 0xFFFD}, {0x1F000, 0x1FAFF}};
    if (is_ascii_letter(code) || is_digit(code)) return WORD;
    if (is_space(code)) return SPACE;
    if (code < 0x80) return SYMBOL;
    return in_ranges(code, symbols, sizeof symbols / sizeof symbols[0]) ? SYMBOL : WORD;
}

/* Simple lower-case mapping of Unicode 14 for the blocks of Latin (to U+024F and Additional), Greek (with Extended),
 * Cyrillic (with Supplement), Armenian and full-width letters:
 * every `step`th code from first to last maps to itself plus delta. */
static const struct {
    uint16_t first, last;
    int16_t delta;
    uint16_t step;
} lowercase_map[] = {
    {0x00C0, 0x00D6, 32, 1}, {0x00D8, 0x00DE, 32, 1}, {0x0100, 0x012E, 1, 2}, {0x0130, 0x0130, -199, 1},
    {0x0132, 0x0136, 1, 2},
    {0x0139, 0x0147, 1, 2}, {0x014A, 0x0176, 1, 2}, {0x0178, 0x0178, -121, 1}, {0x0179, 0x017D, 1, 2},
    {0x0181, 0x0181, 210, 1}, {0x0182, 0x0184, 1, 2}, {0x0186, 0x0186, 206, 1}, {0x0187, 0x0187, 1, 1},
    {0x0189, 0x018A, 205, 1}, {0x018B, 0x018B, 1, 1}, {0x018E, 0x018E, 79, 1}, {0x018F, 0x018F, 202, 1},
    {0x0190, 0x0190, 203, 1}, {0x0191, 0x0191, 1, 1}, {0x0193, 0x0193, 205, 1}, {0x0194, 0x0194, 207, 1},
    {0x0196, 0x0196, 211, 1}, {0x0197, 0x0197, 209, 1}, {0x0198, 0x0198, 1, 1}, {0x019C, 0x019C, 211, 1},
    {0x019D, 0x019D, 213, 1}, {0x019F, 0x019F, 214, 1}, {0x01A0, 0x01A4, 1, 2}, {0x01A6, 0x01A6, 218, 1},
    {0x01A7, 0x01A7, 1, 1}, {0x01A9, 0x01A9, 218, 1}, {0x01AC, 0x01AC, 1, 1}, {0x01AE, 0x01AE, 218, 1},
    {0x01AF, 0x01AF, 1, 1}, {0x01B1, 0x01B2, 217, 1}, {0x01B3, 0x01B5, 1, 2}, {0x01B7, 0x01B7, 219, 1},
    {0x01B8, 0x01B8, 1, 1}, {0x01BC, 0x01BC, 1, 1}, {0x01C4, 0x01C4, 2, 1}, {0x01C5, 0x01C5, 1, 1},
    {0x01C7, 0x01C7, 2, 1}, {0x01C8, 0x01C8, 1, 1}, {0x01CA, 0x01CA, 2, 1}, {0x01CB, 0x01DB, 1, 2},
    {0x01DE, 0x01EE, 1, 2}, {0x01F1, 0x01F1, 2, 1}, {0x01F2, 0x01F4, 1, 2}, {0x01F6, 0x01F6, -97, 1},
    {0x01F7, 0x01F7, -56, 1}, {0x01F8, 0x021E, 1, 2}, {0x0220, 0x0220, -130, 1}, {0x0222, 0x0232, 1, 2},
    {0x023A, 0x023A, 10795, 1}, {0x023B, 0x023B, 1, 1}, {0x023D, 0x023D, -163, 1},
    {0x023E, 0x023E, 10792, 1}, {0x0241, 0x0241, 1, 1}, {0x0243, 0x0243, -195, 1}, {0x0244, 0x0244, 69, 1},
    {0x0245, 0x0245, 71, 1}, {0x0246, 0x024E, 1, 2}, {0x0370, 0x0372, 1, 2}, {0x0376, 0x0376, 1, 1},
    {0x037F, 0x037F, 116, 1}, {0x0386, 0x0386, 38, 1}, {0x0388, 0x038A, 37, 1}, {0x038C, 0x038C, 64, 1},
    {0x038E, 0x038F, 63, 1}, {0x0391, 0x03A1, 32, 1}, {0x03A3, 0x03AB, 32, 1}, {0x03CF, 0x03CF, 8, 1},
    {0x03D8, 0x03EE, 1, 2}, {0x03F4, 0x03F4, -60, 1}, {0x03F7, 0x03F7, 1, 1}, {0x03F9, 0x03F9, -7, 1},
    {0x03FA, 0x03FA, 1, 1}, {0x03FD, 0x03FF, -130, 1}, {0x0400, 0x040F, 80, 1}, {0x0410, 0x042F, 32, 1},
    {0x0460, 0x0480, 1, 2}, {0x048A, 0x04BE, 1, 2}, {0x04C0, 0x04C0, 15, 1}, {0x04C1, 0x04CD, 1, 2},
    {0x04D0, 0x052E, 1, 2}, {0x0531, 0x0556, 48, 1}, {0x1E00, 0x1E94, 1, 2}, {0x1E9E, 0x1E9E, -7615, 1},
    {0x1EA0, 0x1EFE, 1, 2}, {0x1F08, 0x1F0F, -8, 1}, {0x1F18, 0x1F1D, -8, 1}, {0x1F28, 0x1F2F, -8, 1},
    {0x1F38, 0x1F3F, -8, 1}, {0x1F48, 0x1F4D, -8, 1}, {0x1F59, 0x1F5F, -8, 2}, {0x1F68, 0x1F6F, -8, 1},
    {0x1F88, 0x1F8F, -8, 1}, {0x1F98, 0x1F9F, -8, 1}, {0x1FA8, 0x1FAF, -8, 1}, {0x1FB8, 0x1FB9, -8, 1},
    {0x1FBA, 0x1FBB, -74, 1}, {0x1FBC, 0x1FBC, -9, 1}, {0x1FC8, 0x1FCB, -86, 1}, {0x1FCC, 0x1FCC, -9, 1},
    {0x1FD8, 0x1FD9, -8, 1}, {0x1FDA, 0x1FDB, -100, 1}, {0x1FE8, 0x1FE9, -8, 1}, {0x1FEA, 0x1FEB, -112, 1},
    {0x1FEC, 0x1FEC, -7, 1}, {0x1FF8, 0x1FF9, -128, 1}, {0x1FFA, 0x1FFB, -126, 1}, {0x1FFC, 0x1FFC, -9, 1},
    {0xFF21, 0xFF3A, 32, 1}
};

static uint32_t lower(uint32_t code)
{
    if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + 32 : code;
    size_t low = 0, high = sizeof lowercase_map / sizeof lowercase_map[0];
    while (low < high) { /* the first entry whose last is not below code */
        size_t middle = low + (high - low) / 2;
        if (lowercase_map[middle].last < code) low = middle + 1;
        else high = middle;
    }
    if (low == sizeof lowercase_map / sizeof lowercase_map[0] || code < lowercase_map[low].first
        || (code - lowercase_map[low].first) % lowercase_map[low].step != 0)
        return code;
    return (uint32_t)((int32_t)code + lowercase_map[low].delta);
}

/* ---- Tokeniser -------------------------------------------------------------------------------------------- */

/* Lower-cased ASCII letter at `at`, or 0. */
static uint32_t letter(const embdistill_tokenizer *t, size_t at)
{
    uint32_t code = at < t->length ? t->text[at] : 0;
    return is_ascii_letter(code) ? code | 32 : 0;
}

/* Whether n't stands at `at` and ends the word there. */
static int is_nt(const embdistill_tokenizer *t, size_t at)
{
    character apostrophe = decode(t->text, t->length, at + 1);
    size_t last = at + 1 + apostrophe.size;
    if (letter(t, at) != 'n' || !is_apostrophe(apostrophe.code) || letter(t, last) != 't') return 0;
    character after = decode(t->text, t->length, last + 1);
    return after.size == 0 || classify(after.code) != WORD;
}

/* Bytes from an apostrophe at `at` to the end of 's 'm 'd 're 've 'll, if one of these ends the word there; else 0. */
static size_t clitic_size(const embdistill_tokenizer *t, size_t at)
{
    character apostrophe = decode(t->text, t->length, at);
    if (!is_apostrophe(apostrophe.code)) return 0;
    size_t from = at + apostrophe.size;
    uint32_t one = letter(t, from), two = one ? letter(t, from + 1) : 0;
    size_t size = 0;
    if (two == 'e' && (one == 'r' || one == 'v')) size = 2;
    else if (one == 'l' && two == 'l') size = 2;
    else if (one == 's' || one == 'm' || one == 'd') size = 1;
    if (size == 0) return 0;
    character after = decode(t->text, t->length, from + size);
    if (after.size && classify(after.code) == WORD && !is_nt(t, from + size)) return 0;
    return apostrophe.size + size;
}

/* End of an abbreviation with inner periods, such as u.s. or i.e., that starts at t->at; t->at if there is none.
 * At most 8 letters, so that the time for a text stays linear in its length. */
static size_t abbreviation_end(const embdistill_tokenizer *t)
{
    size_t end = t->at, letters = 0;
    while (letters < 8 && letter(t, end) && end + 1 < t->length && t->text[end + 1] == '.') {
        end += 2;
        letters++;
    }
    character after = decode(t->text, t->length, end);
    if (letters < 2 || (after.size && classify(after.code) == WORD)) return t->at;
    return end;
}

/* End of the word that starts at t->at, without its last clitic. A word holds letters, digits and marks; apostrophes
 * between them (o'clock); and periods, commas and colons between digits (1,000.50, 10:30). */
static size_t word_end(const embdistill_tokenizer *t)
{
    size_t at = t->at;
    size_t apostrophe = 0;                    /* the last one, which ends the part of the word from last_part on */
    size_t part = t->at, last_part = t->at;
    uint32_t previous = 0;
    for (;;) {
        character here = decode(t->text, t->length, at);
        if (here.size == 0) break;
        if (classify(here.code) != WORD) {
            character next = decode(t->text, t->length, at + here.size);
            int joins_digits = (here.code == '.' || here.code == ',' || here.code == ':')
                               && is_digit(previous) && is_digit(next.code);
            int joins_letters = is_apostrophe(here.code) && next.size && classify(next.code) == WORD;
            if (!joins_digits && !joins_letters) break;
            if (joins_letters) {
                if (clitic_size(t, at)) break;
                apostrophe = at;
                last_part = part;
                part = at + here.size;
            }
        }
        previous = here.code;
        at += here.size;
    }
    return apostrophe > last_part + 1 && is_nt(t, apostrophe - 1) ? apostrophe - 1 : at;
}

static size_t token_end(const embdistill_tokenizer *t)
{
    character first = decode(t->text, t->length, t->at);
    size_t end = t->at + first.size;
    if (classify(first.code) == WORD) {
        end = abbreviation_end(t);
        return end > t->at ? end : word_end(t);
    }
    if (clitic_size(t, t->at)) return t->at + clitic_size(t, t->at);
    if (first.code == '.' || first.code == '-' || first.code == '`' || first.code == '\'')
        while (end < t->length && t->text[end] == first.code) end++; /* ... -- `` '' are one token each */
    return end;
}

static size_t whitespace_end(const embdistill_tokenizer *t)
{
    size_t end = t->at;
    for (;;) {
        character here = decode(t->text, t->length, end);
        if (here.size == 0 || is_space(here.code)) return end;
        end += here.size;
    }
}

size_t embdistill_next_token(embdistill_tokenizer *t, unsigned char token[EMBDISTILL_TOKEN_BYTES])
{
    character here;
    for (;;) {
        here = decode(t->text, t->length, t->at);
        if (here.size == 0) return 0;
        if (!is_space(here.code)) break;
        t->at += here.size;
    }

    size_t end = t->split == EMBDISTILL_SPLIT_WHITESPACE ? whitespace_end(t) : token_end(t);
    size_t length = 0, room = EMBDISTILL_TOKEN_BYTES;
    for (; t->at < end; t->at += here.size) {
        here = decode(t->text, t->length, t->at);
        uint32_t code = t->lowercase ? lower(here.code) : here.code;
        if (code == 0x2019 && t->split == EMBDISTILL_SPLIT_ENGLISH) code = '\''; /* don’t is don't */
        size_t size = encode(code, token + length, room);
        length += size;
        room = size ? room - size : 0; /* once a character does not fit, none after it is written */
    }
    if (t->split == EMBDISTILL_SPLIT_ENGLISH && length == 2 && token[0] == token[1]
        && (token[0] == '`' || token[0] == '\'')) { /* quotes as the Penn Treebank writes them, `` and '' */
        token[0] = '"';
        length = 1;
    }
    return length;
}

/* ---- Errors ----------------------------------------------------------------------------------------------- */

const char *embdistill_error_text(embdistill_error error)
{
    static const char *const texts[] = {
#define EMBDISTILL_TEXT(code, text) text,
        EMBDISTILL_ERRORS(EMBDISTILL_TEXT)
#undef EMBDISTILL_TEXT
    };
    return (size_t)error < sizeof texts / sizeof texts[0] ? texts[error] : "unknown error";
}

/* ---- Reading the image ------------------------------------------------------------------------------------ */

static uint32_t u32_at(const unsigned char *numbers, size_t i)
{
    uint32_t number;
    memcpy(&number, numbers + 4 * i, 4);
    return number;
}

static float float_at(const unsigned char *numbers, size_t i)
{
    float number;
    memcpy(&number, numbers + 4 * i, 4);
    return number;
}

/* CRC-32 of bytes that follow others of the given CRC, half a byte at a time: the table takes 64 bytes. */
static uint32_t crc32(uint32_t crc, const unsigned char *bytes, size_t size)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
        0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

typedef enum {
    META, LABL, TOKN, WORD_INDEX, TABL, POS1, POS2, NETW, MAPW, MAPB, RECF, RECB, OUTW, OUTB, COMN, KINDS
} kind; /* in the order of the names in kind_of */

typedef struct {
    const unsigned char *at; /* NULL: there is no such section */
    uint32_t size;
} section;

static kind kind_of(const unsigned char *name)
{
    static const char names[] = "METALABLTOKNWORDTABLPOS1POS2NETWMAPWMAPBRECFRECBOUTWOUTBCOMN";
    kind k = META;
    while (k < KINDS && memcmp(name, names + 4 * (size_t)k, 4) != 0) k++;
    return k;
}

enum { HEADER = 24, ENTRY = 16, MOST_SECTIONS = 32, ALIGNMENT = 16 };

/* Checks everything that does not depend on what the sections hold, and finds them. Sizes and offsets are compared in 64
 * bits, where no sum of theirs overflows. */
static embdistill_error find_sections(section sections[KINDS], const unsigned char *image, size_t bytes)
{
    static const unsigned char magic[8] = {0x89, 'E', 'D', 'M', '\r', '\n', 0x1A, '\n'};
    if (memcmp(image, magic, bytes < sizeof magic ? bytes : sizeof magic) != 0) return EMBDISTILL_ERROR_MAGIC;
    if (bytes < HEADER) return EMBDISTILL_ERROR_TRUNCATED;
    uint32_t count = u32_at(image, 4);
    if (u32_at(image, 2) != 1) return EMBDISTILL_ERROR_VERSION;
    if (u32_at(image, 3) != bytes) return EMBDISTILL_ERROR_TRUNCATED;
    if (count < 1 || count > MOST_SECTIONS || HEADER + ENTRY * (uint64_t)count > bytes) return EMBDISTILL_ERROR_LAYOUT;
    if (crc32(crc32(0, image, 20), image + HEADER, ENTRY * count) != u32_at(image, 5)) return EMBDISTILL_ERROR_CHECKSUM;

    uint64_t end = HEADER + ENTRY * (uint64_t)count;
    for (uint32_t i = 0; i < count; i++) {
        const unsigned char *entry = image + HEADER + ENTRY * i;
        uint32_t offset = u32_at(entry, 1), size = u32_at(entry, 2);
        if (offset != (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT || (uint64_t)offset + size > bytes)
            return EMBDISTILL_ERROR_LAYOUT;
        for (uint64_t padding = end; padding < offset; padding++)
            if (image[padding] != 0) return EMBDISTILL_ERROR_LAYOUT;
        if (crc32(0, image + offset, size) != u32_at(entry, 3)) return EMBDISTILL_ERROR_CHECKSUM;
        end = (uint64_t)offset + size;
        kind k = kind_of(entry);
        if (k == KINDS) continue;
        if (sections[k].at) return EMBDISTILL_ERROR_LAYOUT;
        sections[k].at = image + offset;
        sections[k].size = size;
    }
    return end == bytes ? EMBDISTILL_OK : EMBDISTILL_ERROR_LAYOUT;
}

typedef enum { ROW_SCALES, COLUMN_SCALES, FLOATS_ONLY } scaling;

/* Reads a matrix; false if the section is not there or not as large as the matrix says. */
static int read_matrix(embdistill_matrix *matrix, section from, scaling scales)
{
    if (from.size < 16) return 0;
    uint32_t dtype = u32_at(from.at, 0);
    matrix->rows = u32_at(from.at, 1);
    matrix->columns = u32_at(from.at, 2);
    matrix->unit = float_at(from.at, 3);
    matrix->values = from.at + 16;
    uint64_t cells = (uint64_t)matrix->rows * matrix->columns; /* below 2^64 */
    if (cells == 0 || cells > UINT32_MAX) return 0;
    if (dtype == 0) return from.size - 16 == 4 * cells;
    if (dtype != 1 || scales == FLOATS_ONLY) return 0;
    if (from.size - 16 != cells + (scales == ROW_SCALES ? matrix->rows : matrix->columns)) return 0;
    matrix->scales = matrix->values + cells;
    return 1;
}

static uint32_t bucket_size(const embdistill_model *model, uint32_t bucket)
{
    return (uint32_t)model->bucket_sizes[bucket / 2] >> bucket % 2 * 4 & 15u;
}

enum { GROUP = 32 }; /* buckets that share a base */

/* Reads the word index, and checks that no bucket reaches beyond the words. */
static int read_word_index(embdistill_model *model, section from)
{
    if (from.size < 16) return 0;
    model->words = u32_at(from.at, 0);
    model->seed = u32_at(from.at, 1);
    model->buckets = u32_at(from.at, 2);
    uint64_t buckets = model->buckets, groups = (buckets + GROUP - 1) / GROUP;
    if (buckets == 0 || from.size != 16 + 4 * groups + 4 * (uint64_t)model->words + (buckets + 1) / 2) return 0;
    model->bucket_bases = from.at + 16;
    model->remainders = model->bucket_bases + 4 * groups;
    model->bucket_sizes = model->remainders + 4 * (size_t)model->words;
    uint64_t words = 0;
    for (uint32_t bucket = 0; bucket < model->buckets; bucket++) {
        if (bucket % GROUP == 0 && u32_at(model->bucket_bases, bucket / GROUP) != words) return 0;
        words += bucket_size(model, bucket);
    }
    return words == model->words;
}

/* Reads the labels, and counts them. */
static int read_labels(embdistill_model *model, section from)
{
    if (from.size == 0 || from.at[from.size - 1] != 0) return 0;
    model->labels = (const char *)from.at;
    for (uint32_t i = 0; i < from.size; i++)
        if (from.at[i] == 0) model->classes++;
    return 1;
}

static int read_tokenizer(embdistill_model *model, section from)
{
    if (from.size != 8 || u32_at(from.at, 0) > 1 || u32_at(from.at, 1) > 1) return 0;
    model->split = u32_at(from.at, 0) ? EMBDISTILL_SPLIT_WHITESPACE : EMBDISTILL_SPLIT_ENGLISH;
    model->lowercase = (int)u32_at(from.at, 1);
    return 1;
}

/* Reads the settings of the network. `outputs` becomes the columns of the map, `bias` those of its bias. */
static int read_network(embdistill_model *model, section from, uint64_t *outputs, uint64_t *bias, uint64_t *features)
{
    if (from.size < 16) return 0;
    uint32_t network = u32_at(from.at, 0), pooling = u32_at(from.at, 2);
    uint64_t hidden = model->hidden = u32_at(from.at, 1), widths = 0;
    model->width_count = u32_at(from.at, 3);
    if (hidden == 0 || model->width_count > EMBDISTILL_MOST_WIDTHS) return 0;
    if (from.size != 16 + 4 * model->width_count) return 0;
    for (uint32_t k = 0; k < model->width_count; k++) {
        model->widths[k] = u32_at(from.at, 4 + k);
        if (model->widths[k] == 0) return 0;
        widths += model->widths[k];
    }
    model->pools_maximum = pooling;
    if ((network == EMBDISTILL_CNN) != (model->width_count > 0)) return 0;
    if (pooling > (network == EMBDISTILL_LSTM ? 1u : 0u)) return 0;
    *outputs = *bias = *features = hidden;
    switch (network) {
    case EMBDISTILL_MEAN:
        model->network = EMBDISTILL_MEAN;
        return 1;
    case EMBDISTILL_CNN:
        model->network = EMBDISTILL_CNN;
        if (widths > UINT32_MAX) return 0; /* so that no product overflows */
        *outputs = hidden * widths;
        *bias = *features = hidden * model->width_count;
        return 1;
    case EMBDISTILL_LSTM:
        model->network = EMBDISTILL_LSTM;
        *outputs = *bias = 8 * hidden;
        *features = 2 * hidden;
        return 1;
    default:
        return 0;
    }
}

static int read_common(embdistill_model *model, section from)
{
    if (from.size % 4) return 0;
    model->common = from.at;
    model->common_count = from.size / 4;
    for (uint32_t i = 0; i < model->common_count; i++)
        if (u32_at(from.at, i) >= model->table.rows) return 0;
    return 1;
}

static embdistill_error read_sections(embdistill_model *model, const section *sections)
{
    uint64_t outputs, bias, features;
    int relational = sections[POS1].at != NULL, recurrent;
    if (!read_labels(model, sections[LABL]) || !read_tokenizer(model, sections[TOKN])
        || !read_word_index(model, sections[WORD_INDEX]) || !read_matrix(&model->table, sections[TABL], ROW_SCALES)
        || !read_network(model, sections[NETW], &outputs, &bias, &features)
        || !read_matrix(&model->map, sections[MAPW], COLUMN_SCALES)
        || !read_matrix(&model->map_bias, sections[MAPB], FLOATS_ONLY)
        || !read_matrix(&model->output, sections[OUTW], ROW_SCALES)
        || !read_matrix(&model->output_bias, sections[OUTB], FLOATS_ONLY) || !read_common(model, sections[COMN]))
        return EMBDISTILL_ERROR_LAYOUT;
    recurrent = model->network == EMBDISTILL_LSTM;
    for (int i = 0; i < 2; i++) {
        section positions = sections[i ? POS2 : POS1], weight = sections[i ? RECB : RECF];
        if ((positions.at != NULL) != relational || (weight.at != NULL) != recurrent) return EMBDISTILL_ERROR_LAYOUT;
        if (relational && !read_matrix(&model->positions[i], positions, ROW_SCALES)) return EMBDISTILL_ERROR_LAYOUT;
        if (recurrent && !read_matrix(&model->recurrent[i], weight, COLUMN_SCALES)) return EMBDISTILL_ERROR_LAYOUT;
        if (recurrent && (model->recurrent[i].rows != model->hidden
                          || model->recurrent[i].columns != 4 * (uint64_t)model->hidden))
            return EMBDISTILL_ERROR_MODEL;
    }
    const embdistill_matrix *positions = model->positions;
    model->reach = relational ? (positions[0].rows - 1) / 2 : 0;
    if (relational && (model->network == EMBDISTILL_MEAN || positions[0].rows % 2 == 0
                       || positions[0].rows != positions[1].rows || positions[0].columns != positions[1].columns))
        return EMBDISTILL_ERROR_MODEL;
    if (model->table.rows - 1 != model->words
        || model->map.rows != model->table.columns + 2 * (uint64_t)positions[0].columns
        || model->map.columns != outputs || model->map_bias.rows != 1 || model->map_bias.columns != bias
        || model->output.columns != features || model->output.rows != model->classes
        || model->output_bias.rows != 1 || model->output_bias.columns != model->classes)
        return EMBDISTILL_ERROR_MODEL;
    model->features = model->output.columns;
    return EMBDISTILL_OK;
}

embdistill_error embdistill_open(embdistill_model *model, const void *image, size_t bytes)
{
    section sections[KINDS];
    const uint32_t one = 1;
    memset(model, 0, sizeof *model);
    memset(sections, 0, sizeof sections);
    if (*(const unsigned char *)&one != 1) return EMBDISTILL_ERROR_BYTE_ORDER;
    embdistill_error error = find_sections(sections, image, bytes);
    if (error == EMBDISTILL_OK) error = read_sections(model, sections);
    model->about = (const char *)sections[META].at;
    model->about_bytes = sections[META].size;
    return error;
}

const char *embdistill_label(const embdistill_model *model, uint32_t number)
{
    const char *label = model->labels;
    if (number >= model->classes) return NULL;
    for (; number > 0; number--) label += strlen(label) + 1;
    return label;
}

int embdistill_is_relational(const embdistill_model *model) { return model->positions[0].rows > 0; }

/* ---- Words ------------------------------------------------------------------------------------------------ */

/* Sum of the eight sizes of four bits in a number. */
static uint32_t sum_of_eight(uint32_t sizes)
{
    sizes = (sizes & 0x0F0F0F0Fu) + (sizes >> 4 & 0x0F0F0F0Fu); /* four sums of at most 30 */
    return sizes * 0x01010101u >> 24;
}

uint32_t embdistill_lookup(const embdistill_model *model, const unsigned char *token, size_t length)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ model->seed;
    for (size_t i = 0; i < length; i++) hash = (hash ^ token[i]) * UINT64_C(1099511628211);
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    hash ^= hash >> 33;

    uint32_t bucket = (uint32_t)((hash >> 32) * model->buckets >> 32), remainder = (uint32_t)hash;
    uint32_t word = u32_at(model->bucket_bases, bucket / GROUP), before = bucket / GROUP * GROUP;
    for (; before + 8 <= bucket; before += 8) word += sum_of_eight(u32_at(model->bucket_sizes, before / 8));
    for (; before < bucket; before++) word += bucket_size(model, before);
    for (uint32_t end = word + bucket_size(model, bucket); word < end; word++)
        if (u32_at(model->remainders, word) == remainder) return word + 1;
    return 0;
}

/* A text as rows of the table. */
typedef struct {
    unsigned char *rows; /* uint32_t each; memory that held floats before, so read and written byte by byte */
    size_t room, count, known;
    size_t spans[2][2]; /* relations: the first token of each entity, and the one after its last */
} sentence;

/* Adds the tokens of a text, or of a part of one; false if there are too many. */
static int read_tokens(sentence *s, const embdistill_model *model, const char *text, size_t length)
{
    embdistill_tokenizer tokenizer = {(const unsigned char *)text, length, 0, model->split, model->lowercase};
    unsigned char token[EMBDISTILL_TOKEN_BYTES];
    size_t size;
    while ((size = embdistill_next_token(&tokenizer, token)) != 0) {
        if (s->count == s->room) return 0;
        uint32_t row = embdistill_lookup(model, token, size);
        memcpy(s->rows + 4 * s->count, &row, 4);
        s->known += row != 0;
        s->count++;
    }
    return 1;
}

/* Bytes of the mark of an entity at `text`, 0 if there is none; its number, 0 or 1, and whether it is the closing one. */
static size_t mark_size(const char *text, size_t length, size_t *entity, int *closing)
{
    *closing = length > 1 && text[1] == '/';
    size_t size = *closing ? 5 : 4;
    if (length < size || text[0] != '<' || text[size - 3] != 'e' || text[size - 1] != '>') return 0;
    *entity = (size_t)(text[size - 2] - '1');
    return text[size - 2] == '1' || text[size - 2] == '2' ? size : 0;
}

/* Adds the tokens of a text with two marked entities, which end tokens. */
static embdistill_error read_marked(sentence *s, const embdistill_model *model, const char *text, size_t length)
{
    size_t marks = 0, from = 0, first = 0, entities[2] = {0, 0};
    for (size_t at = 0; at < length;) {
        int closing;
        size_t entity, size = mark_size(text + at, length - at, &entity, &closing);
        if (size == 0) {
            at++;
            continue;
        }
        if (!read_tokens(s, model, text + from, at - from)) return EMBDISTILL_ERROR_SCRATCH;
        /* The marks alternate: an entity opens, and closes after a token of its own; then the other one does. */
        if (marks == 4 || closing != (int)(marks % 2)) return EMBDISTILL_ERROR_MARKS;
        if (closing ? entity != entities[marks / 2] || s->count == first : marks == 2 && entity == entities[0])
            return EMBDISTILL_ERROR_MARKS;
        entities[marks / 2] = entity;
        s->spans[entity][closing] = first = s->count;
        marks++;
        from = at += size;
    }
    if (!read_tokens(s, model, text + from, length - from)) return EMBDISTILL_ERROR_SCRATCH;
    return marks == 4 ? EMBDISTILL_OK : EMBDISTILL_ERROR_MARKS;
}

/* Row of the position table of a token: its signed distance from an entity in words, 0 inside it, at most reach. */
static uint32_t position(const sentence *s, size_t token, int entity, uint32_t reach)
{
    size_t first = s->spans[entity][0], last = s->spans[entity][1] - 1;
    size_t distance = token < first ? first - token : token > last ? token - last : 0;
    uint32_t within = distance < reach ? (uint32_t)distance : reach;
    return token < first ? reach - within : reach + within;
}

/* ---- Arithmetic ------------------------------------------------------------------------------------------- */

/* row (columns) += row `number` of a matrix with a scale a row. */
EMBDISTILL_HOT static void add_row(float *restrict row, const embdistill_matrix *matrix, uint32_t number)
{
    size_t columns = matrix->columns, first = number * columns;
    if (matrix->scales == NULL) {
        const unsigned char *values = matrix->values + 4 * first;
        for (size_t j = 0; j < columns; j++) row[j] += float_at(values, j);
    } else {
        const signed char *values = (const signed char *)matrix->values + first;
        float scale = matrix->unit * matrix->scales[number];
        for (size_t j = 0; j < columns; j++) row[j] += scale * values[j];
    }
}

/* Value c of a row of a matrix, without its scale. `floats` is a constant wherever this is called. */
static inline float value_of(const unsigned char *row, size_t c, const int floats)
{
    return floats ? float_at(row, c) : (float)((const signed char *)row)[c];
}

/* A part of a map: `columns` of its columns, from first_column on. */
typedef struct {
    const embdistill_matrix *matrix;
    size_t first_column, columns;
} map_part;

static const unsigned char *map_row(const map_part *part, size_t row)
{
    size_t first = row * part->matrix->columns + part->first_column;
    return part->matrix->values + first * (part->matrix->scales == NULL ? 4 : 1);
}

/* Multiplies outputs (columns) by the scales of an int8 map. */
static void scale_columns(float *out, const map_part *part)
{
    const embdistill_matrix *matrix = part->matrix;
    for (size_t c = 0; c < part->columns && matrix->scales != NULL; c++)
        out[c] *= matrix->unit * matrix->scales[part->first_column + c];
}

/* out (columns) += in[0] row 0 + ... + in[3] row 3, of four rows. */
static inline void add_four(float *restrict out, const unsigned char *const rows[4], const float in[4], size_t columns,
                            const int floats)
{
    const unsigned char *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
    const float i0 = in[0], i1 = in[1], i2 = in[2], i3 = in[3];
    for (size_t c = 0; c < columns; c++)
        out[c] += (i0 * value_of(r0, c, floats) + i1 * value_of(r1, c, floats))
                  + (i2 * value_of(r2, c, floats) + i3 * value_of(r3, c, floats));
}

/* out (columns) = in (rows) times a part of a map with a scale a column. */
EMBDISTILL_HOT static void map_one(float *out, const float *in, const map_part *part)
{
    memset(out, 0, part->columns * sizeof *out);
    for (size_t j = 0; j < part->matrix->rows; j += 4) {
        const unsigned char *rows[4];
        float four[4];
        for (size_t i = 0; i < 4; i++) { /* beyond the last row, the last one times 0 */
            rows[i] = map_row(part, j + i < part->matrix->rows ? j + i : part->matrix->rows - 1);
            four[i] = j + i < part->matrix->rows ? in[j + i] : 0;
        }
        if (part->matrix->scales == NULL) add_four(out, rows, four, part->columns, 1);
        else add_four(out, rows, four, part->columns, 0);
    }
    scale_columns(out, part);
}

#if EMBDISTILL_BLOCK == 4
/* out[t] (columns) += in[t] row 0 + next[t] row 1, of two rows, for four tokens t. */
static inline void add_two(float *restrict out0, float *restrict out1, float *restrict out2, float *restrict out3,
                           const unsigned char *row0, const unsigned char *row1, const float in[4], const float next[4],
                           size_t columns, const int floats)
{
    const float a0 = in[0], a1 = in[1], a2 = in[2], a3 = in[3], b0 = next[0], b1 = next[1], b2 = next[2], b3 = next[3];
    for (size_t c = 0; c < columns; c++) {
        float x = value_of(row0, c, floats), y = value_of(row1, c, floats);
        out0[c] += a0 * x + b0 * y;
        out1[c] += a1 * x + b1 * y;
        out2[c] += a2 * x + b2 * y;
        out3[c] += a3 * x + b3 * y;
    }
}

/* out (4, columns) = in (4, rows) times a part of a map. */
EMBDISTILL_HOT static void map_block(float *out, const float *in, const map_part *part)
{
    const size_t n = part->columns;
    memset(out, 0, 4 * n * sizeof *out);
    for (size_t j = 0; j < part->matrix->rows; j += 2) {
        size_t last = j + 1 < part->matrix->rows ? j + 1 : j; /* an odd last row again, times 0 */
        const unsigned char *row0 = map_row(part, j), *row1 = map_row(part, last);
        float first[4], next[4];
        for (size_t t = 0; t < 4; t++) {
            first[t] = in[t * part->matrix->rows + j];
            next[t] = last > j ? in[t * part->matrix->rows + last] : 0;
        }
        if (part->matrix->scales == NULL) add_two(out, out + n, out + 2 * n, out + 3 * n, row0, row1, first, next, n, 1);
        else add_two(out, out + n, out + 2 * n, out + 3 * n, row0, row1, first, next, n, 0);
    }
    for (size_t t = 0; t < 4; t++) scale_columns(out + t * n, part);
}
#elif EMBDISTILL_BLOCK == 1
#define map_block map_one
#else
#error "EMBDISTILL_BLOCK is 4, or 1 for microcontrollers"
#endif

/* out (classes) = bias + output layer times features. */
EMBDISTILL_HOT static void output_layer(float *restrict out, const float *restrict features,
                                        const embdistill_model *model)
{
    enum { LANES = 16 }; /* sums that go on side by side */
    const embdistill_matrix *matrix = &model->output;
    const size_t columns = matrix->columns;
    for (uint32_t i = 0; i < model->classes; i++) {
        const unsigned char *row = matrix->values + i * columns * (matrix->scales == NULL ? 4 : 1);
        float sums[LANES] = {0}, sum = 0;
        size_t j = 0;
        if (matrix->scales == NULL)
            for (; j + LANES <= columns; j += LANES)
                for (size_t l = 0; l < LANES; l++) sums[l] += features[j + l] * value_of(row, j + l, 1);
        else
            for (; j + LANES <= columns; j += LANES)
                for (size_t l = 0; l < LANES; l++) sums[l] += features[j + l] * value_of(row, j + l, 0);
        for (; j < columns; j++) sum += features[j] * value_of(row, j, matrix->scales == NULL);
        for (size_t l = 0; l < LANES / 2; l++) sums[l] += sums[l + LANES / 2];
        for (size_t l = 0; l < LANES / 4; l++) sums[l] += sums[l + LANES / 4];
        for (size_t l = 0; l < LANES / 4; l++) sum += sums[l];
        if (matrix->scales != NULL) sum *= matrix->unit * matrix->scales[i];
        out[i] = sum + float_at(model->output_bias.values, i);
    }
}

/* Hyperbolic tangent, in place; the formula of kernels/lstm.py. */
EMBDISTILL_HOT static void tanh_all(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float x = values[i];
        x = x > 20.0f ? 20.0f : x;
        x = x < -20.0f ? -20.0f : x;
        x *= 1.0f / 32.0f;
        float s = x * x;
        float p = x * (1.0f + s * (4.0f / 33.0f + s * (1.0f / 495.0f)));
        float q = 1.0f + s * (5.0f / 11.0f + s * (2.0f / 99.0f + s * (1.0f / 10395.0f)));
        for (int doubling = 0; doubling < 5; doubling++) { /* tanh(2y) = 2pq / (p^2 + q^2) */
            float pq = p * q;
            q = p * p + q * q;
            p = pq + pq;
        }
        values[i] = p / q;
    }
}

/* e^x for x <= 0, within 2e-7: x = n ln 2 + f, and the Taylor series of e^f. */
static float exponential(float x)
{
    if (!(x > -87.0f)) return 0; /* also what is not a number */
    int32_t n = (int32_t)(x * 1.44269504f - 0.5f);
    float whole = (float)n;
    float f = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
    float e = 1.0f / 24 + f * (1.0f / 120 + f * (1.0f / 720));
    e = 1.0f + f * (1.0f + f * (1.0f / 2 + f * (1.0f / 6 + f * e)));
    uint32_t bits = (uint32_t)(n + 127) << 23;
    float power;
    memcpy(&power, &bits, 4);
    return e * power;
}

void embdistill_softmax(float *logits, uint32_t classes)
{
    float most = logits[embdistill_best(logits, classes)], sum = 0;
    for (uint32_t i = 0; i < classes; i++) sum += logits[i] = exponential(logits[i] - most);
    for (uint32_t i = 0; i < classes; i++) logits[i] /= sum;
}

uint32_t embdistill_best(const float *values, uint32_t classes)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < classes; i++)
        if (values[i] > values[best]) best = i;
    return best;
}

/* ---- Networks --------------------------------------------------------------------------------------------- */

/* Products of the first map, for some tokens that follow each other. */
typedef struct {
    const float *of[4 * EMBDISTILL_BLOCK]; /* (columns), a token each: in `computed`, or folded */
    float *inputs;                         /* (EMBDISTILL_BLOCK, d + 2p), scratch */
    float *computed;                       /* (EMBDISTILL_BLOCK, columns), scratch */
} products;

static const float *folded_row(const embdistill_model *model, uint32_t row)
{
    uint32_t slot = model->folded_slot == NULL ? 0 : u32_at(model->folded_slot, row);
    return slot == 0 ? NULL : model->folded + (slot - 1) * (size_t)model->map.columns;
}

/* What stands at a token: its word vector, and in relations the vectors of its positions. */
static void read_input(float *input, const embdistill_model *model, const sentence *s, size_t token)
{
    memset(input, 0, model->map.rows * sizeof *input);
    add_row(input, &model->table, u32_at(s->rows, token));
    input += model->table.columns;
    for (int entity = 0; entity < 2 && embdistill_is_relational(model); entity++) {
        add_row(input, &model->positions[entity], position(s, token, entity, model->reach));
        input += model->positions[entity].columns;
    }
}

/* Products of columns first_column on, `columns` of them, for tokens from `token` on, in steps of +1 or -1; gives how
 * many tokens that are: as many as can be computed at once, and those between them that are folded. */
static size_t next_products(products *p, const embdistill_model *model, const sentence *s, size_t token, int step,
                            size_t left, size_t first_column, size_t columns)
{
    size_t count = 0, computed = 0;
    for (; count < left && count < 4 * EMBDISTILL_BLOCK; count++, token += (size_t)step) {
        const float *folded = folded_row(model, u32_at(s->rows, token));
        if (folded != NULL) {
            p->of[count] = folded + first_column;
            continue;
        }
        if (computed == EMBDISTILL_BLOCK) break;
        read_input(p->inputs + computed * model->map.rows, model, s, token);
        p->of[count] = p->computed + computed * columns;
        computed++;
    }
    map_part part = {&model->map, first_column, columns};
    if (computed > 1) { /* a block that is not full is filled up with zeros */
        size_t inputs = model->map.rows;
        memset(p->inputs + computed * inputs, 0, (EMBDISTILL_BLOCK - computed) * inputs * sizeof(float));
        map_block(p->computed, p->inputs, &part);
    } else if (computed == 1)
        map_one(p->computed, p->inputs, &part);
    return count;
}

/* Takes space from scratch. */
static float *take(float **scratch, size_t count)
{
    float *taken = *scratch;
    *scratch += count;
    return taken;
}

EMBDISTILL_HOT static void bias_relu(float *features, const embdistill_model *model)
{
    for (size_t i = 0; i < model->features; i++) {
        float value = features[i] + float_at(model->map_bias.values, i);
        features[i] = value > 0 ? value : 0;
    }
}

enum { RUN = 64 }; /* tokens that are summed up before their sum is added to that of the others, for less round-off */

/* sum (d) = of the word vectors. part (d) is scratch. */
static void sum_words(float *sum, float *part, const embdistill_model *model, const sentence *s)
{
    size_t size = model->table.columns;
    memset(sum, 0, size * sizeof *sum);
    for (size_t first = 0; first < s->count; first += RUN) {
        memset(part, 0, size * sizeof *part);
        for (size_t t = first; t < s->count && t < first + RUN; t++) add_row(part, &model->table, u32_at(s->rows, t));
        for (size_t j = 0; j < size; j++) sum[j] += part[j];
    }
}

/* features (H) = the mean of the products of the first map, if all of them are folded and few enough to be summed up in
 * one go; false if not. */
EMBDISTILL_HOT static int mean_of_folded(float *restrict features, const embdistill_model *model, const sentence *s)
{
    const size_t hidden = model->hidden;
    if (s->count == 0 || s->count > RUN) return 0;
    for (size_t t = 0; t < s->count; t++)
        if (folded_row(model, u32_at(s->rows, t)) == NULL) return 0;
    memcpy(features, folded_row(model, u32_at(s->rows, 0)), hidden * sizeof *features);
    for (size_t t = 1; t < s->count; t++) {
        const float *product = folded_row(model, u32_at(s->rows, t));
        for (size_t h = 0; h < hidden; h++) features[h] += product[h];
    }
    const float share = 1.0f / (float)s->count;
    for (size_t h = 0; h < hidden; h++) features[h] *= share;
    return 1;
}

/* features (H) = ReLU(bias + map of the mean of the word vectors), which is zero for an empty sentence. */
static void mean_features(float *features, const embdistill_model *model, const sentence *s, float *scratch)
{
    float *sum = take(&scratch, model->map.rows), *part = take(&scratch, model->map.rows);
    map_part map = {&model->map, 0, model->hidden};
    if (!mean_of_folded(features, model, s)) {
        sum_words(sum, part, model, s);
        for (size_t j = 0; s->count > 0 && j < model->map.rows; j++) sum[j] /= (float)s->count;
        map_one(features, sum, &map);
    }
    bias_relu(features, model);
}

/* Adds the products of token t to the sums of the positions that its taps belong to: sums is a ring of `width` vectors
 * of H, the place of a position being its number mod width. Tap 0 begins a position, the last one ends it, and best (H)
 * keeps the largest sum. */
EMBDISTILL_HOT static void add_taps(float *restrict sums, float *restrict best, const float *restrict taps, size_t t,
                                    size_t width, size_t filters)
{
    for (size_t tap = 0; tap < width; tap++, taps += filters) {
        float *sum = sums + (t + width - tap) % width * filters;
        if (tap == 0 || t == 0)
            for (size_t h = 0; h < filters; h++) sum[h] = taps[h];
        else
            for (size_t h = 0; h < filters; h++) sum[h] += taps[h];
        if (tap == width - 1)
            for (size_t h = 0; h < filters; h++) best[h] = sum[h] > best[h] ? sum[h] : best[h];
    }
}

/* The positions that the end of the sentence, after `count` tokens, cuts off. */
static void end_taps(float *best, const float *sums, size_t count, size_t width, size_t filters)
{
    for (size_t cut = 1; cut < width; cut++) {
        const float *sum = sums + (count + width - cut) % width * filters;
        for (size_t h = 0; h < filters; h++) best[h] = sum[h] > best[h] ? sum[h] : best[h];
    }
}

/* features (k H) = ReLU(bias + largest response of each filter), the sentence between zero vectors; an empty one: of
 * the bias. The tokens pass once, and only the sums of the positions that are not complete are kept. */
static void cnn_features(float *features, const embdistill_model *model, const sentence *s, float *scratch)
{
    size_t filters = model->hidden, columns = model->map.columns;
    products p;
    p.inputs = take(&scratch, EMBDISTILL_BLOCK * (size_t)model->map.rows);
    p.computed = take(&scratch, EMBDISTILL_BLOCK * columns);
    float *sums = take(&scratch, columns);
    for (size_t i = 0; i < model->features; i++) features[i] = s->count > 0 ? -3.4028234e38f : 0;
    for (size_t t = 0, end; t < s->count; t = end) {
        end = t + next_products(&p, model, s, t, 1, s->count - t, 0, columns);
        for (size_t token = t; token < end; token++)
            for (size_t k = 0, tap = 0; k < model->width_count; tap += model->widths[k], k++)
                add_taps(sums + tap * filters, features + k * filters, p.of[token - t] + tap * filters, token,
                         model->widths[k], filters);
    }
    for (size_t k = 0, tap = 0; s->count > 0 && k < model->width_count; tap += model->widths[k], k++)
        end_taps(features + k * filters, sums + tap * filters, s->count, model->widths[k], filters);
    bias_relu(features, model);
}

/* One step: gates (4H; input, output, forget, candidate) hold their sums, cell and state (H) go on. */
EMBDISTILL_HOT static void lstm_step(float *restrict state, float *restrict cell, float *restrict gates, size_t units)
{
    for (size_t j = 0; j < 3 * units; j++) gates[j] *= 0.5f;
    tanh_all(gates, 4 * units);
    for (size_t j = 0; j < 3 * units; j++) gates[j] = 0.5f * gates[j] + 0.5f; /* sigmoid(x) = (1 + tanh(x / 2)) / 2 */
    for (size_t h = 0; h < units; h++)
        state[h] = cell[h] = gates[2 * units + h] * cell[h] + gates[h] * gates[3 * units + h];
    tanh_all(state, units);
    for (size_t h = 0; h < units; h++) state[h] *= gates[units + h];
}

/* features (H) of one direction: the last state, or the maximum over all; zero for an empty sentence. */
static void lstm_direction(float *features, const embdistill_model *model, const sentence *s, int backward,
                           float *scratch)
{
    size_t units = model->hidden, gates_size = 4 * units, first = backward ? gates_size : 0;
    products p;
    p.inputs = take(&scratch, EMBDISTILL_BLOCK * (size_t)model->map.rows);
    p.computed = take(&scratch, EMBDISTILL_BLOCK * gates_size);
    float *gates = take(&scratch, gates_size), *state = take(&scratch, units), *cell = take(&scratch, units);
    map_part recurrent = {&model->recurrent[backward], 0, gates_size};
    memset(state, 0, units * sizeof *state);
    memset(cell, 0, units * sizeof *cell);
    memset(features, 0, units * sizeof *features);
    for (size_t done = 0, end; done < s->count; done = end) {
        size_t token = backward ? s->count - 1 - done : done;
        end = done + next_products(&p, model, s, token, backward ? -1 : 1, s->count - done, first, gates_size);
        for (size_t t = done; t < end; t++) {
            map_one(gates, state, &recurrent);
            for (size_t j = 0; j < gates_size; j++)
                gates[j] += p.of[t - done][j] + float_at(model->map_bias.values, first + j);
            lstm_step(state, cell, gates, units);
            for (size_t h = 0; h < units; h++)
                if (!model->pools_maximum || t == 0 || state[h] > features[h]) features[h] = state[h];
        }
    }
}

/* Floats of scratch that the network of a model takes, whatever the length of the text. */
static uint64_t work_floats(const embdistill_model *model)
{
    const uint64_t block = EMBDISTILL_BLOCK, inputs = model->map.rows, hidden = model->hidden;
    switch (model->network) {
    case EMBDISTILL_CNN: return model->features + block * inputs + (block + 1) * model->map.columns;
    case EMBDISTILL_LSTM: return model->features + block * inputs + (block + 1) * 4 * hidden + 2 * hidden;
    case EMBDISTILL_MEAN: break;
    }
    return model->features + 2 * inputs;
}

size_t embdistill_scratch_bytes(const embdistill_model *model, size_t tokens)
{
    uint64_t work = work_floats(model);
    if (tokens > (SIZE_MAX / 4) || work > SIZE_MAX / 4 - tokens) return SIZE_MAX;
    return 4 * ((size_t)work + tokens);
}

embdistill_error embdistill_logits(const embdistill_model *model, const char *text, size_t length, void *scratch,
                                   size_t scratch_bytes, float *logits, size_t *known)
{
    uint64_t work = work_floats(model);
    if ((uintptr_t)scratch % 4 != 0) return EMBDISTILL_ERROR_ALIGNMENT;
    if (work > scratch_bytes / 4) return EMBDISTILL_ERROR_SCRATCH;
    float *features = scratch, *rest = features + model->features;
    sentence s = {(unsigned char *)scratch + 4 * (size_t)work, scratch_bytes / 4 - (size_t)work, 0, 0, {{0, 0}, {0, 0}}};
    if (embdistill_is_relational(model)) {
        embdistill_error error = read_marked(&s, model, text, length);
        if (error != EMBDISTILL_OK) return error;
    } else if (!read_tokens(&s, model, text, length))
        return EMBDISTILL_ERROR_SCRATCH;
    if (known != NULL) *known = s.known;

    switch (model->network) {
    case EMBDISTILL_MEAN: mean_features(features, model, &s, rest); break;
    case EMBDISTILL_CNN: cnn_features(features, model, &s, rest); break;
    case EMBDISTILL_LSTM:
        lstm_direction(features, model, &s, 0, rest);
        lstm_direction(features + model->hidden, model, &s, 1, rest);
        break;
    }
    output_layer(logits, features, model);
    return EMBDISTILL_OK;
}

/* ---- Folding ---------------------------------------------------------------------------------------------- */

size_t embdistill_fold_bytes(const embdistill_model *model, size_t words)
{
    if (embdistill_is_relational(model)) return 0; /* their products depend on more than the word */
    if (words > model->common_count) words = model->common_count;
    /* rows of the table, the folded ones, and one vector; both factors are below 2^32 */
    uint64_t numbers = model->table.rows + words * (uint64_t)model->map.columns + model->map.rows;
    return numbers > SIZE_MAX / 4 ? SIZE_MAX : 4 * (size_t)numbers;
}

embdistill_error embdistill_fold(embdistill_model *model, size_t words, void *memory, size_t bytes)
{
    size_t columns = model->map.columns, needed = embdistill_fold_bytes(model, words);
    if ((uintptr_t)memory % 4 != 0) return EMBDISTILL_ERROR_ALIGNMENT;
    if (bytes < needed || needed == SIZE_MAX) return EMBDISTILL_ERROR_SCRATCH;
    if (needed == 0) return EMBDISTILL_OK;
    if (words > model->common_count) words = model->common_count;
    unsigned char *slots = memory;
    float *folded = (float *)memory + model->table.rows, *vector = folded + words * columns;
    map_part part = {&model->map, 0, columns};
    memset(slots, 0, 4 * (size_t)model->table.rows);
    for (size_t i = 0; i < words; i++) {
        uint32_t row = u32_at(model->common, i), slot = (uint32_t)i + 1;
        memcpy(slots + 4 * (size_t)row, &slot, 4);
        memset(vector, 0, model->map.rows * sizeof *vector);
        add_row(vector, &model->table, row);
        map_one(folded + i * columns, vector, &part);
    }
    model->folded_slot = slots;
    model->folded = folded;
    return EMBDISTILL_OK;
}
