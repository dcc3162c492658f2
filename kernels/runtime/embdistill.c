/* embdistill: the C99 runtime; embdistill.h is its interface.
 *
 * One translation unit: so all names but those of embdistill.h are static and cannot clash with a program's own, and
 * the compiler inlines across files. `export --to c` puts the files in place of their lines below, and the comments of
 * these lines in place of this one, as the table of contents (embdistill/export/c.py). */
#include "embdistill.h"

#include <float.h>
#include <string.h>

#include "internal.h"        /* what the files share */
#include "integers/rounding.c" /* whole numbers whose scale changes */
#include "logits.c"          /* from a text to its logits: start here */
#ifndef EMBDISTILL_NO_MEAN
#include "networks/mean.c"   /* the mean of the word vectors, and a hidden layer */
#include "integers/mean.c"   /* the same in whole numbers */
#endif
#ifndef EMBDISTILL_NO_CNN
#include "networks/cnn.c"    /* filters over neighbouring words, and their maximum over the text */
#include "integers/cnn.c"    /* the same in whole numbers */
#endif
#ifndef EMBDISTILL_NO_LSTM
#include "networks/lstm.c"   /* a recurrent network in both directions */
#include "integers/tanh.c"   /* tanh and the logistic function by a table */
#include "integers/lstm.c"   /* the same in whole numbers */
#endif
#include "products.c"        /* the first layer, token after token */
#include "integers/inputs.c" /* the inputs of the first layer in whole numbers */
#include "precompute.c"      /* the first layer of frequent words, computed ahead */
#include "arithmetic.c"      /* matrix products, tanh, softmax */
#include "integers/unpacked.c" /* weights as hosts multiply them fast */
#include "integers/pairs.c"  /* two rows side by side: any host */
#include "integers/quads.c"  /* four rows side by side: newer processors */
#include "integers/vnni.c"   /* products of these on x86-64 */
#include "integers/dot.c"    /* products of these on Arm */
#include "integers/arithmetic.c" /* products of whole numbers, and the output layer */
#include "words.c"           /* the word index, and texts as rows of the table */
#include "correction.c"      /* unknown words that are one edit away from a known one */
#include "subwords.c"        /* unknown words by their character n-grams */
#include "relations.c"       /* entity marks, and distances from the entities */
#include "sections.c"        /* the sections of an .edm image, and its checksums */
#include "image.c"           /* opening a model: what is in the sections, and whether it fits together */
#include "integers/image.c" /* the same of whole numbers */
#include "utf8.c"            /* a character from bytes, and back */
#ifdef EMBDISTILL_ASCII
#include "ascii.c"           /* text as ASCII, in place of the next five */
#else
#include "unicode.c"         /* classes of characters and lower-case letters, with their tables */
#include "reading.c"         /* the characters of a text that count */
#include "compose_table.c"   /* letters with their marks, and the classes of marks */
#include "compose.c"         /* letters and their marks as one character; the bytes of a token */
#include "segment.c"         /* words that no space sets apart */
#endif
#include "tokenizer.c"       /* texts to tokens */
