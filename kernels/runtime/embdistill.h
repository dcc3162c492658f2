/* embdistill: the C99 runtime, from raw text to a label. The model is read in place from a constant image (docs/edm.md);
 * there is no allocation, no global that changes and no I/O: the caller owns every buffer. */
#ifndef EMBDISTILL_H
#define EMBDISTILL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Errors: one list, for the codes and their texts ------------------------------------------------------- */

#define EMBDISTILL_ERRORS(X)                                                              \
    X(EMBDISTILL_OK, "no error")                                                          \
    X(EMBDISTILL_ERROR_MAGIC, "not an .edm model")                                        \
    X(EMBDISTILL_ERROR_VERSION, "an .edm model of a version that is not known here")      \
    X(EMBDISTILL_ERROR_TRUNCATED, "cut off, or longer than it says")                      \
    X(EMBDISTILL_ERROR_CHECKSUM, "damaged: a checksum does not match")                    \
    X(EMBDISTILL_ERROR_LAYOUT, "a section is missing, out of place or of a wrong size")   \
    X(EMBDISTILL_ERROR_MODEL, "the parts of the model do not fit together")               \
    X(EMBDISTILL_ERROR_ALIGNMENT, "a buffer does not start at a multiple of 4 bytes")     \
    X(EMBDISTILL_ERROR_BYTE_ORDER, "this machine is not little-endian")                   \
    X(EMBDISTILL_ERROR_SCRATCH, "the scratch buffer is too small for this text")          \
    X(EMBDISTILL_ERROR_MARKS, "the entities are not marked, once each, as <e1>...</e1> and <e2>...</e2>")

typedef enum {
#define EMBDISTILL_CODE(code, text) code,
    EMBDISTILL_ERRORS(EMBDISTILL_CODE)
#undef EMBDISTILL_CODE
} embdistill_error;

/* The text of an error, for people. */
const char *embdistill_error_text(embdistill_error error);

/* ---- Tokeniser --------------------------------------------------------------------------------------------- */

/* Longest token in bytes; the rest of a longer one is dropped. */
#define EMBDISTILL_TOKEN_BYTES 256

typedef enum {
    EMBDISTILL_SPLIT_ENGLISH = 0,   /* words, punctuation and English clitics apart; quotes `` '' become ", ’ becomes ' */
    EMBDISTILL_SPLIT_WHITESPACE = 1 /* for text that is tokenised already */
} embdistill_split;

/* Where the tokeniser stands in a text. Fill in text, length, split and lowercase; set at to 0. */
typedef struct {
    const unsigned char *text; /* UTF-8; bytes that are not part of valid UTF-8 are taken for Latin-1 */
    size_t length;             /* bytes of text; NUL bytes are white space */
    size_t at;                 /* first byte not yet read */
    embdistill_split split;
    int lowercase;             /* 0: keep the case; else the simple lower-case mapping of Unicode */
} embdistill_tokenizer;

/* Writes the next token to `token` as valid UTF-8 without a closing NUL, and gives its length in bytes;
 * 0 at the end of the text. Every call that does not give 0 moves `at` forward. */
size_t embdistill_next_token(embdistill_tokenizer *tokenizer, unsigned char token[EMBDISTILL_TOKEN_BYTES]);

/* ---- Model ------------------------------------------------------------------------------------------------- */

/* Tokens that are mapped together: 4, or 1 for microcontrollers, which takes less scratch and less code. */
#ifndef EMBDISTILL_BLOCK
#define EMBDISTILL_BLOCK 4
#endif

#define EMBDISTILL_MOST_WIDTHS 8

typedef enum { EMBDISTILL_MEAN = 0, EMBDISTILL_CNN = 1, EMBDISTILL_LSTM = 2 } embdistill_network;

/* A matrix in the image. Values are read byte by byte, since their place in memory has no type of its own. */
typedef struct {
    const unsigned char *values; /* (rows, columns), float32 or int8 */
    const unsigned char *scales; /* int8: for each row or column a scale of unit * scales[i]; float32: NULL */
    float unit;
    uint32_t rows, columns;
} embdistill_matrix;

