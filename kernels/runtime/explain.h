/* What each word of a text does to the logits. The Python extension and the web page have it; embdistill.c does not, so
 * that it costs a microcontroller nothing. */
#ifndef EMBDISTILL_EXPLAIN_H
#define EMBDISTILL_EXPLAIN_H

#include "embdistill.h"

/* How a word is read, in the order of embdistill/model/words.py. */
typedef enum { EMBDISTILL_KNOWN, EMBDISTILL_CORRECTED, EMBDISTILL_BY_SUBWORDS, EMBDISTILL_UNREAD } embdistill_reading;

typedef struct {
    size_t start, end;  /* its bytes in the text */
    uint32_t reading;   /* an embdistill_reading */
    uint32_t row;       /* of the table; 0 unless it is known or corrected */
} embdistill_word;

/* The first byte of the token behind `from`, that is, behind white space there. */
size_t embdistill_token_start(const embdistill_tokenizer *tokenizer, size_t from);

/* How many words a text has, without its marks; the first `capacity` of them are written. For relations, the marks must
 * be as embdistill_logits wants them. */
size_t embdistill_read_words(const embdistill_model *model, const char *text, size_t length, embdistill_word *words,
                             size_t capacity);

/* Room for the spelling of a correction: an edit puts in one character. */
#define EMBDISTILL_SPELLING_BYTES (EMBDISTILL_TOKEN_BYTES + 4)

/* Writes the known word that a corrected word of a text is read as, in UTF-8; returns its length in bytes. */
size_t embdistill_spelling(const embdistill_model *model, const char *text, const embdistill_word *word,
                           unsigned char spelling[EMBDISTILL_SPELLING_BYTES]);

/* Writes the logits (count, C) of a text without each of its words first, ..., first + count - 1 in turn; the text has as
 * many. The others are read as before. An entity needs a word: the only one of an entity is read as an unknown one
 * instead. scratch and errors: as of embdistill_logits. */
embdistill_error embdistill_leave_out(const embdistill_model *model, const char *text, size_t length, void *scratch,
                                      size_t scratch_bytes, float *logits, size_t first, size_t count);

/* Writes the shares (count, C) of these words of a text in its logits. With r = 1 for the hidden units of the
 * network `mean` that are above 0, and 0 for the others, its logits are U (r * (b + W sum(e) / n)) + c: a sum over the
 * words. The share of one is U (r * W e / n). scratch: for H + 1 tokens more than the text has. The network must be `mean`.
 * Source: gradient times input, Shrikumar, Greenside & Kundaje 2017, section 3.1; exact here, as the ReLU network is
 * linear around a text. */
embdistill_error embdistill_shares(const embdistill_model *model, const char *text, size_t length, void *scratch,
                                   size_t scratch_bytes, float *shares, size_t first, size_t count);

#endif
