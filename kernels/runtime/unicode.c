/* Classes of characters, and lower-case letters: tables of Unicode, and the functions that search them. */

typedef enum { SPACE, WORD, SYMBOL } character_class;

static int is_digit(code_point code) { return code >= '0' && code <= '9'; }
static int is_letter(uint32_t code) { return (code | 32) >= 'a' && (code | 32) <= 'z'; }

typedef struct {
    uint16_t first, last;
} range;

static int in_ranges(uint32_t code, const range *ranges, size_t count)
{
    for (size_t i = 0; i < count && u16_of(&ranges[i].first) <= code; i++)
        if (code <= u16_of(&ranges[i].last)) return 1;
    return 0;
}

/* White space and control characters of Unicode; also the emoji variation selectors, which carry no meaning. */
static int is_space(uint32_t code)
{
    static const range spaces[] EMBDISTILL_CONSTANT = {
        {0x00, 0x20}, {0x7F, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200B}, {0x2028, 0x2029}, {0x202F, 0x202F},
        {0x205F, 0x2060}, {0x3000, 0x3000}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}};
    return in_ranges(code, spaces, sizeof spaces / sizeof spaces[0]);
}

/* What is neither white space nor a symbol is part of a word: letters, digits and marks of every script. */
static character_class classify(uint32_t code)
{
    static const range symbols[] EMBDISTILL_CONSTANT = {
        {0xA1, 0xA9}, {0xAB, 0xB4}, {0xB6, 0xB9}, {0xBB, 0xBF}, {0xD7, 0xD7}, {0xF7, 0xF7}, {0x37E, 0x37E},
        {0x384, 0x385}, {0x387, 0x387}, {0x55A, 0x55F}, {0x589, 0x58A}, {0x60C, 0x60D}, {0x61B, 0x61F},
        {0x66A, 0x66D}, {0x6D4, 0x6D4}, {0x964, 0x965}, {0xE3F, 0xE3F}, {0xE4F, 0xE4F}, {0xE5A, 0xE5B},
        {0x104A, 0x104F}, {0x17D4, 0x17D6}, {0x17D8, 0x17DB}, {0x1FBD, 0x1FBD}, {0x1FBF, 0x1FC1}, {0x1FCD, 0x1FCF},
        {0x1FDD, 0x1FDF}, {0x1FED, 0x1FEF}, {0x1FFD, 0x1FFE}, {0x2010, 0x2027}, {0x2030, 0x205E}, {0x20A0, 0x20CF},
        {0x2100, 0x2125}, {0x2127, 0x2129}, {0x212C, 0x214F}, {0x2190, 0x2BFF}, {0x3001, 0x3003}, {0x3008, 0x3020},
        {0x3030, 0x3030}, {0x30FB, 0x30FB}, {0xFE10, 0xFE1F}, {0xFE30, 0xFE6F}, {0xFF01, 0xFF0F}, {0xFF1A, 0xFF20},
        {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65}, {0xFFFC, 0xFFFD}};
    if (is_letter(code) || is_digit(code)) return WORD;
    if (is_space(code)) return SPACE;
    if (code < 0x80) return SYMBOL;
    if (code > 0xFFFF) return code >= 0x1F000 && code <= 0x1FAFF ? SYMBOL : WORD;
    return in_ranges(code, symbols, sizeof symbols / sizeof symbols[0]) ? SYMBOL : WORD;
}

/* Simple lower-case mapping of Unicode 14 for Latin (to U+024F, and Additional), Greek (with Extended), Cyrillic (with
 * Supplement), Armenian and full-width letters: every `step`th code from first to last maps to itself plus delta. */
typedef struct {
    uint16_t first, last;
    int16_t delta;
    uint16_t step;
} case_range;

