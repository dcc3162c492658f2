/* UTF-8: a character from bytes, and back. */

typedef struct {
    code_point code;
    size_t size; /* bytes read: 1 to 4; more if characters precede it that are not read; 0 at the end of the text */
} character;

/* The character of a byte that is not part of valid UTF-8: as in Windows-1252, and the control character of this number
 * where that has none. */
static code_point windows_1252(unsigned char byte)
{
    static const uint16_t from_0x80[32] EMBDISTILL_CONSTANT = {
        0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D,
        0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0x009D, 0x017E, 0x0178};
    return byte < 0x80 || byte > 0x9F ? byte : u16_of(&from_0x80[byte - 0x80]);
}

/* Decodes the character at `at`, which is in the text. A byte that is not part of valid UTF-8 (stray, overlong, of a
 * surrogate) is a character by itself. */
static character decode_any(const unsigned char *text, size_t length, size_t at)
{
    character next = {windows_1252(text[at]), 1};
    size_t size = text[at] >= 0xF0 ? 4 : text[at] >= 0xE0 ? 3 : 2;
    uint32_t code = text[at] & (0x7Fu >> size);
    if (text[at] < 0xC2 || text[at] > 0xF4 || size > length - at) return next;
    for (size_t i = 1; i < size; i++) {
        if ((text[at + i] & 0xC0) != 0x80) return next;
        code = code << 6 | (text[at + i] & 0x3Fu);
    }
    const uint32_t least = size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000;
    if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return next;
    next.code = (code_point)code;
    next.size = size;
    return next;
}

/* Writes `code` as UTF-8 to out, and returns the bytes written: 1 to 4, or 0 if `room` is too small. */
static size_t encode(uint32_t code, unsigned char *out, size_t room)
{
    if (code < 0x80 && room > 0) {
        out[0] = (unsigned char)code;
        return 1;
    }
    size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (size > room) return 0;
    for (size_t i = size - 1; i > 0; i--) {
        out[i] = (unsigned char)(0x80u | (code & 0x3Fu));
        code >>= 6;
    }
    const unsigned lead = size == 1 ? 0 : size == 2 ? 0xC0 : size == 3 ? 0xE0 : 0xF0;
    out[0] = (unsigned char)(lead | code);
    return size;
}
