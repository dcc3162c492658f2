/* Whole numbers: products of int8 weights and inputs of 16 bits, in sums of 32 (docs/edm.md). embdistill_open has checked
 * that no sum overflows. */

#if defined __ARM_FEATURE_SIMD32 && defined __thumb2__ && defined __GNUC__
#include <arm_acle.h>

/* Cortex-M4, M7, M33 and newer ones: two multiplications of 16 bits are one instruction, and two blocks are loaded by
 * one if they are aligned. */
enum { BLOCK_ALIGNMENT = 4 };
typedef int16x2_t two_inputs;
typedef uint32_t four_weights;

static inline two_inputs inputs_at(const int16_t *x)
{
    two_inputs inputs;
    memcpy(&inputs, x, 4);
    return inputs;
}

static inline four_weights weights_at(const unsigned char *block) { return u32_at(block, 0); }

static inline void two_blocks_at(const unsigned char *block, four_weights *left, four_weights *right)
{
    __asm__("ldrd %0, %1, [%2]" : "=r"(*left), "=r"(*right) : "r"(block), "m"(*(const unsigned char (*)[8])block));
}

/* sum + the products of the inputs and the first column of a block. */
static inline int32_t add_first(int32_t sum, four_weights weights, two_inputs inputs)
{
    return __smlad(__sxtb16((int8x4_t)weights), inputs, sum);
}

static inline int32_t add_second(int32_t sum, four_weights weights, two_inputs inputs)
{
    int16x2_t second; /* compilers do not find the rotation in this instruction */
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(second) : "r"(weights));
    return __smlad(second, inputs, sum);
}

#if defined __ARM_FEATURE_MVE && !defined __ARM_BIG_ENDIAN
#define EMBDISTILL_HELIUM
#include <arm_mve.h>

/* Helium, of Cortex-M55, M85 and newer ones, multiplies eight inputs at once. The 16 bytes of four blocks. */
static inline int8x16_t four_blocks_at(const unsigned char *block, uint32x4_t places)
{
    return vreinterpretq_s8_u32(vldrwq_gather_offset_u32((const uint32_t *)(const void *)block, places));
}

#endif
#else

enum { BLOCK_ALIGNMENT = 1 };
typedef struct {
    int16_t first, second;
} two_inputs;
typedef const unsigned char *four_weights; /* of two rows and two columns */

static inline two_inputs inputs_at(const int16_t *x)
{
    const two_inputs inputs = {x[0], x[1]};
    return inputs;
}

static inline four_weights weights_at(const unsigned char *block) { return block; }

static inline void two_blocks_at(const unsigned char *block, four_weights *left, four_weights *right)
{
    *left = weights_at(block);
    *right = weights_at(block + 4);
}

static inline int32_t add_first(int32_t sum, four_weights weights, two_inputs inputs)
{
    sum += (int32_t)inputs.first * i8_at(weights, 0);
    return sum + (int32_t)inputs.second * i8_at(weights, 2);
}

static inline int32_t add_second(int32_t sum, four_weights weights, two_inputs inputs)
{
    sum += (int32_t)inputs.first * i8_at(weights, 1);
    return sum + (int32_t)inputs.second * i8_at(weights, 3);
}

#endif

#ifndef __AVR__ /* which has too few registers for four sums */

/* sums (4) = x (m) A, where A (m, 4) are two columns of blocks of a matrix from `block` on. Apart from its caller, so that
 * the sums stay in registers. */
EMBDISTILL_APART static void multiply_four(int32_t *sums, const int16_t *x, const unsigned char *block,
                                           const embdistill_matrix *matrix)
{
    const size_t stride = 4 * blocks_of(matrix->columns);
    const int16_t *const end = x + matrix->rows;
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#ifdef EMBDISTILL_HELIUM
    const uint32x4_t places = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)stride); /* of four blocks of a column */
    for (; end - x >= 8; x += 8, block += 4 * stride) {
        const int16x8_t inputs = vldrhq_s16(x);
        const int8x16_t left = four_blocks_at(block, places), right = four_blocks_at(block + 4, places);
        s0 = vmladavaq_s16(s0, inputs, vmovlbq_s8(left)); /* a block has its columns in turn */
        s1 = vmladavaq_s16(s1, inputs, vmovltq_s8(left));
        s2 = vmladavaq_s16(s2, inputs, vmovlbq_s8(right));
        s3 = vmladavaq_s16(s3, inputs, vmovltq_s8(right));
    }
    if (x < end)
