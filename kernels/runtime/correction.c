/* Unknown words that are one edit away from a known one: a character deleted, two neighbours swapped, a character
 * substituted or inserted. All such words are looked up by their hashes; of several, the most frequent one is taken.
 * Source: Norvig 2007, "How to write a spelling corrector". */

enum { MAX_LETTERS = 64, MAX_CORRECTED = EMBDISTILL_TOKEN_BYTES / 4, MAX_PROBES = 16 }; /* corrected: in characters */

#ifndef EMBDISTILL_NO_CORRECTION

enum { BITS_A_WORD = 16 }; /* of the filter, at least, up to 2^28 words */

/* Kinds of edits: of several words as frequent, the one by a higher kind is taken, then the leftmost. */
typedef enum { INSERTION, SUBSTITUTION, SWAP, DELETION, KINDS } edit;

/* A search: the token, and the best word so far. */
typedef struct {
    const embdistill_model *model;
    const unsigned char *token;
    size_t length;
    int deletes, changes; /* whether words of a character less are tried, and of as many; those of one more always are */
    uint32_t row, rank;   /* rank: KINDS * class of frequency + kind + 1 */
} search;

#if EMBDISTILL_BLOCK > 1

/* Of the filter, two bits stand for a word: places that depend on what the index knows of its hash. Source: Bloom 1970,
 * "Space/time trade-offs in hash coding with allowable errors". */
static uint32_t filter_key(uint32_t bucket, uint32_t remainder) { return (bucket << 16 ^ remainder) * 0x9E3779B1u; }

static uint32_t first_bit(const embdistill_model *model, uint32_t key) { return key >> model->filter_shift; }

static uint32_t second_bit(const embdistill_model *model, uint32_t key)
{
    return (key << 13 | key >> 19) >> model->filter_shift;
}

#endif

/* Whether a word with this hash may be in the index, by the filter. */
static int may_be_known(const embdistill_model *model, uint64_t hash)
{
#if EMBDISTILL_BLOCK > 1
    if (model->filter == NULL) return 1;
    const uint32_t key = filter_key(bucket_of_hash(model, hash), remainder_of_hash(model, hash));
    const uint32_t first = first_bit(model, key), second = second_bit(model, key);
    return model->filter[first / 8] >> first % 8 & model->filter[second / 8] >> second % 8 & 1;
#else
    return (void)model, (void)hash, 1;
#endif
}

/* Tries the word of a hash. */
static void try_hash(search *s, edit kind, uint64_t hash)
{
    if (!may_be_known(s->model, hash)) return;
    uint32_t row = row_of_hash(s->model, hash);
    if (row == 0) return;
    uint32_t frequency = (uint32_t)byte_at(s->model->frequencies, (size_t)(row - 1) / 2) >> (row - 1) % 2 * 4 & 15u;
    uint32_t rank = KINDS * frequency + kind + 1;
    if (rank <= s->rank) return;
    s->rank = rank;
    s->row = row;
}

/* Tries a word: bytes of hash `hash`, followed by those of the token from `from` on. */
static void try_word(search *s, edit kind, uint64_t hash, size_t from)
{
    try_hash(s, kind, finish(hash_more(hash, s->token + from, s->length - from)));
}

#if EMBDISTILL_BLOCK > 1

enum { AT_ONCE = 32 };

/* The hashes of words, side by side: from those of their first bytes, which others follow. */
EMBDISTILL_HOT static void end_hashes(uint64_t *restrict hashes, size_t count, const unsigned char *restrict bytes,
                                      size_t length)
{
    for (size_t i = 0; i < length; i++)
        for (size_t word = 0; word < count; word++) hashes[word] = hash_more(hashes[word], bytes + i, 1);
    for (size_t word = 0; word < count; word++) hashes[word] = finish(hashes[word]);
}

/* As try_word for several, AT_ONCE at most. */
static void try_words(search *s, edit kind, const uint64_t *hashes, size_t count, size_t from)
{
    uint64_t ended[AT_ONCE];
    memcpy(ended, hashes, count * sizeof *ended);
    end_hashes(ended, count, s->token + from, s->length - from);
    for (size_t word = 0; word < count; word++) try_hash(s, kind, ended[word]);
}

#else

enum { AT_ONCE = 1 };

static void try_words(search *s, edit kind, const uint64_t *hashes, size_t count, size_t from)
{
    if (count > 0) try_word(s, kind, hashes[0], from);
}

#endif

/* Whether the characters from `at` to `next` and from there to `end` are the same, so that a swap changes nothing. */
static int is_same(const unsigned char *token, size_t at, size_t next, size_t end)
{
    return end - next == next - at && memcmp(token + at, token + next, next - at) == 0;
}

/* Tries the words with an edit at `at`. next: the end of the character there. hash, following: of the bytes before the
 * character, and with it. */
