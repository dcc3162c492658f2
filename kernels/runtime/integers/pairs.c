/* Weights unpacked for any host: numbers of 16 bits, of two rows side by side, (groups, pairs of rows, 16, 2), which
 * processors multiply by two inputs in one instruction. */

#if EMBDISTILL_BLOCK > 1

/* Of a group. */
static uint64_t pair_bytes(const embdistill_matrix *matrix)
{
    return (uint64_t)blocks_of(matrix->rows) * 2 * LANE * sizeof(int16_t);
}

/* Columns beyond the last are 0. */
static void unpack_pairs(const embdistill_matrix *matrix, unsigned char *memory)
{
    int16_t *weights = (int16_t *)(void *)memory;
    const size_t pairs = blocks_of(matrix->rows), across = blocks_of(matrix->columns);
    for (size_t first = 0; first < matrix->columns; first += LANE)
        for (size_t i = 0; i < pairs; i++)
            for (size_t j = first; j < first + LANE; j++, weights += 2) {
                const signed char *block = (const signed char *)matrix->values + 4 * (i * across + j / 2);
                weights[0] = j / 2 < across ? block[j % 2] : 0;
                weights[1] = j / 2 < across ? block[2 + j % 2] : 0;
            }
}

static inline const int16_t *pairs_at(const unsigned char *weights) { return (const int16_t *)(const void *)weights; }

static inline int32_t two_of(const group_product *p, size_t token, size_t pair)
{
    int32_t both;
    memcpy(&both, p->x + token * p->next + 2 * pair, 4);
    return both;
}

#ifdef EMBDISTILL_X86
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2"), always_inline)) static inline

AVX2 void multiply_avx2(int32_t *sums, size_t row, const group_product *p, const int tokens)
{
    __m256i s[4][2];
    EMBDISTILL_UNROLLED
    for (int t = 0; t < tokens; t++) s[t][0] = s[t][1] = _mm256_setzero_si256();
    const int16_t *w = pairs_at(p->weights);
    for (size_t i = 0; i < p->pairs; i++, w += 2 * LANE) {
        const __m256i left = _mm256_loadu_si256((const __m256i *)(const void *)w);
        const __m256i right = _mm256_loadu_si256((const __m256i *)(const void *)(w + LANE));
        EMBDISTILL_UNROLLED
        for (int t = 0; t < tokens; t++) {
            const __m256i x = _mm256_set1_epi32(two_of(p, (size_t)t, i));
            s[t][0] = _mm256_add_epi32(s[t][0], _mm256_madd_epi16(x, left));
            s[t][1] = _mm256_add_epi32(s[t][1], _mm256_madd_epi16(x, right));
        }
    }
    EMBDISTILL_UNROLLED
    for (int t = 0; t < tokens; t++) {
        _mm256_storeu_si256((__m256i *)(void *)(sums + (size_t)t * row), s[t][0]);
        _mm256_storeu_si256((__m256i *)(void *)(sums + (size_t)t * row + LANE / 2), s[t][1]);
    }
}

AVX2 size_t groups_avx2(int32_t *sums, size_t row, group_product p, const int tokens, size_t columns)
{
    size_t done = 0;
    for (; done + LANE <= columns; done += LANE, p.weights += p.group) multiply_avx2(sums + done, row, &p, tokens);
    return done;
}

__attribute__((target("avx2"))) static size_t whole_avx2(int32_t *sums, size_t row, group_product p, size_t tokens,
                                                         size_t columns)
{
    switch (tokens) {
    case 1: return groups_avx2(sums, row, p, 1, columns);
    case 2: return groups_avx2(sums, row, p, 2, columns);
    case 3: return groups_avx2(sums, row, p, 3, columns);
    default: return groups_avx2(sums, row, p, 4, columns);
    }
}

#endif

#ifdef __ARM_NEON
#include <arm_neon.h>

typedef struct {
    int32x4_t a, b, c, d; /* of 16 columns */
} group_sums;

