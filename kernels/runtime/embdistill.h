/* embdistill: the C99 runtime, from raw text to a label. The model is read in place from a constant image
 * (docs/edm.md). There is no allocation, no mutable global state and no I/O: the caller owns every buffer. */
#ifndef EMBDISTILL_H
#define EMBDISTILL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Lists that everything else follows ----------------------------------------------------------------------- */

/* Errors: the code, and its text. */
#define EMBDISTILL_ERRORS(X)                                                                              \
    X(EMBDISTILL_OK, "no error")                                                                          \
    X(EMBDISTILL_ERROR_MAGIC, "not an .edm model")                                                        \
    X(EMBDISTILL_ERROR_VERSION, "an .edm model of an unknown version")                                    \
    X(EMBDISTILL_ERROR_TRUNCATED, "cut off, or longer than it says")                                      \
    X(EMBDISTILL_ERROR_CHECKSUM, "damaged: a checksum does not match")                                    \
    X(EMBDISTILL_ERROR_LAYOUT, "a section is missing, out of place or of a wrong size")                   \
    X(EMBDISTILL_ERROR_MODEL, "the parts of the model do not fit together")                               \
    X(EMBDISTILL_ERROR_ALIGNMENT, "a buffer does not start at a multiple of 4 bytes")                     \
    X(EMBDISTILL_ERROR_BYTE_ORDER, "this machine is not little-endian")                                   \
    X(EMBDISTILL_ERROR_SCRATCH, "the scratch buffer is too small for this text")                          \
    X(EMBDISTILL_ERROR_MARKS, "the entities are not marked, once each, as <e1>...</e1> and <e2>...</e2>") \
    X(EMBDISTILL_ERROR_LEFT_OUT, "what it computes with was left out of this program, by EMBDISTILL_NO_MEAN or the like")

/* Networks, in the order of their codes in an image: the code, and the name, which is also that of its file in
 * networks/. EMBDISTILL_NO_MEAN and the like leave one out of the program, EMBDISTILL_NO_FLOATS and
 * EMBDISTILL_NO_INTEGERS the arithmetic of float32 or of int8 models. */
#define EMBDISTILL_NETWORKS(X) \
    X(EMBDISTILL_MEAN, mean)   \
    X(EMBDISTILL_CNN, cnn)     \
    X(EMBDISTILL_LSTM, lstm)

#define EMBDISTILL_CODE(code, what) code,
typedef enum { EMBDISTILL_ERRORS(EMBDISTILL_CODE) } embdistill_error;
typedef enum { EMBDISTILL_NETWORKS(EMBDISTILL_CODE) } embdistill_network;
#undef EMBDISTILL_CODE

/* The text of an error, for people. On AVR it lies in program memory (avr/pgmspace.h), as an image must, and labels. */
const char *embdistill_error_text(embdistill_error error);

/* ---- Tokenizer ------------------------------------------------------------------------------------------------ */

/* Longest token in bytes; the rest of a longer one is dropped. */
#define EMBDISTILL_TOKEN_BYTES 256

typedef enum {
    EMBDISTILL_ENGLISH = 0,   /* splits off punctuation and English clitics; quotes `` '' become ", ’ becomes ' */
    EMBDISTILL_WHITESPACE = 1 /* for text that is tokenized already */
} embdistill_mode;

/* With EMBDISTILL_ASCII, and on AVR, which has no room for the tables of Unicode, text is ASCII: every byte is a character,
 * and those above 127 are letters without capitals. So tokens are the same in ASCII text alone, and are no valid UTF-8 where
 * the text is not. */

/* A tokenizer and its place in a text. Fill in text, length, mode and lowercase, and set at to 0. */
typedef struct {
    const unsigned char *text; /* UTF-8; bytes that are not valid UTF-8 are read as Windows-1252 */
    size_t length;             /* bytes of text; NUL bytes are white space */
    size_t at;                 /* index of the first byte not yet read */
    embdistill_mode mode;
    int lowercase;             /* 0: keep the case; otherwise the simple lower-case mapping of Unicode */
} embdistill_tokenizer;

/* Writes the next token to `token` as valid UTF-8 without a closing NUL, and returns its length in bytes, or 0 at the
 * end of the text. Every call that does not return 0 advances `at`. */
size_t embdistill_next_token(embdistill_tokenizer *tokenizer, unsigned char token[EMBDISTILL_TOKEN_BYTES]);

/* Known words: is_known is above 0 for one of them, and 0 for another token; it may be below 0 if no known word begins
 * with the token either. */
typedef struct {
    int (*is_known)(const void *words, const unsigned char *token, size_t length);
    const void *words;
} embdistill_lexicon;

/* As embdistill_next_token, and finds words that no space sets apart among the known ones (not in white-space mode):
 * the longest first in Chinese, Japanese, Thai, Lao, Khmer and Burmese; and l' in l'homme. Models read texts so, with
 * the words of their index. known: NULL for none. */
