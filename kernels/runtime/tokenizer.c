/* The tokenizer: words, punctuation and English clitics, or what stands between white space. embdistill_next_token, at
 * the end, is where to start; `t` is always the tokenizer. */

static int is_apostrophe(uint32_t code) { return code == '\'' || code == 0x2019; }

/* Lower-cased ASCII letter at `at`, or 0. */
static uint32_t letter(const embdistill_tokenizer *t, size_t at)
{
    uint32_t code = at < t->length ? t->text[at] : 0;
    return is_letter(code) ? code | 32 : 0;
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

    size_t end = t->mode == EMBDISTILL_WHITESPACE ? whitespace_end(t) : token_end(t);
    size_t length = 0, room = EMBDISTILL_TOKEN_BYTES;
    for (; t->at < end; t->at += here.size) {
        here = decode(t->text, t->length, t->at);
        uint32_t code = t->lowercase ? lower(here.code) : here.code;
        if (code == 0x2019 && t->mode == EMBDISTILL_ENGLISH) code = '\''; /* don’t is don't */
        size_t size = encode(code, token + length, room);
        length += size;
        room = size ? room - size : 0; /* once a character does not fit, none after it is written */
    }
    if (t->mode == EMBDISTILL_ENGLISH && length == 2 && token[0] == token[1]
        && (token[0] == '`' || token[0] == '\'')) { /* quotes as the Penn Treebank writes them, `` and '' */
        token[0] = '"';
        length = 1;
    }
    return length;
}
