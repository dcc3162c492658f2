/* Letters and their marks as one character each, as Unicode's normalization form C (NFC) has them, so that a text gives
 * the same tokens however it was typed. Source: Unicode Standard Annex #15; the Unicode Standard, 3.11 and 3.12.
 *
 * The tables are those of make_unicode.py: the Basic Multilingual Plane without the CJK compatibility ideographs. */

/* The most characters of a text that are composed together, a letter and its marks (further marks are left out), and
 * how many these may be when letters have been taken apart from their marks. */
enum { MAX_READ = 16, MAX_SEQUENCE = 20 };

#ifndef EMBDISTILL_NO_COMPOSE

enum { JOINS_BACK = 255, GROUP_HEAD = 5 };
enum { HANGUL = 0xAC00, LEADING = 0x1100, VOWEL = 0x1161, TRAILING = 0x11A7 };
enum { LEADINGS = 19, VOWELS = 21, TRAILINGS = 28, SYLLABLES = LEADINGS * VOWELS * TRAILINGS };

/* mark_class for what may be a mark. */
static unsigned find_class(uint32_t code)
{
    if ((code >= 0x3100 && code < 0xA600) || (code >= 0xAC00 && code < 0xFB00) || code > 0xFFFF)
        return 0;
    if (code - VOWEL < VOWELS || code - TRAILING - 1 < TRAILINGS - 1) return JOINS_BACK;
    const unsigned char *block = mark_classes, *end = block + sizeof mark_classes;
    while (block < end && block[0] < code >> 8) block += 2 + 3 * block[1];
    if (block == end || block[0] > code >> 8) return 0;
    for (const unsigned char *range = block + 2, *last = range + 3 * block[1]; range < last; range += 3)
        if ((code & 255) - range[0] < range[1]) return range[2];
    return 0;
}

/* Canonical combining class; JOINS_BACK for what is no mark, yet changes with the character before it. */
static inline unsigned mark_class(uint32_t code) { return code < 0x300 ? 0 : find_class(code); }

/* The character of a base and a mark that the table has as they stand; 0 if it has none. */
static uint32_t find_composed(uint32_t base, uint32_t mark)
{
    const unsigned char *group = compositions, *end = group + sizeof compositions;
    for (; group < end; group += GROUP_HEAD + 2 * group[0]) {
        if (group[1] != mark >> 8 || group[2] != (mark & 255) || group[3] != base >> 8) continue;
        for (const unsigned char *pair = group + GROUP_HEAD, *last = pair + 2 * group[0]; pair < last; pair += 2)
            if (pair[0] == (base & 255)) return (uint32_t)group[4] << 8 | pair[1];
    }
    return 0;
}

/* The base of a character that a table of `size` bytes has as it stands, and its mark or 0; 0 if it has it not. */
static uint32_t find_base(const unsigned char *table, size_t size, uint32_t code, uint32_t *mark)
{
    for (const unsigned char *group = table; group < table + size; group += GROUP_HEAD + 2 * group[0]) {
        if (group[4] != code >> 8) continue;
        for (const unsigned char *pair = group + GROUP_HEAD, *last = pair + 2 * group[0]; pair < last; pair += 2)
            if (pair[1] == (code & 255)) {
                *mark = (uint32_t)group[1] << 8 | group[2];
                return (uint32_t)group[3] << 8 | pair[0];
            }
    }
    return 0;
}

/* The small letter of a capital, if this is its only capital; else 0. */
static uint32_t small_letter(uint32_t code)
{
    uint32_t small = lower(code);
    return small != code && capital(small) == code ? small : 0;
}

/* The character of a base and what follows it; 0 if there is none. */
static uint32_t composed(uint32_t base, uint32_t mark)
{
    if (base - LEADING < LEADINGS && mark - VOWEL < VOWELS)
        return HANGUL + ((base - LEADING) * VOWELS + mark - VOWEL) * TRAILINGS;
    if (base - HANGUL < SYLLABLES && (base - HANGUL) % TRAILINGS == 0 && mark - TRAILING - 1 < TRAILINGS - 1)
        return base + mark - TRAILING;
    uint32_t found = find_composed(base, mark), small = small_letter(base);
    if (found || small == 0) return found;
    found = find_composed(small, mark);
    return found ? capital(found) : 0;
}

/* Whether a character that no mark follows may have to be taken apart: a quick answer for most. */
static int may_come_apart(uint32_t code)
{
    return code >= 0x340 && (code < 0x388 || (code >= 0x958 && code < 0xFBA) || (code >= 0x1F71 && code < 0x2ADD)
                             || (code >= 0xFB1D && code < 0xFB4F));
}

/* The base and the mark, or 0, that a character stands for; 0 if it stands for itself. Not for Hangul: composed
 * syllables stay so. */
