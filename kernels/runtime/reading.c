/* The characters of a text that count: without soft hyphens, and without joiners that carry no meaning. */

#ifndef EMBDISTILL_NO_COMPOSE

/* Whether a character is left out wherever it stands: soft hyphens, word joiners and byte order marks, marks of the
 * direction of writing, invisible operators, variation selectors of ideographs. */
static int is_never_read(uint32_t code)
{
    return code == 0xAD || code == 0x61C || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E)
           || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || (code >= 0xE0100 && code <= 0xE01EF);
}

static int is_joiner(uint32_t code) { return code == 0x200C || code == 0x200D; }

/* Whether joiners change a character: in the Arabic, Indic and similar scripts, U+0600 to U+1CFF. */
static int is_joinable(uint32_t code) { return code >= 0x600 && code < 0x1D00 && classify(code) == WORD; }

/* Whether the joiner at `at` carries meaning, as in Persian or Malayalam: the joiner behind a letter that joiners
 * change, the non-joiner between two of them. Between emoji, or Latin letters, neither does. */
static int is_joiner_read(const unsigned char *text, size_t length, size_t at)
{
    uint32_t before = 0;
    for (size_t size = 2; size <= 3 && size <= at; size++) {
        character last = decode_any(text, length, at - size);
        if (last.size == size) before = last.code;
    }
    if (!is_joinable(before)) return 0;
    character next = decode_any(text, length, at);
    if (next.code == 0x200D) return 1;
    while ((at += next.size) < length) {
        next = decode_any(text, length, at);
        if (!is_never_read(next.code) && !is_joiner(next.code)) return is_joinable(next.code);
    }
    return 0;
}

/* Decodes the character at `at` or, behind characters that are not read, the next one: the size is that of all. */
static character decode_several(const unsigned char *text, size_t length, size_t at)
{
    character next = {0, 0};
    for (size_t from = at; at < length; at += next.size) {
        next = decode_any(text, length, at);
        if (is_never_read(next.code) || (is_joiner(next.code) && !is_joiner_read(text, length, at))) continue;
        next.size += at - from;
        return next;
    }
    next.size = 0;
    next.code = 0;
    return next;
}

#else
#define is_joiner(code) 0
#define decode_several decode_any
#endif

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