static inline group_sums plus_row(group_sums s, int16x8_t left, int16x8_t right, int16_t x)
{
    s.a = vmlal_n_s16(s.a, vget_low_s16(left), x);
    s.b = vmlal_n_s16(s.b, vget_high_s16(left), x);
    s.c = vmlal_n_s16(s.c, vget_low_s16(right), x);
    s.d = vmlal_n_s16(s.d, vget_high_s16(right), x);
    return s;
}

static inline group_sums plus_pair(group_sums s, int16x8x2_t left, int16x8x2_t right, const int16_t *x)
{
    return plus_row(plus_row(s, left.val[0], right.val[0], x[0]), left.val[1], right.val[1], x[1]);
}

static inline void store_sums(int32_t *sums, group_sums s)
{
    vst1q_s32(sums, s.a);
    vst1q_s32(sums + 4, s.b);
    vst1q_s32(sums + 8, s.c);
    vst1q_s32(sums + 12, s.d);
}

static void multiply_one(int32_t *sums, const group_product *p, const int16_t *x)
{
    const int16_t *w = pairs_at(p->weights);
    const int32x4_t zero = vdupq_n_s32(0);
    group_sums s = {zero, zero, zero, zero};
    for (size_t i = 0; i < p->pairs; i++, w += 2 * LANE, x += 2) s = plus_pair(s, vld2q_s16(w), vld2q_s16(w + LANE), x);
    store_sums(sums, s);
}

#ifdef __aarch64__ /* 32-bit Arm has too few registers for the sums of four tokens */
static void multiply_four_tokens(int32_t *sums, size_t row, const group_product *p)
{
    const int16_t *w = pairs_at(p->weights), *x = p->x;
    const int32x4_t zero = vdupq_n_s32(0);
    group_sums s = {zero, zero, zero, zero}, t = s, u = s, v = s;
    for (size_t i = 0; i < p->pairs; i++, w += 2 * LANE, x += 2) {
        const int16x8x2_t left = vld2q_s16(w), right = vld2q_s16(w + LANE); /* their first and second rows */
        s = plus_pair(s, left, right, x);
        t = plus_pair(t, left, right, x + p->next);
        u = plus_pair(u, left, right, x + 2 * p->next);
        v = plus_pair(v, left, right, x + 3 * p->next);
    }
    store_sums(sums, s);
    store_sums(sums + row, t);
    store_sums(sums + 2 * row, u);
    store_sums(sums + 3 * row, v);
}
#endif

static void multiply_group(int32_t *sums, size_t row, const group_product *p, size_t tokens)
{
#ifdef __aarch64__
    if (tokens == 4) {
        multiply_four_tokens(sums, row, p);
        return;
    }
#endif
    for (size_t t = 0; t < tokens; t++) multiply_one(sums + t * row, p, p->x + t * p->next);
}

#else

/* sums[t * row + j]: of token t and column j of a group. */
static void multiply_group(int32_t *sums, size_t row, const group_product *p, size_t tokens)
{
    for (size_t t = 0; t < tokens; t++) {
        int32_t s[LANE] = {0};
        for (size_t i = 0; i < p->pairs; i++) {
            const int32_t first = p->x[t * p->next + 2 * i], second = p->x[t * p->next + 2 * i + 1];
            const int16_t *w = pairs_at(p->weights) + i * 2 * LANE;
            for (size_t l = 0; l < LANE; l++) s[l] += first * w[2 * l] + second * w[2 * l + 1];
        }
        memcpy(sums + t * row, s, sizeof s);
    }
}

#endif

static size_t whole_anywhere(int32_t *sums, size_t row, group_product p, size_t tokens, size_t columns)
{
    size_t done = 0;
    for (; done + LANE <= columns; done += LANE, p.weights += p.group) multiply_group(sums + done, row, &p, tokens);
    return done;
}

/* As multiply_groups, by the best instructions that the processor has. */
static size_t multiply_pairs(int32_t *sums, size_t row, group_product p, size_t tokens, size_t columns)
{
#ifdef EMBDISTILL_X86
    if (__builtin_cpu_supports("avx2")) return whole_avx2(sums, row, p, tokens, columns);
#endif
    return whole_anywhere(sums, row, p, tokens, columns);
}

#endif
