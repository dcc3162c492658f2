/* Whole numbers: products of int8 weights and inputs of 16 bits, in sums of 32 (docs/edm.md). embdistill_open has checked
 * that no sum overflows. */

/* Weight i of a block of two rows and two columns. */
static inline int32_t weight_at(const unsigned char *block, size_t i) { return (signed char)block[i]; }

#ifdef __ARM_FEATURE_DSP
#include <arm_acle.h>

/* sums[0], sums[1] += the products of a block and two inputs, of 16 bits each: two multiplications an instruction. */
static inline void add_block(int32_t *sums, const unsigned char *block, uint32_t inputs)
{
    uint32_t weights = u32_at(block, 0);
    sums[0] = __smlad((int16x2_t)__sxtb16((int8x4_t)weights), (int16x2_t)inputs, sums[0]);
    sums[1] = __smlad((int16x2_t)__sxtb16((int8x4_t)(weights >> 8 | weights << 24)), (int16x2_t)inputs, sums[1]);
}

/* The inputs of a block, which are two values of 16 bits. */
static inline uint32_t inputs_at(const int16_t *x)
{
    uint32_t inputs;
    memcpy(&inputs, x, 4);
    return inputs;
}

#else

typedef struct {
    int32_t first, second;
} two_inputs;

static inline two_inputs inputs_at(const int16_t *x)
{
    const two_inputs inputs = {x[0], x[1]};
    return inputs;
}

static inline void add_block(int32_t *sums, const unsigned char *block, two_inputs inputs)
{
    sums[0] += inputs.first * weight_at(block, 0) + inputs.second * weight_at(block, 2);
    sums[1] += inputs.first * weight_at(block, 1) + inputs.second * weight_at(block, 3);
}

#endif

/* sums (n) = x (m) A, where A (m, n) are columns of a matrix in blocks; n is even, and x has a 0 beyond an odd m. */
EMBDISTILL_HOT static void multiply_blocks(int32_t *restrict sums, const int16_t *restrict x, const columns *a)
{
    const size_t stride = blocks_of(a->matrix->columns) * 4, pairs = blocks_of(a->matrix->rows);
    const unsigned char *block = a->matrix->values + 2 * a->first; /* four bytes for each two columns */
    size_t j = 0;
    for (; j + 4 <= a->count; j += 4, block += 8) {
        const unsigned char *at = block;
        int32_t s[4] = {0, 0, 0, 0};
        for (size_t i = 0; i < pairs; i++, at += stride) {
            add_block(s, at, inputs_at(x + 2 * i));
            add_block(s + 2, at + 4, inputs_at(x + 2 * i));
        }
        for (size_t l = 0; l < 4; l++) sums[j + l] = s[l];
    }
    for (; j < a->count; j += 2, block += 4) {
        int32_t s[2] = {0, 0};
        for (size_t i = 0; i < pairs; i++) add_block(s, block + i * stride, inputs_at(x + 2 * i));
        sums[j] = s[0];
        sums[j + 1] = s[1];
    }
}

/* sums (count, n) = X (count, m) A, for the inputs (m) of several tokens, each behind the other from an even place. */
static void multiply_integers(int32_t *sums, const int16_t *x, size_t count, const columns *a)
{
    for (size_t t = 0; t < count; t++)
        multiply_blocks(sums + t * a->count, x + t * 2 * blocks_of(a->matrix->rows), a);
}

/* ---- Features and logits ------------------------------------------------------------------------------------------ */

/* features (n) = ReLU(sums + bias) as numbers of 2^feature_bits - 1 at most. sums: of the first layer, of n filters. */
static void integer_relu(int16_t *features, const int32_t *sums, const embdistill_model *model)
{
    const embdistill_matrix *bias = &model->map_bias;
    const int32_t largest = ((int32_t)1 << model->feature_bits) - 1;
    for (size_t j = 0; j < bias->columns; j++) {
        int32_t sum = sums[j] + i32_at(bias->values, j);
        features[j] = sum > 0 ? (int16_t)clamped(scaled(sum, model->map.scales[j], &model->ratios[0]), largest) : 0;
    }
    features[bias->columns] = 0; /* beyond an odd last one */
}

/* logits (C) = W features + b. */
static void integer_output(float *logits, const int16_t *features, const embdistill_model *model)
{
    enum { TOGETHER_OUT = 16 };
    int32_t sums[TOGETHER_OUT];
    columns some = {&model->output, 0, 0};
    for (; some.first < model->classes; some.first += some.count) {
        const size_t left = model->classes - some.first, count = left < TOGETHER_OUT ? left : (size_t)TOGETHER_OUT;
        some.count = 2 * blocks_of(count);
        multiply_blocks(sums, features, &some);
        for (size_t c = 0; c < count; c++) {
            size_t of = some.first + c;
            int32_t sum = sums[c] + i32_at(model->output_bias.values, of);
            logits[of] = to_float((int64_t)sum * model->output.scales[of], model->logit_step);
        }
    }
}
