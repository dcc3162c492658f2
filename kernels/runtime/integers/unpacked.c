/* Weights unpacked for hosts: two rows of 16 columns side by side, as numbers of 16 bits, which processors multiply by two
 * inputs in one instruction. The sums are the same as in arithmetic.c. */

enum { LANE = 16 }; /* columns that are computed side by side */

#if defined __x86_64__ && (__GNUC__ >= 8 || defined __clang__) && !defined _WIN64 /* where stacks are not aligned so */
#define EMBDISTILL_X86
#endif

#if EMBDISTILL_BLOCK > 1

/* Values of 16 bits that a matrix takes. */
static uint64_t unpacked_size(const embdistill_matrix *matrix)
{
    return ((uint64_t)matrix->columns + LANE - 1) / LANE * blocks_of(matrix->rows) * 2 * LANE;
}

/* Unpacks a matrix into memory, and returns what follows there. Columns beyond the last are 0. */
static int16_t *unpack(embdistill_matrix *matrix, int16_t *memory)
{
    const size_t pairs = blocks_of(matrix->rows), across = blocks_of(matrix->columns);
    matrix->unpacked = memory;
    for (size_t first = 0; first < matrix->columns; first += LANE)
        for (size_t i = 0; i < pairs; i++)
            for (size_t j = first; j < first + LANE; j++, memory += 2) {
                const signed char *block = (const signed char *)matrix->values + 4 * (i * across + j / 2);
                memory[0] = j / 2 < across ? block[j % 2] : 0;
                memory[1] = j / 2 < across ? block[2 + j % 2] : 0;
            }
    return memory;
}

size_t embdistill_unpack_bytes(const embdistill_model *model)
{
    uint64_t size = unpacked_size(&model->map) + unpacked_size(&model->output);
    for (int i = 0; i < 2; i++) size += unpacked_size(&model->recurrent[i]);
    return !is_whole(model) ? 0 : size > SIZE_MAX / 2 ? SIZE_MAX : 2 * (size_t)size;
}

void embdistill_unpack(embdistill_model *model, void *memory)
{
    if (!is_whole(model)) return;
    int16_t *rest = unpack(&model->map, (int16_t *)memory);
    rest = unpack(&model->output, rest);
    for (int i = 0; i < 2; i++) rest = unpack(&model->recurrent[i], rest);
}

/* Inputs of 1 or 4 tokens, as many pairs as the weights have rows / 2, and 1, 2 or 4 groups of 16 columns. All are
 * constants where a function is inlined, but `pairs`. */
typedef struct {
    const int16_t *x; /* of the first token */
    size_t next;      /* from a token to the next */
    const int16_t *weights;
    size_t pairs;
} product;

static inline int32_t two_of(const product *p, size_t token, size_t pair)
{
    int32_t both;
    memcpy(&both, p->x + token * p->next + 2 * pair, 4);
    return both;
}

#ifdef EMBDISTILL_X86
#include <immintrin.h>

#define VNNI __attribute__((target("avx512f,avx512vnni"), always_inline)) static inline
#define AVX2 __attribute__((target("avx2"), always_inline)) static inline

/* sums[t * row + j]: of token t and column j. */
VNNI void multiply_vnni(int32_t *sums, size_t row, const product *p, const int tokens, const int groups)
{
    __m512i s[4][4], w[4];
    for (int t = 0; t < tokens; t++)
        for (int g = 0; g < groups; g++) s[t][g] = _mm512_setzero_si512();
    for (size_t i = 0; i < p->pairs; i++) {
        for (int g = 0; g < groups; g++)
            w[g] = _mm512_loadu_si512(p->weights + ((size_t)g * p->pairs + i) * 2 * LANE);
        for (int t = 0; t < tokens; t++) {
            const __m512i x = _mm512_set1_epi32(two_of(p, (size_t)t, i));
            for (int g = 0; g < groups; g++) s[t][g] = _mm512_dpwssd_epi32(s[t][g], x, w[g]);
        }
    }
    for (int t = 0; t < tokens; t++)
        for (int g = 0; g < groups; g++) _mm512_storeu_si512(sums + (size_t)t * row + g * LANE, s[t][g]);
}

AVX2 void multiply_avx2(int32_t *sums, size_t row, const product *p, const int tokens)
{
    __m256i s[4][2];
    for (int t = 0; t < tokens; t++) s[t][0] = s[t][1] = _mm256_setzero_si256();
    for (size_t i = 0; i < p->pairs; i++) {
        const __m256i left = _mm256_loadu_si256((const __m256i *)(const void *)(p->weights + i * 2 * LANE));
        const __m256i right = _mm256_loadu_si256((const __m256i *)(const void *)(p->weights + i * 2 * LANE + LANE));
        for (int t = 0; t < tokens; t++) {
            const __m256i x = _mm256_set1_epi32(two_of(p, (size_t)t, i));
            s[t][0] = _mm256_add_epi32(s[t][0], _mm256_madd_epi16(x, left));
            s[t][1] = _mm256_add_epi32(s[t][1], _mm256_madd_epi16(x, right));
        }
    }
    for (int t = 0; t < tokens; t++) {
        _mm256_storeu_si256((__m256i *)(void *)(sums + (size_t)t * row), s[t][0]);
        _mm256_storeu_si256((__m256i *)(void *)(sums + (size_t)t * row + LANE / 2), s[t][1]);
    }
}

