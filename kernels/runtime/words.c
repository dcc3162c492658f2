/* The word index: from a token to its row of the table (docs/edm.md); texts as rows, and the vectors of tokens. */

enum { GROUP = 32 }; /* buckets that share a base */

/* Words in a bucket: four bits each. */
static uint32_t bucket_size(const embdistill_model *model, uint32_t bucket)
{
    return (uint32_t)byte_at(model->bucket_sizes, (size_t)bucket / 2) >> bucket % 2 * 4 & 15u;
}

/* Sum of eight sizes of four bits. */
static uint32_t sum_of_eight(uint32_t sizes)
{
    sizes = (sizes & 0x0F0F0F0Fu) + (sizes >> 4 & 0x0F0F0F0Fu); /* four sums of at most 30 */
    return sizes * 0x01010101u >> 24;
}

/* The hash of no bytes, FNV-1a, before its finaliser. */
static uint64_t hash_nothing(const embdistill_model *model) { return UINT64_C(14695981039346656037) ^ model->seed; }

/* The same of bytes that follow others of hash `hash`. */
static uint64_t hash_more(uint64_t hash, const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

/* The finaliser of MurmurHash3. */
static uint64_t finish(uint64_t hash)
{
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 33;
}

/* The remainder of a word of the index. */
static uint32_t remainder_of(const embdistill_model *model, uint32_t word)
{
    return model->short_remainders ? u16_at(model->remainders, (size_t)word) : u32_at(model->remainders, (size_t)word);
}

/* The bucket and the remainder of a word with a hash. */
static uint32_t bucket_of_hash(const embdistill_model *model, uint64_t hash)
{
    return (uint32_t)((hash >> 32) * model->buckets >> 32);
}

static uint32_t remainder_of_hash(const embdistill_model *model, uint64_t hash)
{
    return model->short_remainders ? (uint16_t)hash : (uint32_t)hash;
}

/* The row of the word with a hash; 0 if there is none. */
static uint32_t row_of_hash(const embdistill_model *model, uint64_t hash)
{
    uint32_t bucket = bucket_of_hash(model, hash), remainder = remainder_of_hash(model, hash);
    uint32_t size = bucket_size(model, bucket);
    if (size == 0) return 0; /* a third of the buckets */
    uint32_t word = u32_at(model->bucket_bases, (size_t)bucket / GROUP), before = bucket / GROUP * GROUP;
    for (; before + 8 <= bucket; before += 8) word += sum_of_eight(u32_at(model->bucket_sizes, (size_t)before / 8));
    if (before + 8 <= model->buckets) {
        uint32_t earlier = ~(~UINT32_C(0) << (bucket - before) * 4); /* a mask of those before the bucket */
        word += sum_of_eight(u32_at(model->bucket_sizes, (size_t)before / 8) & earlier);
    } else { /* the last ones, behind which the image may end */
        for (; before < bucket; before++) word += bucket_size(model, before);
    }
    for (uint32_t end = word + size; word < end; word++)
        if (remainder_of(model, word) == remainder) return word + 1;
    return 0;
}

uint32_t embdistill_lookup(const embdistill_model *model, const unsigned char *token, size_t length)
{
    return row_of_hash(model, finish(hash_more(hash_nothing(model), token, length)));
}

static int has_row(const void *model, const unsigned char *token, size_t length)
{
    return embdistill_lookup((const embdistill_model *)model, token, length) != 0;
}

/* What stands for the token at byte `at` in sentence.rows. A known word is itself; an unknown one may be another that
 * is one edit away, or is to be read again, by its n-grams; else it is row 0. */
static uint32_t row_of_token(sentence *s, const embdistill_model *model, const unsigned char *token, size_t length,
                             uint64_t at)
{
    uint32_t row = embdistill_lookup(model, token, length);
    s->known += row != 0;
    if (row == 0) row = embdistill_correct(model, token, length);
    return row == 0 && model->subwords && at < READ_AGAIN ? READ_AGAIN | (uint32_t)at : row;
}

/* Appends the tokens of bytes from, ..., to - 1 of the text. */
static embdistill_error read_tokens(sentence *s, const embdistill_model *model, size_t from, size_t to)
{
    embdistill_tokenizer tokenizer = {s->text, to, from, model->mode, model->lowercase};
    const embdistill_lexicon known = {has_row, model};
    unsigned char token[EMBDISTILL_TOKEN_BYTES];
    size_t size;
    while ((size = embdistill_next_word(&tokenizer, &known, token)) != 0) {
        if (s->count == s->capacity) return EMBDISTILL_ERROR_SCRATCH;
        uint32_t row = row_of_token(s, model, token, size, from);
        memcpy(s->rows + 4 * s->count, &row, 4);
        s->count++;
        from = tokenizer.at;
    }
    return EMBDISTILL_OK;
}

/* x (d) += the vector of a token. */
static void add_word(float *x, const embdistill_model *model, const sentence *s, size_t token)
{
    uint32_t row = row_at(s, token);
    if (row < READ_AGAIN) add_row(x, &model->table, row);
    else add_ngrams(x, model, s, (size_t)(row - READ_AGAIN));
}