#endif
    do {
        const two_inputs inputs = inputs_at(x);
        four_weights left, right;
        two_blocks_at(block, &left, &right);
        s0 = add_first(s0, left, inputs);
        s1 = add_second(s1, left, inputs);
        s2 = add_first(s2, right, inputs);
        s3 = add_second(s3, right, inputs);
        x += 2;
        block += stride;
    } while (x < end);
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
}

#endif

/* The same of one column of blocks. */
static void multiply_two(int32_t *sums, const int16_t *x, const unsigned char *block, const embdistill_matrix *matrix)
{
    const size_t stride = 4 * blocks_of(matrix->columns);
    const int16_t *const end = x + matrix->rows;
    int32_t s0 = 0, s1 = 0;
    for (; x < end; x += 2, block += stride) {
        const two_inputs inputs = inputs_at(x);
        const four_weights weights = weights_at(block);
        s0 = add_first(s0, weights, inputs);
        s1 = add_second(s1, weights, inputs);
    }
    sums[0] = s0, sums[1] = s1;
}

/* sums (n) = x (m) A, where A (m, n) are columns of a matrix in blocks; n is even, and x has a 0 beyond an odd m. */
static void multiply_blocks(int32_t *sums, const int16_t *x, const columns *a)
{
    const unsigned char *block = a->matrix->values + 2 * a->first;
    size_t left = a->count;
#ifdef __AVR__
    for (; left > 0; left -= 2, sums += 2, block += 4) multiply_two(sums, x, block, a->matrix);
#else
    for (; left >= 4; left -= 4, sums += 4, block += 8) multiply_four(sums, x, block, a->matrix);
    if (left > 0) multiply_two(sums, x, block, a->matrix);
#endif
}

/* sums (count, n) = X (count, m) A, for the inputs (m) of several tokens, each behind the other from an even place. */
static void multiply_integers(int32_t *sums, const int16_t *x, size_t count, const columns *a)
{
    const int unpacked = a->matrix->unpacked != NULL && a->first % LANE == 0;
    for (size_t t = 0, done; t < count; t += done) {
        const int16_t *inputs = x + t * 2 * blocks_of(a->matrix->rows);
        done = !unpacked ? 1 : count - t < 4 ? count - t : 4;
        if (unpacked) multiply_unpacked(sums + t * a->count, inputs, done, a);
        else multiply_blocks(sums + t * a->count, inputs, a);
    }
}

/* features (n) = ReLU(sums + bias) as numbers of 2^feature_bits - 1 at most. sums: of the first layer, of n filters. */
EMBDISTILL_HOT static void integer_relu(int16_t *restrict features, const int32_t *restrict sums,
                                        const embdistill_model *model)
{
    const embdistill_matrix *bias = &model->map_bias;
    const unsigned char *scales = model->map.scales;
    const embdistill_ratio ratio = model->ratios[0];
    const int32_t largest = ((int32_t)1 << model->feature_bits) - 1;
    for (size_t j = 0; j < bias->columns; j++) {
        const int32_t sum = sums[j] + i32_at(bias->values, j);
        const int64_t feature = scaled(sum > 0 ? sum : 0, byte_at(scales, j), &ratio);
        features[j] = (int16_t)(feature < largest ? feature : largest);
    }
    features[bias->columns] = 0; /* beyond an odd last one */
}

/* logits (C) = W features + b. */
static void integer_output(float *logits, const int16_t *features, const embdistill_model *model)
{
    enum { AT_ONCE = 16 };
    int32_t sums[AT_ONCE];
    columns some = {&model->output, 0, 0};
    for (; some.first < model->classes; some.first += some.count) {
        const size_t left = model->classes - some.first, count = left < AT_ONCE ? left : (size_t)AT_ONCE;
        some.count = 2 * blocks_of(count);
        multiply_integers(sums, features, 1, &some);
        for (size_t c = some.first; c < some.first + count; c++) {
            int32_t sum = sums[c - some.first] + i32_at(model->output_bias.values, c);
            logits[c] = to_float((int64_t)sum * byte_at(model->output.scales, c), model->logit_step);
        }
    }
}
