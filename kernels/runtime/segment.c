/* Words that no space sets apart, found among the known ones: the words of Chinese, Japanese, Thai, Lao, Khmer and
 * Burmese, the longest first; and in French and Italian the article or the like before an apostrophe, as in l'homme. */

#ifndef EMBDISTILL_NO_SEGMENT

/* The most characters of a word; so the time for a text stays linear in its length. */
enum { MAX_WORD = 16 };

/* Whether words that hold the character are written without spaces between them. */
static int is_unspaced(uint32_t code)
{
    static const range unspaced[] EMBDISTILL_CONSTANT = {
        {0x0E01, 0x0E4E}, {0x0E81, 0x0ECE}, {0x0EDC, 0x0EDF}, {0x1000, 0x103F}, {0x1050, 0x108F}, {0x109A, 0x109F},
        {0x1780, 0x17DD}, {0x2E80, 0x2FDF}, {0x3005, 0x3007}, {0x3021, 0x312F}, {0x31A0, 0x31FF}, {0x3400, 0x9FFF},
        {0xA9E0, 0xA9EF}, {0xA9FA, 0xA9FF}, {0xAA60, 0xAA7F}, {0xF900, 0xFAFF}, {0xFF66, 0xFF9F}};
    if (code > 0xFFFF) return (code >= 0x1AFF0 && code <= 0x1B16F) || (code >= 0x20000 && code <= 0x3FFFF);
    return in_ranges(code, unspaced, sizeof unspaced / sizeof unspaced[0]);
}

/* Whether a character belongs to the one before it: a vowel sign, a tone or another mark, a joiner. */
static int is_attached(uint32_t code)
{
    static const range attached[] EMBDISTILL_CONSTANT = {
        {0x0300, 0x036F}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x0EB1, 0x0EB1}, {0x0EB4, 0x0EBC},
        {0x0EC8, 0x0ECE}, {0x102B, 0x103E}, {0x1056, 0x1059}, {0x105E, 0x1060}, {0x1062, 0x1064}, {0x1067, 0x106D},
        {0x1071, 0x1074}, {0x1082, 0x108D}, {0x108F, 0x108F}, {0x109A, 0x109D}, {0x17B4, 0x17D3}, {0x17DD, 0x17DD},
        {0x200C, 0x200D}, {0x302A, 0x302F}, {0x3099, 0x309A}, {0xA9E5, 0xA9E5}, {0xAA7B, 0xAA7D}, {0xFF9E, 0xFF9F}};
    return in_ranges(code, attached, sizeof attached / sizeof attached[0]);
}

/* Whether a word may end between two characters. The sign 0x1039 or 0x17D2 stacks the next letter under the last. */
static int may_end(uint32_t last, uint32_t next)
{
    return (is_unspaced(last) || is_unspaced(next)) && !is_attached(next) && last != 0x1039 && last != 0x17D2;
}

/* The next place after `at` where a word may end: at the latest where letters, digits and marks do. */
static size_t next_place(const embdistill_tokenizer *t, size_t at)
{
    character last = decode(t->text, t->length, at);
    for (;;) {
        at += last.size;
        character next = decode(t->text, t->length, at);
        if (next.size == 0 || classify(next.code) != WORD || may_end(last.code, next.code)) return at;
        last = next;
    }
}

/* The end of the longest known word that starts at `from`, where a letter is; `from` if none does. */
static size_t known_end(const embdistill_tokenizer *t, size_t from, const embdistill_lexicon *known,
                        unsigned char token[EMBDISTILL_TOKEN_BYTES])
{
    size_t longest = from, length = 0, at = from;
    for (int count = 0; count < MAX_WORD; count++) {
        size_t place = next_place(t, at);
        length += write_token(t, at, place, token + length, EMBDISTILL_TOKEN_BYTES - length);
        if (length > EMBDISTILL_TOKEN_BYTES - 4) break; /* a longer one may have been cut */
        at = place;
        int found = known->is_known(known->words, token, length);
        if (found > 0) longest = at;
        character next = decode(t->text, t->length, at);
        if (found < 0 || next.size == 0 || classify(next.code) != WORD) break;
    }
    return longest;
}

/* The end of the first word of a run of such scripts at t->at: of the longest known one; else of all characters up to
 * where a known one starts, or the run ends. */
static size_t segment_end(const embdistill_tokenizer *t, const embdistill_lexicon *known,
                          unsigned char token[EMBDISTILL_TOKEN_BYTES])
{
    size_t at = t->at, end = known_end(t, at, known, token);
    while (end == at) {
        at = next_place(t, at);
        character next = decode(t->text, t->length, at);
        if (next.size == 0 || classify(next.code) != WORD || !is_unspaced(next.code)) return at;
        end = known_end(t, at, known, token);
    }
    return at == t->at ? end : at;
}

/* The end of a word from t->at to `end`, before which there is an apostrophe that ends at `elided`: that of what ends
 * in the apostrophe, if this is known and the whole word is not. */
static size_t elision_end(const embdistill_tokenizer *t, size_t end, size_t elided, const embdistill_lexicon *known,
                          unsigned char token[EMBDISTILL_TOKEN_BYTES])
{
    if (known->is_known(known->words, token, write_token(t, t->at, end, token, EMBDISTILL_TOKEN_BYTES)) > 0)
        return end;
    size_t length = write_token(t, t->at, elided, token, EMBDISTILL_TOKEN_BYTES);
    return known->is_known(known->words, token, length) > 0 ? elided : end;
}

/* The end of the token at t->at, where a word starts. end: of what spaces and punctuation set apart, without characters
 * that are written without spaces; t->at if it starts with one. elided: the end of its first apostrophe, or 0. */
static size_t known_word_end(const embdistill_tokenizer *t, size_t end, size_t elided, const embdistill_lexicon *known,
                             unsigned char token[EMBDISTILL_TOKEN_BYTES])
{
    if (end == t->at) return segment_end(t, known, token);
    if (elided && elided < end) end = elision_end(t, end, elided, known, token);
    if (!is_unspaced(decode(t->text, t->length, end).code)) return end;
    size_t mixed = known_end(t, t->at, known, token); /* a word of two scripts, as T-shirt in Chinese */
    return mixed > end ? mixed : end;
}

#else
#define is_unspaced(code) 0
#define known_word_end(t, end, elided, known, token) ((void)(elided), (void)(token), (end))
#endif
