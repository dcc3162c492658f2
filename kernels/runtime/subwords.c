/* Unknown words by their character n-grams: the vector of a word is the sum of the rows of its n-grams over the square
 * root of their number. Source: Zhao, Mudgal & Liang 2018, "Generalizing word embeddings using bag of subwords". */

enum { MAX_NGRAM = 16 }; /* characters */

#ifndef EMBDISTILL_NO_SUBWORDS

/* FNV-1a with 32 bits, of bytes that follow others of hash `hash`. */
static uint32_t hash_byte(uint32_t hash, unsigned char byte) { return (hash ^ byte) * 16777619u; }

/* The bucket of an n-gram: the finaliser of MurmurHash3 on its hash. */
static uint32_t bucket_of(uint32_t hash, uint32_t buckets)
{
    hash = (hash ^ hash >> 16) * 0x85ebca6bu;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
    hash ^= hash >> 16;
    return (uint32_t)((uint64_t)hash * buckets >> 32);
}

int embdistill_next_ngram(embdistill_ngrams *n, uint32_t *bucket)
{
    const uint32_t nothing = 2166136261u;
    for (; n->start < n->length; n->start = n->end = character_end(n->word, n->length, n->start), n->characters = 0)
        while (n->end < n->length && n->characters < n->longest) {
            if (n->characters++ == 0) n->hash = nothing;
            size_t end = character_end(n->word, n->length, n->end);
            while (n->end < end) n->hash = hash_byte(n->hash, n->word[n->end++]);
            if (n->characters < n->shortest || (n->start == 0 && end == n->length)) continue;
            *bucket = bucket_of(n->hash, n->buckets);
            return 1;
        }
    if (n->start > n->length) return 0;
    n->hash = nothing;
    for (size_t i = 0; i < n->length; i++) n->hash = hash_byte(n->hash, n->word[i]);
    *bucket = bucket_of(n->hash, n->buckets);
    n->start = n->length + 1; /* that was the last one */
    return 1;
}

enum { TOGETHER = 32, LANES = 16 }; /* n-grams, and values, that are added side by side */

/* 1 / sqrt(x) for x >= 1, to the last digits: Newton's method from a guess by the bits of x. */
static float inverse_root(float x)
{
    uint32_t bits;
    float y;
    memcpy(&bits, &x, 4);
    bits = 0x5F375A86u - (bits >> 1);
    memcpy(&y, &bits, 4);
    for (int i = 0; i < 4; i++) y *= 1.5f - 0.5f * x * y * y;
    return y;
}

/* How many n-grams a word has: with M characters, M + 1 - n of each length n, and the whole once. */
static uint32_t count_ngrams(const embdistill_ngrams *n)
{
    uint32_t characters = 0, count = 1;
    for (size_t at = 0; at < n->length; at = character_end(n->word, n->length, at)) characters++;
    for (uint32_t size = n->shortest; size <= n->longest && size < characters; size++) count += characters + 1 - size;
    return count;
}

/* x (n) += factor times the sum of columns first, ..., first + n - 1 of some int8 rows; n is at most LANES. Values
 * times their scales are integers, and added as such. */
static inline void add_columns(float *restrict x, const embdistill_matrix *matrix, const uint32_t *rows, size_t count,
                               float factor, size_t first, size_t n)
{
    int32_t sums[LANES] = {0};
    for (size_t i = 0; i < count; i++) {
        const unsigned char *row = address(matrix, (size_t)rows[i], first);
        const int32_t scale = byte_at(matrix->scales, (size_t)rows[i]);
        for (size_t l = 0; l < n; l++) sums[l] += i8_at(row, l) * scale;
    }
    for (size_t l = 0; l < n; l++) x[l] += factor * (float)sums[l];
}

