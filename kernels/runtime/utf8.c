/* UTF-8: characters from bytes and back. */

typedef struct {
    uint32_t code;
    size_t size; /* bytes read: 1 to 4; 0 at the end of the text */
} character;

/* Decodes a character of several bytes at `at`. A byte that is not part of valid UTF-8 (stray, overlong, of a
 * surrogate) is read as Latin-1, a character by itself. */
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

/* Writes `code` as UTF-8 to out, and returns the bytes written: 1 to 4, or 0 if `room` is too small. */
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
