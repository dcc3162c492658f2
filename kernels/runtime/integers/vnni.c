/* Products of quads.c by VNNI (Intel from 2019, AMD from 2022), where one of the bytes is unsigned: the sum of w x over the
 * rows is 256 (the sum of w (h + 128), minus 128 times that of w), plus the sum of w l. */

#if defined EMBDISTILL_QUADS && defined EMBDISTILL_X86
#include <immintrin.h>

#define VNNI_TARGET target("avx512f,avx512bw,avx512vnni")
#define VNNI __attribute__((VNNI_TARGET, always_inline)) static inline

enum { MOST_GROUPS = 8 };

static int has_quads(void) { return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni"); }

/* The sums of some tokens and groups, each in two parts. */
typedef struct {
    __m512i low[4][MOST_GROUPS], high[4][MOST_GROUPS];
} quad_sums;

/* sums (16) + bytes (16, 4) * weights (16, 4). Where this is the intrinsic, gcc 12 copies sums about. */
VNNI __m512i plus_products(__m512i sums, __m512i bytes, __m512i weights)
{
    __asm__("vpdpbusd {%2, %1, %0|%0, %1, %2}" : "+v"(sums) : "v"(bytes), "v"(weights));
    return sums;
}

/* Adds the products of four rows, the first `size` bytes of which have inputs. All sizes and counts are constants. */
VNNI void add_quad(quad_sums *s, const group_product *p, const size_t size, const int tokens, const int groups)
{
    const __m512i lows = _mm512_set1_epi64(0x0604020006040200), highs = _mm512_set1_epi64(0x0705030107050301);
    EMBDISTILL_UNROLLED
    for (int t = 0; t < tokens; t++) {
        long long four = 0;
        memcpy(&four, p->x + (size_t)t * p->next, size);
        const __m512i x = _mm512_set1_epi64(four), l = _mm512_shuffle_epi8(x, lows);
        const __m512i h = _mm512_xor_si512(_mm512_shuffle_epi8(x, highs), _mm512_set1_epi8(-128));
        EMBDISTILL_UNROLLED
        for (int g = 0; g < groups; g++) {
            const __m512i weights = _mm512_loadu_si512(p->weights + (size_t)g * p->group);
            s->low[t][g] = plus_products(s->low[t][g], l, weights);
            s->high[t][g] = plus_products(s->high[t][g], h, weights);
        }
    }
}

/* sums[t * row + j]: of token t and column j. */
VNNI void multiply_vnni(int32_t *sums, size_t row, group_product p, const int tokens, const int groups)
{
    quad_sums s;
    EMBDISTILL_UNROLLED
    for (int g = 0; g < groups; g++) {
        const __m512i column = _mm512_loadu_si512(p.weights + (size_t)g * p.group);
        EMBDISTILL_UNROLLED
        for (int t = 0; t < tokens; t++) {
            s.low[t][g] = _mm512_setzero_si512();
            s.high[t][g] = _mm512_sub_epi32(s.low[t][g], column);
        }
    }
    p.weights += LANE * sizeof(int32_t);
    for (const int16_t *end = p.x + p.pairs / 2 * QUAD; p.x < end; p.x += QUAD, p.weights += QUADS)
        add_quad(&s, &p, 8, tokens, groups);
    if (p.pairs % 2) add_quad(&s, &p, 4, tokens, groups);
    EMBDISTILL_UNROLLED
    for (int t = 0; t < tokens; t++)
        EMBDISTILL_UNROLLED
        for (int g = 0; g < groups; g++) {
            const __m512i sum = _mm512_add_epi32(_mm512_mullo_epi32(s.high[t][g], _mm512_set1_epi32(256)), s.low[t][g]);
            _mm512_storeu_si512(sums + (size_t)t * row + g * LANE, sum);
        }
}

/* Whole groups: `groups` of them together, and the last ones singly. Returns the columns that are done. */
VNNI size_t multiply_several(int32_t *sums, size_t row, group_product p, const int tokens, const int groups,
                             size_t columns)
{
    const size_t at_once = (size_t)groups * LANE;
    size_t done = 0;
    for (; done + at_once <= columns; done += at_once, p.weights += (size_t)groups * p.group)
        multiply_vnni(sums + done, row, p, tokens, groups);
    for (; done + LANE <= columns; done += LANE, p.weights += p.group) multiply_vnni(sums + done, row, p, tokens, 1);
    return done;
}

/* For 1 to 4 tokens, as many groups at once as there are registers for their sums. */
__attribute__((VNNI_TARGET)) static size_t multiply_quads(int32_t *sums, size_t row, group_product p, size_t tokens,
                                                          size_t columns)
{
    switch (tokens) {
    case 1: return multiply_several(sums, row, p, 1, 8, columns);
    case 2: return multiply_several(sums, row, p, 2, 4, columns);
    case 3: return multiply_several(sums, row, p, 3, 4, columns);
    default: return multiply_several(sums, row, p, 4, 3, columns);
    }
}

#endif