static void try_edits(search *s, uint64_t hash, uint64_t following, size_t at, size_t next)
{
    const embdistill_model *model = s->model;
    size_t end = character_end(s->token, s->length, next); /* of the character after it */
    int deletes = next > at && s->deletes, changes = next > at && s->changes;
    if (deletes) try_word(s, DELETION, hash, next);
    if (changes && end > next && !is_same(s->token, at, next, end)) {
        uint64_t swapped = hash_more(hash_more(hash, s->token + next, end - next), s->token + at, next - at);
        try_word(s, SWAP, swapped, end);
    }
    for (size_t i = 0; i < model->letter_count;) {
        uint64_t longer[AT_ONCE] = {0};
        size_t count = 0;
        for (; i < model->letter_count && count < AT_ONCE; i++) {
            unsigned char letter[4];
            longer[count] = hash_more(hash, letter, encode(u32_at(model->letters, i), letter, sizeof letter));
            count += longer[count] != following || next == at; /* else the token, and what the next place has */
        }
        if (changes) try_words(s, SUBSTITUTION, longer, count, next);
        try_words(s, INSERTION, longer, count, at);
    }
}

/* The characters of a token that may be a word with a typing error; 0 for one that is too short or too long for that,
 * or has digits, which mean something else after any edit. */
static uint32_t corrected_characters(const embdistill_model *model, const unsigned char *token, size_t length)
{
    uint32_t characters = 0;
    for (size_t i = 0; i < length; i++) {
        if (is_digit(token[i])) return 0;
        characters += (token[i] & 0xC0) != 0x80;
    }
    return characters + 1 >= model->shortest_word && characters <= model->longest_word ? characters : 0;
}

/* Whether a token is among the right words, by their filter: all its bits are set. Source: Bloom 1970, "Space/time
 * trade-offs in hash coding with allowable errors". */
static int is_spelled_right(const embdistill_model *model, const unsigned char *token, size_t length)
{
    uint64_t hash = finish(hash_more(hash_nothing(model), token, length));
    uint32_t probe = (uint32_t)(hash >> 32), step = (uint32_t)hash | 1;
    for (uint32_t i = 0; i < model->spelling_probes; i++, probe += step) {
        uint32_t bit = (uint32_t)((uint64_t)probe * model->spelling_bits >> 32);
        if ((byte_at(model->spellings, (size_t)bit / 8) >> bit % 8 & 1) == 0) return 0;
    }
    return model->spelling_probes > 0;
}

uint32_t embdistill_correct(const embdistill_model *model, const unsigned char *token, size_t length)
{
    const uint32_t shortest = model->shortest_word;
    uint32_t characters = model->correct ? corrected_characters(model, token, length) : 0;
    search s = {model, token, length, characters > shortest, characters >= shortest, 0, KINDS * model->least_class};
    if (characters == 0 || is_spelled_right(model, token, length)) return 0;
    uint64_t hash = hash_nothing(model);
    for (size_t at = 0;;) {
        size_t next = character_end(token, length, at);
        uint64_t following = hash_more(hash, token + at, next - at);
        try_edits(&s, hash, following, at, next);
        if (next == at) return s.row;
        hash = following;
        at = next;
    }
}

#else

uint32_t embdistill_correct(const embdistill_model *model, const unsigned char *token, size_t length)
{
    (void)model, (void)token, (void)length;
    return 0;
}

#endif

#if EMBDISTILL_BLOCK > 1
#ifndef EMBDISTILL_NO_CORRECTION

/* Bits of the filter are 2 to the power of this. */
static unsigned filter_power(const embdistill_model *model)
{
    unsigned power = 4;
    while (power < 32 && (uint64_t)1 << power < BITS_A_WORD * (uint64_t)model->words) power++;
    return power;
}

size_t embdistill_filter_bytes(const embdistill_model *model)
{
    return model->correct ? (size_t)1 << (filter_power(model) - 3) : 0;
}

void embdistill_make_filter(embdistill_model *model, void *memory)
{
    const size_t bytes = embdistill_filter_bytes(model);
    unsigned char *filter = (unsigned char *)memory;
    if (bytes == 0) return;
    memset(filter, 0, bytes);
    model->filter_shift = 32 - filter_power(model);
    for (uint32_t bucket = 0, word = 0; bucket < model->buckets; bucket++)
        for (uint32_t end = word + bucket_size(model, bucket); word < end; word++) {
            const uint32_t key = filter_key(bucket, remainder_of(model, word));
            const uint32_t bits[2] = {first_bit(model, key), second_bit(model, key)};
            for (int i = 0; i < 2; i++) filter[bits[i] / 8] |= (unsigned char)(1u << bits[i] % 8);
        }
    model->filter = filter;
}

#else

size_t embdistill_filter_bytes(const embdistill_model *model) { return (void)model, (size_t)0; }
void embdistill_make_filter(embdistill_model *model, void *memory) { (void)model, (void)memory; }

#endif
#endif
