/* What the hostile tests and the fuzzers share: images with checksums made right, and every use of a model. */
#ifndef USE_H
#define USE_H

#include "embdistill.h"

/* Makes magic, version, size and all checksums of an image right, as far as its table of sections reaches, so that what
 * they shield is tested too. */
void repair(unsigned char *image, size_t bytes);

/* Opens a copy of an image in a buffer of just its size and, if that goes well, does all that can be done with the model
 * on a text, each with buffers of just the size asked for. Ends the program where something is not as the header says. */
embdistill_error use(const unsigned char *image, size_t bytes, const char *text, size_t length);

#endif
