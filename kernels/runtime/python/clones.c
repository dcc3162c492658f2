/* The runtime for the Python extension, with its hot functions once for each generation of x86-64 processors, so that
 * one binary runs anywhere and fast. The loader of glibc chooses among them. */
#include <string.h> /* for __GLIBC__ */

#if defined __x86_64__ && defined __GLIBC__ && !defined __clang__ && __GNUC__ >= 12
#define EMBDISTILL_HOT __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#elif defined __x86_64__ && defined __GLIBC__ && (__GNUC__ >= 8 || (defined __clang_major__ && __clang_major__ >= 14))
#define EMBDISTILL_HOT __attribute__((target_clones("default", "avx2", "avx512f")))
#endif

#include "embdistill.c"
#include "binding.h"

int open_words(embdistill_model *model, const void *index, size_t index_bytes, const void *correction,
               size_t correction_bytes)
{
    const section words = {index, (uint32_t)index_bytes}, edits = {correction, (uint32_t)correction_bytes};
    memset(model, 0, sizeof *model);
    return index_bytes <= UINT32_MAX && correction_bytes <= UINT32_MAX && read_word_index(model, words)
           && read_correction(model, edits);
}