static uint32_t base_of(uint32_t code, uint32_t *mark)
{
    uint32_t found = find_base(taken_apart, sizeof taken_apart, code, mark), small = small_letter(code);
    if (!found) found = find_base(compositions, sizeof compositions, code, mark);
    if (found || small == 0) return found;
    found = find_base(compositions, sizeof compositions, small, mark);
    return found ? capital(found) : 0;
}

/* The characters of a sequence in the order of their classes, letters taken apart from their marks. */
static size_t ordered(uint32_t *codes, size_t count)
{
    for (size_t i = 0; i < count;) {
        uint32_t mark = 0, base = codes[i] < 0xC0 ? 0 : base_of(codes[i], &mark);
        if (base == 0) {
            i++;
            continue;
        }
        codes[i] = base;
        if (mark == 0) continue;
        if (count < MAX_SEQUENCE) count++;
        for (size_t j = count - 1; j > i + 1; j--) codes[j] = codes[j - 1];
        if (i + 1 < count) codes[i + 1] = mark;
    }
    for (size_t i = 1; i < count; i++) {
        uint32_t code = codes[i];
        unsigned combining = mark_class(code);
        if (combining == 0 || combining == JOINS_BACK) continue;
        size_t j = i;
        for (unsigned before; j > 0; codes[j] = codes[j - 1], j--) {
            before = mark_class(codes[j - 1]);
            if (before == JOINS_BACK || before <= combining) break;
        }
        codes[j] = code;
    }
    return count;
}

/* A sequence of a letter and its marks in form C, in place; returns how many characters are left. */
static size_t compose(uint32_t *codes, size_t count)
{
    count = ordered(codes, count);
    size_t starter = 0, kept = 1;
    unsigned last = mark_class(codes[0]); /* the class of what was kept last */
    int has_starter = last == 0 || last == JOINS_BACK;
    for (size_t i = 1; i < count; i++) {
        unsigned combining = mark_class(codes[i]);
        if (combining == JOINS_BACK) combining = 0;
        /* Whether nothing stands between that blocks it. */
        int is_free = kept == starter + 1 || (last != 0 && last < combining);
        uint32_t found = has_starter && is_free ? composed(codes[starter], codes[i]) : 0;
        if (found) {
            codes[starter] = found;
            continue;
        }
        if (combining == 0) {
            starter = kept;
            has_starter = 1;
        }
        last = combining;
        codes[kept++] = codes[i];
    }
    return kept;
}

#else
#define mark_class(code) 0u
#endif

/* Whether an ASCII character stands at `at`, and one behind it, so that it is not composed with anything. */
static inline int is_plain(const embdistill_tokenizer *t, size_t at)
{
    return t->text[at] < 0x80 && (at + 1 == t->length || t->text[at + 1] < 0x80);
}

/* Writes the characters of a text from byte `from` to byte `end` to `out`, composed and in lower case where that is
 * asked for, and returns the bytes written: whole characters, up to the first that does not fit in `room`. */
static size_t write_token(const embdistill_tokenizer *t, size_t from, size_t end, unsigned char *out, size_t room)
{
    size_t length = 0;
    for (; from < end && is_plain(t, from) && length < room; length++, from++) { /* nearly all of most texts */
        unsigned char byte = t->text[from];
        out[length] = t->lowercase && byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + 32) : byte;
    }
    if (from == end) return length;
    room -= length;
    character here = decode(t->text, t->length, from);
    while (from < end) {
        uint32_t codes[MAX_SEQUENCE];
        size_t count = 1;
        codes[0] = here.code;
        from += here.size;
        here = decode(t->text, t->length, from);
#ifndef EMBDISTILL_NO_COMPOSE
        unsigned combining;
        for (; from < end && (combining = mark_class(here.code)) != 0; here = decode(t->text, t->length, from)) {
            if (count == MAX_READ && combining == JOINS_BACK) break;
            if (count < MAX_READ) codes[count++] = here.code;
            from += here.size;
        }
        if (count > 1 || may_come_apart(codes[0])) count = compose(codes, count);
        if (t->lowercase) {
            for (size_t i = 0; i < count; i++) codes[i] = lower(codes[i]);
            if (count > 1) count = compose(codes, count);
        }
#else
        if (t->lowercase) codes[0] = lower(codes[0]);
#endif
        for (size_t i = 0; i < count; i++) {
            uint32_t code = codes[i];
            if (code == 0x2019 && t->mode == EMBDISTILL_ENGLISH) code = '\''; /* don’t is don't */
            size_t size = encode(code, out + length, room);
            length += size;
            room = size ? room - size : 0; /* once a character does not fit, none after it is written */
        }
    }
    return length;
}
