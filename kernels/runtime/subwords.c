/* Unknown words by their character n-grams: the vector of a word is the sum of the rows of its n-grams over the square
 * root of their number. Source: Zhao, Mudgal & Liang 2018, "Generalizing word embeddings using bag of subwords". */

enum { MAX_NGRAM = 16 }; /* characters */

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
