/* The runtime for the Python extension, with its hot functions once for each generation of x86-64 processors, so that
 * one binary runs anywhere and fast. The loader of glibc chooses among them. */
#include <string.h> /* for __GLIBC__ */

#if defined __x86_64__ && defined __GLIBC__ && !defined __clang__ && __GNUC__ >= 12
#define EMBDISTILL_HOT __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#elif defined __x86_64__ && defined __GLIBC__ && (__GNUC__ >= 8 || (defined __clang_major__ && __clang_major__ >= 14))
#define EMBDISTILL_HOT __attribute__((target_clones("default", "avx2", "avx512f")))
#endif

#include "embdistill.c"
#include "explain.c"
#include "binding.h"

int open_words(embdistill_model *model, const struct text parts[3])
{
    section sections[3];
    for (int i = 0; i < 3; i++) {
        if (parts[i].length > UINT32_MAX) return i;
        sections[i].at = (const unsigned char *)parts[i].bytes;
        sections[i].size = (uint32_t)parts[i].length;
    }
    memset(model, 0, sizeof *model);
    if (!read_word_index(model, sections[0])) return 0;
    if (!read_correction(model, sections[1])) return 1;
    return read_spellings(model, sections[2]) ? 3 : 2;
}

int is_taken_for_right(const embdistill_model *model, const unsigned char *token, size_t length)
{
    return model->correct && corrected_characters(model, token, length) > 0 && is_spelled_right(model, token, length);
}