size_t embdistill_next_word(embdistill_tokenizer *tokenizer, const embdistill_lexicon *known,
                            unsigned char token[EMBDISTILL_TOKEN_BYTES]);

/* ---- Model ---------------------------------------------------------------------------------------------------- */

/* Tokens that go through the first layer together: 4, or 1 for microcontrollers, which takes less scratch and less
 * code. */
#ifndef EMBDISTILL_BLOCK
#define EMBDISTILL_BLOCK 4
#endif

#define EMBDISTILL_MAX_WIDTHS 8

/* A number of rows, words and the like; on AVR of 16 bits, as an image there has at most 32,767 bytes. */
#ifdef __AVR__
typedef uint16_t embdistill_count;
#else
typedef uint32_t embdistill_count;
#endif

/* A matrix in the image. Its values are read byte by byte, since they may not be aligned. */
typedef struct {
    const unsigned char *values; /* (rows, columns), float32, int8 or int4; weights in whole numbers: int8 in blocks */
    const unsigned char *scales; /* int8, int4: the scale of a row, or of a column, is unit * scales[i]; float32: NULL */
    float unit;
    int int4;                    /* whether values of both halves of a row share bytes */
    embdistill_count rows, columns;
    const unsigned char *unpacked; /* blocks as a host multiplies them fast; may be NULL */
} embdistill_matrix;

/* The factor multiplier / 2^shift. */
typedef struct {
    uint32_t multiplier, shift;
} embdistill_ratio;

/* An opened model. You may read its fields; only embdistill_open, embdistill_open_trusted,
 * embdistill_precompute, embdistill_unpack and embdistill_make_filter write them. */
typedef struct {
    embdistill_network network;
    embdistill_count hidden; /* H: units of the hidden layer; filters of each width; units of each direction */
    embdistill_count max_pooling; /* lstm: whether states are pooled by their maximum over time, not by the last of them */
    embdistill_count width_count; /* cnn: the number of filter widths */
    embdistill_count widths[EMBDISTILL_MAX_WIDTHS];
    embdistill_count classes; /* C */
    embdistill_count features; /* F: inputs of the output layer */
    embdistill_count max_distance; /* relations: greatest distance from an entity that has a vector of its own */
    embdistill_mode mode;
    int lowercase;
    const char *labels;    /* UTF-8, each closed by NUL */
    const char *about;     /* JSON that describes the model; not closed by NUL */
    size_t about_bytes;
    /* The word index: hashes, sorted into buckets. */
    embdistill_count words;
    uint32_t seed;
    embdistill_count buckets;
    embdistill_count short_remainders; /* whether a remainder has 16 bits, not 32 */
    const unsigned char *bucket_bases, *remainders, *bucket_sizes;
    embdistill_matrix table;        /* (words + 1, d); row 0 is for unknown words */
    /* Words that are not in the index. You may set `correct` and `subwords` to 0, so that they are not read so. */
    int correct;           /* whether one is read as a known word that is one edit away */
    embdistill_count shortest_word; /* in characters, of the words that others are read as */
    embdistill_count longest_word;  /* in characters, of the words that are corrected */
    embdistill_count least_class; /* of frequency, of the words that others are read as */
    embdistill_count letter_count;
    uint32_t spelling_bits, spelling_probes; /* of the filter, and of a word in it; 0 bits: no filter */
    const unsigned char *spellings;       /* filter of the words that are right, and not corrected */
    const unsigned char *letters;         /* uint32 code points, which an edit may put into a word */
    const unsigned char *frequencies;     /* class of frequency in training of each word of the index: four bits */
    int subwords;          /* whether one that is not corrected is read by its n-grams */
    embdistill_count shortest_ngram, longest_ngram; /* in characters */
    embdistill_matrix ngrams;       /* (buckets, d) */
    embdistill_matrix positions[2]; /* (2 max_distance + 1, p), of each entity; no rows without relations */
    embdistill_matrix map;          /* (d + 2p, M): the weights of the first layer, transposed */
    embdistill_matrix map_bias;     /* (1, M), cnn (1, F) */
    embdistill_matrix recurrent[2]; /* lstm: (H, 4H), forward and backward, transposed */
    embdistill_matrix output;       /* (C, F) */
    embdistill_matrix output_bias;  /* (1, C) */
    int integers;                   /* whether the model computes in whole numbers; then: */
    embdistill_count input_shift, feature_bits; /* of inputs; bits of a feature */
    embdistill_ratio ratios[2];     /* of sums of the first layer and of the recurrent one, to features or gates */
    float logit_step;               /* what 1 is in a logit, times the scale of its class */
    const unsigned char *common;    /* rows of the table, uint32, the most frequent word first */
    embdistill_count common_count;
    const unsigned char *filter;    /* bits of the hashes of known words; may be NULL */
    uint32_t filter_shift;
    const unsigned char *precomputed_index; /* (V) uint32: 1 + the row in precomputed, or 0; may be NULL */
    const float *precomputed;               /* (words, M) */
} embdistill_model;