static const case_range lowercase_map[] EMBDISTILL_CONSTANT = {
    {0x00C0, 0x00D6, 32, 1}, {0x00D8, 0x00DE, 32, 1}, {0x0100, 0x012E, 1, 2}, {0x0130, 0x0130, -199, 1},
    {0x0132, 0x0136, 1, 2}, {0x0139, 0x0147, 1, 2}, {0x014A, 0x0176, 1, 2}, {0x0178, 0x0178, -121, 1},
    {0x0179, 0x017D, 1, 2}, {0x0181, 0x0181, 210, 1}, {0x0182, 0x0184, 1, 2}, {0x0186, 0x0186, 206, 1},
    {0x0187, 0x0187, 1, 1}, {0x0189, 0x018A, 205, 1}, {0x018B, 0x018B, 1, 1}, {0x018E, 0x018E, 79, 1},
    {0x018F, 0x018F, 202, 1}, {0x0190, 0x0190, 203, 1}, {0x0191, 0x0191, 1, 1}, {0x0193, 0x0193, 205, 1},
    {0x0194, 0x0194, 207, 1}, {0x0196, 0x0196, 211, 1}, {0x0197, 0x0197, 209, 1}, {0x0198, 0x0198, 1, 1},
    {0x019C, 0x019C, 211, 1}, {0x019D, 0x019D, 213, 1}, {0x019F, 0x019F, 214, 1}, {0x01A0, 0x01A4, 1, 2},
    {0x01A6, 0x01A6, 218, 1}, {0x01A7, 0x01A7, 1, 1}, {0x01A9, 0x01A9, 218, 1}, {0x01AC, 0x01AC, 1, 1},
    {0x01AE, 0x01AE, 218, 1}, {0x01AF, 0x01AF, 1, 1}, {0x01B1, 0x01B2, 217, 1}, {0x01B3, 0x01B5, 1, 2},
    {0x01B7, 0x01B7, 219, 1}, {0x01B8, 0x01B8, 1, 1}, {0x01BC, 0x01BC, 1, 1}, {0x01C4, 0x01C4, 2, 1},
    {0x01C5, 0x01C5, 1, 1}, {0x01C7, 0x01C7, 2, 1}, {0x01C8, 0x01C8, 1, 1}, {0x01CA, 0x01CA, 2, 1},
    {0x01CB, 0x01DB, 1, 2}, {0x01DE, 0x01EE, 1, 2}, {0x01F1, 0x01F1, 2, 1}, {0x01F2, 0x01F4, 1, 2},
    {0x01F6, 0x01F6, -97, 1}, {0x01F7, 0x01F7, -56, 1}, {0x01F8, 0x021E, 1, 2}, {0x0220, 0x0220, -130, 1},
    {0x0222, 0x0232, 1, 2}, {0x023A, 0x023A, 10795, 1}, {0x023B, 0x023B, 1, 1}, {0x023D, 0x023D, -163, 1},
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
    {0xFF21, 0xFF3A, 32, 1}};

static case_range case_range_at(size_t i)
{
    const case_range *at = &lowercase_map[i];
    const case_range read = {u16_of(&at->first), u16_of(&at->last), (int16_t)u16_of((const uint16_t *)&at->delta),
                             u16_of(&at->step)};
    return read;
}

static uint32_t lower(uint32_t code)
{
    if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + 32 : code;
    size_t low = 0, high = sizeof lowercase_map / sizeof lowercase_map[0];
    while (low < high) { /* the first entry whose last is not below code */
        size_t middle = low + (high - low) / 2;
        if (u16_of(&lowercase_map[middle].last) < code) low = middle + 1;
        else high = middle;
    }
    if (low == sizeof lowercase_map / sizeof lowercase_map[0]) return code;
    const case_range found = case_range_at(low);
    if (code < found.first || (code - found.first) % found.step != 0) return code;
    return (uint32_t)((int32_t)code + found.delta);
}

#ifndef EMBDISTILL_NO_COMPOSE

/* The capital whose small letter is `code`; 0 if there is none. Of several, the first. */
static uint32_t capital(uint32_t code)
{
    if (code < 0x80) return code >= 'a' && code <= 'z' ? code - 32 : 0;
    for (size_t i = 0; i < sizeof lowercase_map / sizeof lowercase_map[0]; i++) {
        const case_range range = case_range_at(i);
        int32_t found = (int32_t)code - range.delta;
        if (found >= range.first && found <= range.last && (found - range.first) % range.step == 0)
            return (uint32_t)found;
    }
    return 0;
}

#endif
