/* What the hostile tests and the fuzzers share: images with corrected checksums, and every use of a model. */
#ifndef USE_H
#define USE_H

#include "embdistill.h"

/* Corrects magic, version, size and all checksums of an image, as far as its table of sections goes, so that the checks
 * behind them are tested too. */
void repair(unsigned char *image, size_t bytes);

/* Opens a copy of an image in a buffer of exactly its size and, if that succeeds, does everything that can be done with
 * the model on a text, each time with buffers of exactly the size asked for. Aborts if anything is not as embdistill.h
 * says. */
embdistill_error use(const unsigned char *image, size_t bytes, const char *text, size_t length);

#endif