/* x (d) += factor times the sum of some rows, at most TOGETHER. */
EMBDISTILL_HOT static void add_rows(float *restrict x, const embdistill_matrix *matrix, const uint32_t *rows,
                                    size_t count, float factor)
{
    const size_t dim = matrix->columns;
    if (matrix->scales == NULL)
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < dim; j++) x[j] += factor * float_at(address(matrix, (size_t)rows[i], 0), j);
    else
        for (size_t j = 0, n; j < dim; j += n) {
            n = dim - j < LANES ? dim - j : (size_t)LANES;
            add_columns(x + j, matrix, rows, count, factor * matrix->unit, j, n);
        }
}

/* The token at byte `at` once more, as read_tokens found it; returns its length. */
static size_t read_again(const sentence *s, const embdistill_model *model, size_t at,
                         unsigned char token[EMBDISTILL_TOKEN_BYTES])
{
    size_t to = s->length;
    for (int mark = 0; mark < 4 && to == s->length; mark++)
        if (s->marks[mark] > at) to = s->marks[mark];
    embdistill_tokenizer tokenizer = {s->text, to, at, model->mode, model->lowercase};
    const embdistill_lexicon known = {has_row, model};
    return embdistill_next_word(&tokenizer, &known, token);
}

/* The n-grams of the word that starts at byte `at` of the text, or behind white space there. `word` receives it. */
static embdistill_ngrams ngrams_at(const embdistill_model *model, const sentence *s, size_t at,
                                   unsigned char word[1 + EMBDISTILL_TOKEN_BYTES + 1])
{
    word[0] = '<';
    size_t length = 1 + read_again(s, model, at, word + 1);
    word[length++] = '>';
    const embdistill_ngrams ngrams = {
        word, length, model->shortest_ngram, model->longest_ngram, model->ngrams.rows, 0, 0, 0, 0};
    return ngrams;
}

/* x (d) += the vector of the word there. */
static void add_ngrams(float *x, const embdistill_model *model, const sentence *s, size_t at)
{
    unsigned char word[1 + EMBDISTILL_TOKEN_BYTES + 1];
    embdistill_ngrams n = ngrams_at(model, s, at, word);
    const float factor = inverse_root((float)count_ngrams(&n));
    uint32_t rows[TOGETHER];
    size_t count;
    do {
        for (count = 0; count < TOGETHER && embdistill_next_ngram(&n, &rows[count]);) count++;
        add_rows(x, &model->ngrams, rows, count, factor);
    } while (count == TOGETHER);
}

/* The whole number below 2^16 / sqrt(n), for n >= 1. */
static uint32_t integer_inverse_root(uint32_t n)
{
    uint32_t square = UINT32_MAX / n, root = 0;
    for (uint32_t bit = 1u << 15; bit > 0; bit >>= 1)
        if ((root + bit) * (root + bit) <= square) root += bit;
    return root;
}

/* x (d) = the vector of the word there in whole numbers, within those of the table. sums (d) is scratch. */
static void read_integer_ngrams(int16_t *x, int32_t *sums, const embdistill_model *model, const sentence *s, size_t at)
{
    unsigned char word[1 + EMBDISTILL_TOKEN_BYTES + 1];
    embdistill_ngrams n = ngrams_at(model, s, at, word);
    const int32_t factor = (int32_t)integer_inverse_root(count_ngrams(&n)), limit = LARGEST_INPUT >> model->input_shift;
    const uint32_t shift = 16 + model->input_shift;
    memset(sums, 0, model->ngrams.columns * sizeof *sums);
    for (uint32_t row; embdistill_next_ngram(&n, &row);) add_integer_row(sums, &model->ngrams, row);
    for (size_t j = 0; j < model->ngrams.columns; j++)
        x[j] = (int16_t)clamped(((int64_t)sums[j] * factor + ((int64_t)1 << (shift - 1))) >> shift, limit);
}

#else

static void read_integer_ngrams(int16_t *x, int32_t *sums, const embdistill_model *model, const sentence *s, size_t at)
{
    (void)sums, (void)s, (void)at;
    memset(x, 0, model->table.columns * sizeof *x);
}

static void add_ngrams(float *x, const embdistill_model *model, const sentence *s, size_t at)
{
    (void)x, (void)model, (void)s, (void)at;
}

#endif