/* For some tokens, as many whole groups as there are in `columns`; returns the columns that are done. */
__attribute__((target("avx512f,avx512vnni"))) static size_t whole_vnni(int32_t *sums, size_t row, product p,
                                                                        size_t tokens, size_t columns)
{
    size_t done = 0;
    const size_t group = p.pairs * 2 * LANE;
    if (tokens == 4)
        for (; done + 2 * LANE <= columns; done += 2 * LANE, p.weights += 2 * group)
            multiply_vnni(sums + done, row, &p, 4, 2);
    else
        for (; done + 4 * LANE <= columns; done += 4 * LANE, p.weights += 4 * group)
            multiply_vnni(sums + done, row, &p, 1, 4);
    for (; done + LANE <= columns; done += LANE, p.weights += group)
        if (tokens == 4) multiply_vnni(sums + done, row, &p, 4, 1);
        else multiply_vnni(sums + done, row, &p, 1, 1);
    return done;
}

__attribute__((target("avx2"))) static size_t whole_avx2(int32_t *sums, size_t row, product p, size_t tokens,
                                                         size_t columns)
{
    size_t done = 0;
    for (; done + LANE <= columns; done += LANE, p.weights += p.pairs * 2 * LANE)
        if (tokens == 4) multiply_avx2(sums + done, row, &p, 4);
        else multiply_avx2(sums + done, row, &p, 1);
    return done;
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

static void multiply_one(int32_t *sums, const product *p, const int16_t *x)
{
    const int16_t *w = p->weights;
    const int32x4_t zero = vdupq_n_s32(0);
    group_sums s = {zero, zero, zero, zero};
    for (size_t i = 0; i < p->pairs; i++, w += 2 * LANE, x += 2) s = plus_pair(s, vld2q_s16(w), vld2q_s16(w + LANE), x);
    store_sums(sums, s);
}

#ifdef __aarch64__ /* 32-bit Arm has too few registers for the sums of four tokens */
static void multiply_four_tokens(int32_t *sums, size_t row, const product *p)
{
    const int16_t *w = p->weights, *x = p->x;
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

static void multiply_group(int32_t *sums, size_t row, const product *p, size_t tokens)
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
static void multiply_group(int32_t *sums, size_t row, const product *p, size_t tokens)
{
    for (size_t t = 0; t < tokens; t++) {
        int32_t s[LANE] = {0};
        for (size_t i = 0; i < p->pairs; i++) {
            const int32_t first = p->x[t * p->next + 2 * i], second = p->x[t * p->next + 2 * i + 1];
            const int16_t *w = p->weights + i * 2 * LANE;
            for (size_t l = 0; l < LANE; l++) s[l] += first * w[2 * l] + second * w[2 * l + 1];
        }
        memcpy(sums + t * row, s, sizeof s);
    }
}

#endif

static size_t whole_anywhere(int32_t *sums, size_t row, product p, size_t tokens, size_t columns)
{
    size_t done = 0;
    for (; done + LANE <= columns; done += LANE, p.weights += p.pairs * 2 * LANE)
        multiply_group(sums + done, row, &p, tokens);
    return done;
}

/* As whole_anywhere, by the best instructions that the processor has. */
static size_t multiply_whole(int32_t *sums, size_t row, product p, size_t tokens, size_t columns)
{
#ifdef EMBDISTILL_X86
    if (__builtin_cpu_supports("avx512vnni")) return whole_vnni(sums, row, p, tokens, columns);
    if (__builtin_cpu_supports("avx2")) return whole_avx2(sums, row, p, tokens, columns);
#endif
    return whole_anywhere(sums, row, p, tokens, columns);
}

/* sums (tokens, n) = X (tokens, m) A for 1 or 4 tokens; A begins at a whole group. */
static void multiply_unpacked(int32_t *sums, const int16_t *x, size_t tokens, const columns *a)
{
    product p = {x, 2 * blocks_of(a->matrix->rows), a->matrix->unpacked, blocks_of(a->matrix->rows)};
    p.weights += a->first * p.pairs * 2;
    const size_t done = multiply_whole(sums, a->count, p, tokens, a->count);
    int32_t rest[4 * LANE]; /* of the last group, which is not whole */
    if (done == a->count) return;
    p.weights += done * p.pairs * 2;
    multiply_whole(rest, LANE, p, tokens, LANE);
    for (size_t t = 0; t < tokens; t++)
        memcpy(sums + t * a->count + done, rest + t * LANE, (a->count - done) * sizeof *sums);
}

#else

static void multiply_unpacked(int32_t *sums, const int16_t *x, size_t tokens, const columns *a)
{
    (void)sums, (void)x, (void)tokens, (void)a;
}

#endif