/* An opened model. Read its fields if you like; only embdistill_open and embdistill_fold write them. */
typedef struct {
    embdistill_network network;
    uint32_t hidden;      /* units of the hidden layer; filters of each width; units of each direction */
    uint32_t pools_maximum; /* lstm: whether it is pooled by the maximum over time, not by the last states */
    uint32_t width_count; /* cnn */
    uint32_t widths[EMBDISTILL_MOST_WIDTHS];
    uint32_t classes;
    uint32_t features;    /* inputs of the output layer */
    uint32_t reach;       /* relations: positions -reach to reach are told apart */
    embdistill_split split;
    int lowercase;
    const char *labels;   /* UTF-8, each closed by NUL */
    const char *about;    /* JSON that says what the model is; not closed by NUL */
    size_t about_bytes;
    /* The word index: sorted hashes in buckets. */
    uint32_t words, seed, buckets;
    const unsigned char *bucket_bases, *remainders, *bucket_sizes;
    embdistill_matrix table;        /* (words + 1, d); row 0 is for unknown words */
    embdistill_matrix positions[2]; /* (2 reach + 1, p); no rows unless the model is one of relations */
    embdistill_matrix map;          /* (d + 2p, outputs): the first linear map, transposed */
    embdistill_matrix map_bias;     /* (1, ...) */
    embdistill_matrix recurrent[2]; /* (H, 4H), lstm: forward, backward */
    embdistill_matrix output;       /* (classes, features) */
    embdistill_matrix output_bias;  /* (1, classes) */
    const unsigned char *common;    /* rows of the table, uint32, the commonest word first */
    uint32_t common_count;
    const unsigned char *folded_slot; /* uint32_t for each row of the table: 1 + its folded row, or 0; NULL: not folded */
    const float *folded;         /* (folded words, outputs) */
} embdistill_model;

/* Checks an image of `bytes` bytes whole, and fills in `model`, which points into it: the image must stay where it is and
 * as it is. image: not NULL. Whatever the bytes are, nothing outside them is read, now or later. */
embdistill_error embdistill_open(embdistill_model *model, const void *image, size_t bytes);

/* The name of a class, closed by NUL; NULL for a number that is none. */
const char *embdistill_label(const embdistill_model *model, uint32_t number);

/* Whether texts must have two entities marked as <e1>...</e1> and <e2>...</e2>. */
int embdistill_is_relational(const embdistill_model *model);

/* The row of a token in the table; 0 for an unknown word. An unknown word is taken for a known one with a probability of
 * at most 2^-32, if the index has as many buckets as words, as those that embdistill writes do. */
uint32_t embdistill_lookup(const embdistill_model *model, const unsigned char *token, size_t length);

/* Bytes of scratch that a text of at most `tokens` tokens takes. A text has at most as many tokens as bytes. */
size_t embdistill_scratch_bytes(const embdistill_model *model, size_t tokens);

/* Writes the logits of a text to `logits`, one a class. text: not NULL. scratch: such as an array of float; how much is
 * needed says embdistill_scratch_bytes. known: how many tokens are known words; may be NULL.
 * EMBDISTILL_ERROR_SCRATCH if the text has too many tokens for the scratch; EMBDISTILL_ERROR_MARKS if its entities are not
 * marked and should be. */
embdistill_error embdistill_logits(const embdistill_model *model, const char *text, size_t length, void *scratch,
                                   size_t scratch_bytes, float *logits, size_t *known);

/* Turns logits into probabilities, in place. */
void embdistill_softmax(float *logits, uint32_t classes);

/* The number of the largest value, the first if several are equal. */
uint32_t embdistill_best(const float *values, uint32_t classes);

/* ---- Folding: the first linear map taken ahead for the commonest words, memory for speed ----------------------- */

/* Bytes of memory that folding `words` words takes; more words than the model names as common count as those. 0 for
 * models of relations, which gain nothing. */
size_t embdistill_fold_bytes(const embdistill_model *model, size_t words);

/* Folds the `words` commonest words. `memory`, such as an array of float, must stay as long as the model is used. */
embdistill_error embdistill_fold(embdistill_model *model, size_t words, void *memory, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
