/* embdistill: the C99 runtime. No allocation, no globals that change, no I/O: the caller owns every buffer. */
#ifndef EMBDISTILL_H
#define EMBDISTILL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Longest token in bytes; the rest of a longer one is dropped, so that it matches no word. */
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

#ifdef __cplusplus
}
#endif
#endif
