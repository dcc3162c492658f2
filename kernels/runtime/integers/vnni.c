/* Weights unpacked for processors with VNNI (Intel from 2019, AMD from 2022), which multiply four bytes by four bytes in
 * one instruction: groups of 16 columns, four rows of a column side by side. They take half the memory of unpacked.c,
 * so that more of them stay in the caches. The sums are the same.
 *
 * One of the bytes is unsigned: an input is 256 h + l, and h + 128 is not negative. So the sum of w x over the rows is
 * 256 (the sum of w (h + 128), minus 128 times that of w) + the sum of w l. */

#if EMBDISTILL_BLOCK > 1 && defined EMBDISTILL_X86
#include <immintrin.h>

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vnni"), always_inline)) static inline

enum { QUAD = 4, QUADS = LANE * QUAD, MOST_GROUPS = 8 }; /* QUADS: bytes of four rows of a group */

static int has_vnni(void) { return __builtin_cpu_supports("avx512vnni"); }

/* Of a group: 128 times the sum of each column, int32 (16), and then its weights, int8 (rows / 4, 16, 4), with zeros
 * beyond the last row and column. */
static uint64_t quad_bytes(const embdistill_matrix *matrix)
{
    return LANE * sizeof(int32_t) + ((uint64_t)blocks_of(matrix->rows) + 1) / 2 * QUADS;
}

/* The weight of a row and a column. */
static int weight_at(const embdistill_matrix *matrix, size_t row, size_t column)
{
    const size_t across = blocks_of(matrix->columns);
    if (row / 2 >= blocks_of(matrix->rows) || column / 2 >= across) return 0;
    return i8_at(matrix->values, 4 * (row / 2 * across + column / 2) + row % 2 * 2 + column % 2);
}

/* Unpacks a matrix into memory. */
static void unpack_quads(const embdistill_matrix *matrix, unsigned char *memory)
{
    signed char *weight = (signed char *)memory;
    for (size_t first = 0; first < matrix->columns; first += LANE) {
        int32_t sums[LANE] = {0};
        signed char *const group = weight;
        weight += sizeof sums;
        for (size_t row = 0; row < matrix->rows; row += QUAD)
            for (size_t i = 0; i < QUADS; i++, weight++) {
                *weight = (signed char)weight_at(matrix, row + i % QUAD, first + i / QUAD);
                sums[i / QUAD] += 128 * *weight;
            }
        memcpy(group, sums, sizeof sums);
    }
}

/* The sums of some tokens and groups, each in two parts. */
typedef struct {
    __m512i low[4][MOST_GROUPS], high[4][MOST_GROUPS];
} quad_sums;

/* sums (16) + bytes (16, 4) * weights (16, 4). Where this is the intrinsic, gcc 12 copies sums about. */
VNNI __m512i plus_products(__m512i sums, __m512i bytes, __m512i weights)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(bytes), "v"(weights));
    return sums;
}

/* Adds the products of four rows, the first `size` bytes of which have inputs. All sizes and counts are constants. */
VNNI void add_quad(quad_sums *s, const product *p, const size_t size, const int tokens, const int groups)
{
    const __m512i lows = _mm512_set1_epi64(0x0604020006040200), highs = _mm512_set1_epi64(0x0705030107050301);
    for (int t = 0; t < tokens; t++) {
        long long four = 0;
        memcpy(&four, p->x + (size_t)t * p->next, size);
        const __m512i x = _mm512_set1_epi64(four), l = _mm512_shuffle_epi8(x, lows);
        const __m512i h = _mm512_xor_si512(_mm512_shuffle_epi8(x, highs), _mm512_set1_epi8(-128));
        for (int g = 0; g < groups; g++) {
            const __m512i weights = _mm512_loadu_si512(p->weights + (size_t)g * p->group);
            s->low[t][g] = plus_products(s->low[t][g], l, weights);
            s->high[t][g] = plus_products(s->high[t][g], h, weights);
        }
    }
}

/* sums[t * row + j]: of token t and column j. */
VNNI void multiply_vnni(int32_t *sums, size_t row, product p, const int tokens, const int groups)
{
    quad_sums s;
    for (int g = 0; g < groups; g++) {
        const __m512i column = _mm512_loadu_si512(p.weights + (size_t)g * p.group);
        for (int t = 0; t < tokens; t++) {
            s.low[t][g] = _mm512_setzero_si512();
            s.high[t][g] = _mm512_sub_epi32(s.low[t][g], column);
        }
    }
    p.weights += LANE * sizeof(int32_t);
    for (const int16_t *end = p.x + p.pairs / 2 * QUAD; p.x < end; p.x += QUAD, p.weights += QUADS)
        add_quad(&s, &p, 8, tokens, groups);
    if (p.pairs % 2) add_quad(&s, &p, 4, tokens, groups);
    for (int t = 0; t < tokens; t++)
        for (int g = 0; g < groups; g++) {
            const __m512i sum = _mm512_add_epi32(_mm512_mullo_epi32(s.high[t][g], _mm512_set1_epi32(256)), s.low[t][g]);
            _mm512_storeu_si512(sums + (size_t)t * row + g * LANE, sum);
        }
}

/* Whole groups, `groups` of them at once and then one by one; returns the columns that are done. */
VNNI size_t multiply_several(int32_t *sums, size_t row, product p, const int tokens, const int groups, size_t columns)
{
    const size_t at_once = (size_t)groups * LANE;
    size_t done = 0;
    for (; done + at_once <= columns; done += at_once, p.weights += (size_t)groups * p.group)
        multiply_vnni(sums + done, row, p, tokens, groups);
    for (; done + LANE <= columns; done += LANE, p.weights += p.group) multiply_vnni(sums + done, row, p, tokens, 1);
    return done;
}

/* For 1 to 4 tokens, as many groups at once as there are registers for their sums. */
__attribute__((target("avx512f,avx512bw,avx512vnni"))) static size_t multiply_quads(int32_t *sums, size_t row, product p,
                                                                                size_t tokens, size_t columns)
{
    switch (tokens) {
    case 1: return multiply_several(sums, row, p, 1, 8, columns);
    case 2: return multiply_several(sums, row, p, 2, 4, columns);
    case 3: return multiply_several(sums, row, p, 3, 4, columns);
    default: return multiply_several(sums, row, p, 4, 3, columns);
    }
}

#endif
