/* Uses all of the runtime's interface on an image or a text that may be anything. Buffers have exactly the size that the
 * runtime is told, so that a sanitizer sees every access beyond them; what the runtime promises is required. */
#ifndef EXERCISE_H
#define EXERCISE_H

#include "embdistill.h"

/* Aborts with the place and the condition. */
#define REQUIRE(condition) require((condition) != 0, #condition, __FILE__, __LINE__)
void require(int holds, const char *condition, const char *file, int line);

/* malloc that aborts where there is no memory. */
void *allocate(size_t bytes);

/* A copy of bytes in memory of exactly their size. */
void *copy_of(const void *bytes, size_t size);

/* Opens a copy of an image and, if it is sound, uses it: labels, lookups, logits of some texts, folding. */
embdistill_error exercise_image(const unsigned char *image, size_t size);

/* Tokens and logits of a text, with scratch of different sizes and contents. */
void exercise_text(const embdistill_model *model, const char *text, size_t length);

#endif
