/* The tokenizer: words, punctuation and English clitics, or what stands between white space. embdistill_next_word, at
 * the end, is where to start; `t` is always the tokenizer, `known` the known words or NULL. */

static int is_apostrophe(code_point code) { return code == '\'' || code == 0x2019; }

static character decode_at(const embdistill_tokenizer *t, size_t at) { return decode(t->text, t->length, at); }

/* The lower-cased ASCII letter that a character is, or 0. */
static code_point letter(character c) { return is_letter(c.code) ? c.code | 32 : 0; }

static int is_word(character c) { return c.size != 0 && classify(c.code) == WORD; }

/* Whether n't stands at `at` and ends the word there. */
static int is_nt(const embdistill_tokenizer *t, size_t at)
{
    character n = decode_at(t, at), apostrophe = decode_at(t, at += n.size);
    if (letter(n) != 'n' || !is_apostrophe(apostrophe.code)) return 0;
    character last = decode_at(t, at += apostrophe.size);
    return letter(last) == 't' && !is_word(decode_at(t, at + last.size));
}

/* Bytes from an apostrophe at `at` to the end of 's 'm 'd 're 've 'll, if one of these ends the word there; else 0. */
static size_t clitic_size(const embdistill_tokenizer *t, size_t at)
{
    character apostrophe = decode_at(t, at);
    if (!is_apostrophe(apostrophe.code)) return 0;
    size_t end = at + apostrophe.size;
    character first = decode_at(t, end), second = decode_at(t, end + first.size);
    code_point one = letter(first), two = letter(second);
    if ((two == 'e' && (one == 'r' || one == 'v')) || (one == 'l' && two == 'l')) end += first.size + second.size;
    else if (one == 's' || one == 'm' || one == 'd') end += first.size;
    else return 0;
    return is_word(decode_at(t, end)) && !is_nt(t, end) ? 0 : end - at;
}

/* End of an abbreviation with inner periods, such as u.s. or i.e., that starts at t->at; t->at if there is none.
 * At most 8 letters, so that the time for a text stays linear in its length. */
static size_t abbreviation_end(const embdistill_tokenizer *t)
{
    size_t end = t->at, letters = 0;
    while (letters < 8) {
        character one = decode_at(t, end);
        if (!letter(one)) break;
        character period = decode_at(t, end + one.size);
        if (period.code != '.') break;
        end += one.size + period.size;
        letters++;
    }
    return letters < 2 || is_word(decode_at(t, end)) ? t->at : end;
}

/* Whether a character goes on with a word that spaces set apart. */
static int goes_on(character c, const embdistill_lexicon *known)
{
    return is_word(c) && !(c.code >= 0xE00 && known && is_unspaced(c.code));
}

/* End of the word that starts at t->at, without its last clitic. A word holds letters, digits and marks; apostrophes
 * between them (o'clock), the first of which ends at *elided; and periods, commas and colons between digits (1,000.50,
 * 10:30). */
static size_t word_end(const embdistill_tokenizer *t, const embdistill_lexicon *known, size_t *elided)
{
    size_t at = t->at, previous_at = t->at;
    size_t apostrophe = 0, before = 0;        /* the last one, and the character before it */
    size_t part = t->at, last_part = t->at;   /* where what follows the last apostrophe, and the one before, starts */
    code_point previous = 0;
    for (;;) {
        character here = decode_at(t, at);
        if (here.size == 0) break;
        if (!goes_on(here, known)) {
            character next = decode_at(t, at + here.size);
            int joins_digits = (here.code == '.' || here.code == ',' || here.code == ':')
                               && is_digit(previous) && is_digit(next.code);
            int joins_letters = is_apostrophe(here.code) && goes_on(next, known);
            if (!joins_digits && !joins_letters) break;
            if (joins_letters) {
                if (clitic_size(t, at)) break;
                apostrophe = at;
                before = previous_at;
                last_part = part;
                part = at + here.size;
                if (*elided == 0) *elided = part;
            }
        }
        previous = here.code;
        previous_at = at;
        at += here.size;
    }
    return apostrophe && before > last_part && is_nt(t, before) ? before : at;
}

/* End of the token at t->at in text that is not tokenized yet. */
static size_t token_end(const embdistill_tokenizer *t, const embdistill_lexicon *known,
                        unsigned char token[EMBDISTILL_TOKEN_BYTES])
{
    character first = decode_at(t, t->at);
    size_t end = t->at + first.size, elided = 0;
    if (classify(first.code) == WORD) {
        end = abbreviation_end(t);
        if (end > t->at) return end;
        end = word_end(t, known, &elided);
        return known ? known_word_end(t, end, elided, known, token) : end;
    }
    if (clitic_size(t, t->at)) return t->at + clitic_size(t, t->at);
    character next = decode_at(t, end);
    if (first.code == '.' || first.code == '-' || first.code == '`' || first.code == '\'')
        for (; next.code == first.code; next = decode_at(t, end)) end += next.size; /* ... -- `` '': a token each */
    for (; mark_class(next.code) != 0; next = decode_at(t, end)) end += next.size;
    return end;
}

static size_t whitespace_end(const embdistill_tokenizer *t)
{
    size_t end = t->at;
    for (;;) {
        character here = decode_at(t, end);
        if (here.size == 0 || is_space(here.code)) return end;
        end += here.size;
    }
}

size_t embdistill_next_word(embdistill_tokenizer *t, const embdistill_lexicon *known,
                            unsigned char token[EMBDISTILL_TOKEN_BYTES])
{
    for (;;) {
        character here = decode_at(t, t->at);
        if (here.size == 0) return 0;
        if (!is_space(here.code) && !is_joiner(here.code)) break; /* no token starts with a joiner */
        t->at += here.size;
    }

    size_t end = t->mode == EMBDISTILL_WHITESPACE ? whitespace_end(t) : token_end(t, known, token);
    size_t length = write_token(t, t->at, end, token, EMBDISTILL_TOKEN_BYTES);
    t->at = end;
    if (t->mode == EMBDISTILL_ENGLISH && length == 2 && token[0] == token[1]
        && (token[0] == '`' || token[0] == '\'')) { /* quotes as the Penn Treebank writes them, `` and '' */
        token[0] = '"';
        length = 1;
    }
    return length;
}

size_t embdistill_next_token(embdistill_tokenizer *t, unsigned char token[EMBDISTILL_TOKEN_BYTES])
{
    return embdistill_next_word(t, NULL, token);
}
