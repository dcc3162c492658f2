/* Products of quads.c by the dot products of Arm (ARMv8.2: Cortex-A75 and newer ones, a Raspberry Pi 5), where both bytes
 * are signed: the sum of w x over the rows is 256 times the sum of w h, plus the sum of w (l - 128), plus 128 times that
 * of w. */

#if defined EMBDISTILL_QUADS && defined __aarch64__
#include <arm_neon.h>
#ifndef __ARM_FEATURE_DOTPROD
#include <sys/auxv.h>
#endif

#ifdef __clang__
#define DOT_PRODUCTS target("dotprod")
#else
#define DOT_PRODUCTS target("arch=armv8.2-a+dotprod")
#endif
#define DOT __attribute__((DOT_PRODUCTS, always_inline)) static inline

static int has_quads(void)
{
#ifdef __ARM_FEATURE_DOTPROD
    return 1;
#else
    enum { ASIMDDP = 1 << 20 }; /* HWCAP_ASIMDDP of Linux */
    return (getauxval(AT_HWCAP) & ASIMDDP) != 0;
#endif
}

/* The sums of a group for one or two tokens, each in two parts. */
typedef struct {
    int32x4_t low[2][4], high[2][4];
} quad_sums;

/* sums (4) + weights (4, 4) * the four bytes of a half of `bytes`. Older compilers have the intrinsic only where the whole
 * program may use it. */
DOT int32x4_t plus_products(int32x4_t sums, int8x16_t weights, int8x8_t bytes, const int half)
{
    if (half == 0) __asm__("sdot %0.4s, %1.16b, %2.4b[0]" : "+w"(sums) : "w"(weights), "w"(bytes));
    else __asm__("sdot %0.4s, %1.16b, %2.4b[1]" : "+w"(sums) : "w"(weights), "w"(bytes));
    return sums;
}

/* Adds the products of the next rows, as many as have inputs in `size` bytes: two, four or eight. `size` and `tokens` are
 * constants. */
DOT void add_quads(quad_sums *s, const group_product *p, const size_t size, const int tokens)
{
    int8x8_t low[2], high[2];
    EMBDISTILL_UNROLLED
    for (int t = 0; t < tokens; t++) {
        int16_t inputs[2 * QUAD] = {0};
        memcpy(inputs, p->x + (size_t)t * p->next, size);
        const int16x8_t x = vld1q_s16(inputs);
        low[t] = veor_s8(vmovn_s16(x), vdup_n_s8(-128));
        high[t] = vshrn_n_s16(x, 8);
    }
    for (int half = 0; half < (size > 8 ? 2 : 1); half++)
        EMBDISTILL_UNROLLED
        for (int v = 0; v < 4; v++) {
            const int8x16_t w = vld1q_s8((const signed char *)p->weights + half * QUADS + v * 16);
            EMBDISTILL_UNROLLED
            for (int t = 0; t < tokens; t++) {
                s->low[t][v] = plus_products(s->low[t][v], w, low[t], half);
                s->high[t][v] = plus_products(s->high[t][v], w, high[t], half);
            }
        }
}

/* sums[t * row + j]: of token t and column j of a group. */
DOT void multiply_dot(int32_t *sums, size_t row, group_product p, const int tokens)
{
    quad_sums s;
    EMBDISTILL_UNROLLED
    for (int v = 0; v < 4; v++) {
        int32x4_t columns;
        memcpy(&columns, p.weights + v * 16, 16);
        EMBDISTILL_UNROLLED
        for (int t = 0; t < tokens; t++) {
            s.low[t][v] = columns;
            s.high[t][v] = vdupq_n_s32(0);
        }
    }
    p.weights += LANE * sizeof(int32_t);
    const int16_t *const end = p.x + 2 * p.pairs;
    for (; end - p.x >= 2 * QUAD; p.x += 2 * QUAD, p.weights += 2 * QUADS) add_quads(&s, &p, 16, tokens);
    if (end - p.x >= QUAD) {
        add_quads(&s, &p, 8, tokens);
        p.x += QUAD;
        p.weights += QUADS;
    }
    if (p.x < end) add_quads(&s, &p, 4, tokens);
    EMBDISTILL_UNROLLED
    for (int t = 0; t < tokens; t++)
        EMBDISTILL_UNROLLED
        for (int v = 0; v < 4; v++)
            vst1q_s32(sums + (size_t)t * row + v * 4, vaddq_s32(vshlq_n_s32(s.high[t][v], 8), s.low[t][v]));
}

/* As multiply_groups. */
__attribute__((DOT_PRODUCTS)) static size_t multiply_quads(int32_t *sums, size_t row, group_product p, size_t tokens,
                                                           size_t columns)
{
    size_t done = 0;
    for (; done + LANE <= columns; done += LANE, p.weights += p.group) {
        group_product q = p;
        size_t t = 0;
        for (; t + 2 <= tokens; t += 2, q.x += 2 * p.next) multiply_dot(sums + t * row + done, row, q, 2);
        if (t < tokens) multiply_dot(sums + t * row + done, row, q, 1);
    }
    return done;
}

#endif