/* Checks all of an image of `bytes` bytes, and fills in `model`, which points into it: the image must stay unchanged
 * where it is. image: not NULL; at a multiple of 4 bytes on Cortex-M4 and newer ones, as model_data is. Whatever the
 * bytes are, nothing outside them is read, now or later. */
embdistill_error embdistill_open(embdistill_model *model, const void *image, size_t bytes);

/* As embdistill_open, but for the checksums: for an image that the boot loader or the download has checked, or of which
 * embdistill_open has said so. Nothing outside it is read here either; but of damaged weights and words the answers are
 * wrong, and nobody is told. */
embdistill_error embdistill_open_trusted(embdistill_model *model, const void *image, size_t bytes);

/* The name of class `index`, closed by NUL; NULL if there is no such class. */
const char *embdistill_label(const embdistill_model *model, uint32_t index);

/* Whether texts must have two entities marked as <e1>...</e1> and <e2>...</e2>. */
int embdistill_is_relational(const embdistill_model *model);

/* The row of a token in the table; 0 for an unknown word. An unknown word is mistaken for a known one with probability
 * 2^-32 at most if the index has at least as many buckets as words, as those that embdistill writes do. */
uint32_t embdistill_lookup(const embdistill_model *model, const unsigned char *token, size_t length);

/* The row of the known word that an unknown token is read as; 0 if there is none, or the model does not correct. It is
 * one edit away: a character is missing, added or another one, or two neighbours are swapped. token: valid UTF-8. */
uint32_t embdistill_correct(const embdistill_model *model, const unsigned char *token, size_t length);

/* The n-grams of a word, of which its vector is made if nothing else is known of it, and the place among them. Fill in
 * the first five, and set the others to 0. */
typedef struct {
    const unsigned char *word; /* UTF-8: `<`, the token, and `>` */
    size_t length;             /* bytes of word */
    uint32_t shortest, longest; /* in characters; shortest: at least 1 */
    uint32_t buckets;
    size_t start, end;         /* bytes of word that the last n-gram started and ended at */
    uint32_t characters, hash; /* of the last n-gram */
} embdistill_ngrams;

/* Writes the bucket of the next n-gram, and returns 0 after the last one. The whole word is one, and comes last. */
int embdistill_next_ngram(embdistill_ngrams *ngrams, uint32_t *bucket);

/* Bytes of scratch that a text of at most `tokens` tokens takes. A text has at most as many tokens as bytes. */
size_t embdistill_scratch_bytes(const embdistill_model *model, size_t tokens);

/* Writes the logits (C) of a text. text: not NULL. scratch: aligned to 4 bytes, embdistill_scratch_bytes says how
 * large. known: receives how many tokens are known words; may be NULL. EMBDISTILL_ERROR_SCRATCH if the text has too
 * many tokens for the scratch; EMBDISTILL_ERROR_MARKS if its entities should be marked and are not. */
embdistill_error embdistill_logits(const embdistill_model *model, const char *text, size_t length, void *scratch,
                                   size_t scratch_bytes, float *logits, size_t *known);

/* Turns logits into probabilities, in place. */
void embdistill_softmax(float *logits, uint32_t classes);

/* The index of the largest value, the first one if several are equal. */
uint32_t embdistill_argmax(const float *values, uint32_t count);

/* ---- Memory for speed ------------------------------------------------------------------------------------------- */

/* Bytes of memory that embdistill_precompute takes for `words` words, or for all common words of the image if these are
 * fewer. 0 for models of relations, which cannot be precomputed. */
size_t embdistill_precompute_bytes(const embdistill_model *model, size_t words);

/* Precomputes the first layer for this many of the most frequent words. `memory`, aligned to 4 bytes, must stay as
 * long as the model is used. */
embdistill_error embdistill_precompute(embdistill_model *model, size_t words, void *memory, size_t bytes);

#if EMBDISTILL_BLOCK > 1 /* for hosts alone */
/* Weights of a model in whole numbers, unpacked so that a host multiplies them several times as fast. Bytes of memory that
 * they take, about one or two a weight; 0 for a model in floats. */
size_t embdistill_unpack_bytes(const embdistill_model *model);

/* Unpacks them. `memory`, of so many bytes at any address, must stay as long as the model is used. */
void embdistill_unpack(embdistill_model *model, void *memory);

/* A filter by which most edits of a word need not be looked up, so that words are corrected several times as fast.
 * Bytes of memory that it takes, two to four a word; 0 if the model does not correct. */
size_t embdistill_filter_bytes(const embdistill_model *model);

/* Makes the filter. `memory`, of so many bytes at any address, must stay as long as the model is used. */
void embdistill_make_filter(embdistill_model *model, void *memory);
#endif

#ifdef __cplusplus
}
#endif
#endif
