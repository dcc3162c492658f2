/* Matrices of float32 or int8 times vectors, and functions of vectors. Where a function has a parameter `floats`, it
 * is a constant in every call, so that the compiler makes a loop for each type. */

/* Value j of a row of a matrix, without its scale. */
static inline float value_at(const unsigned char *row, size_t j, const int floats)
{
    return floats ? float_at(row, j) : (float)i8_at(row, j);
}

/* Where value j of row i of a matrix is. */
static const unsigned char *address(const embdistill_matrix *matrix, size_t i, size_t j)
{
    return matrix->values + (i * matrix->columns + j) * (matrix->scales == NULL ? 4 : 1);
}

/* y (n) += row `row` of a matrix of n columns, float32 or int8 with a scale a row. */
EMBDISTILL_HOT static void add_row(float *restrict y, const embdistill_matrix *matrix, uint32_t row)
{
    const unsigned char *values = address(matrix, (size_t)row, 0);
    if (matrix->scales == NULL)
        for (size_t j = 0; j < matrix->columns; j++) y[j] += value_at(values, j, 1);
    else {
        float scale = matrix->unit * byte_at(matrix->scales, (size_t)row);
        for (size_t j = 0; j < matrix->columns; j++) y[j] += scale * value_at(values, j, 0);
    }
}

/* y (n) *= the scales of n columns of a matrix, if it is int8. */
static void scale_columns(float *y, const columns *a)
{
    const embdistill_matrix *matrix = a->matrix;
    for (size_t j = 0; j < a->count && matrix->scales != NULL; j++) y[j] *= matrix->unit * byte_at(matrix->scales, a->first + j);
}

/* y (n) += x[0] rows[0] + ... + x[3] rows[3], with rows (n). */
static inline void add_four_rows(float *restrict y, const float x[4], const unsigned char *const rows[4], size_t n,
                                 const int floats)
{
    const unsigned char *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
    const float x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
    for (size_t j = 0; j < n; j++)
        y[j] += (x0 * value_at(r0, j, floats) + x1 * value_at(r1, j, floats))
                + (x2 * value_at(r2, j, floats) + x3 * value_at(r3, j, floats));
}

/* y (n) = x (m) A, where A (m, n) are columns of a matrix with a scale a column. */
EMBDISTILL_HOT static void multiply_vector(float *y, const float *x, const columns *a)
{
    const size_t m = a->matrix->rows;
    memset(y, 0, a->count * sizeof *y);
    for (size_t i = 0; i < m; i += 4) {
        const unsigned char *rows[4];
        float four[4];
        for (size_t r = 0; r < 4; r++) { /* beyond the last row, the last one times 0 */
            rows[r] = address(a->matrix, i + r < m ? i + r : m - 1, a->first);
            four[r] = i + r < m ? x[i + r] : 0;
        }
        if (a->matrix->scales == NULL) add_four_rows(y, four, rows, a->count, 1);
        else add_four_rows(y, four, rows, a->count, 0);
    }
    scale_columns(y, a);
}

#if EMBDISTILL_BLOCK == 4
/* For four tokens t: yt (n) += x[0][t] rows[0] + x[1][t] rows[1], with rows (n). */
static inline void add_two_rows(float *restrict y0, float *restrict y1, float *restrict y2, float *restrict y3,
                                float x[2][4], const unsigned char *const rows[2], size_t n, const int floats)
{
    const unsigned char *r0 = rows[0], *r1 = rows[1];
    const float a0 = x[0][0], a1 = x[0][1], a2 = x[0][2], a3 = x[0][3];
    const float b0 = x[1][0], b1 = x[1][1], b2 = x[1][2], b3 = x[1][3];
    for (size_t j = 0; j < n; j++) {
        float a = value_at(r0, j, floats), b = value_at(r1, j, floats);
        y0[j] += a0 * a + b0 * b;
        y1[j] += a1 * a + b1 * b;
        y2[j] += a2 * a + b2 * b;
        y3[j] += a3 * a + b3 * b;
    }
}

/* Y (4, n) = X (4, m) A, as multiply_vector for four tokens. */
EMBDISTILL_HOT static void multiply_block(float *y, const float *x, const columns *a)
{
    const size_t m = a->matrix->rows, n = a->count;
    memset(y, 0, 4 * n * sizeof *y);
    for (size_t i = 0; i < m; i += 2) {
        const size_t last = i + 1 < m ? i + 1 : i; /* an odd last row again, times 0 */
        const unsigned char *const rows[2] = {address(a->matrix, i, a->first), address(a->matrix, last, a->first)};
        float two[2][4];
        for (size_t t = 0; t < 4; t++) {
            two[0][t] = x[t * m + i];
            two[1][t] = last > i ? x[t * m + last] : 0;
        }
        if (a->matrix->scales == NULL) add_two_rows(y, y + n, y + 2 * n, y + 3 * n, two, rows, n, 1);
        else add_two_rows(y, y + n, y + 2 * n, y + 3 * n, two, rows, n, 0);
    }
    for (size_t t = 0; t < 4; t++) scale_columns(y + t * n, a);
}
#endif

/* x (n) times a row (n), in sixteen sums that the compiler computes side by side. */
static inline float dot(const float *restrict x, const unsigned char *row, size_t n, const int floats)
{
    enum { LANES = 16 };
    float sums[LANES] = {0}, sum = 0;
    size_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (size_t l = 0; l < LANES; l++) sums[l] += x[j + l] * value_at(row, j + l, floats);
    for (; j < n; j++) sum += x[j] * value_at(row, j, floats);
    for (size_t l = 0; l < LANES / 2; l++) sums[l] += sums[l + LANES / 2];
    for (size_t l = 0; l < LANES / 4; l++) sums[l] += sums[l + LANES / 4];
    for (size_t l = 0; l < LANES / 4; l++) sum += sums[l];
    return sum;
}

/* logits (C) = W features + b, with W (C, F), float32 or int8 with a scale a row. */
EMBDISTILL_HOT static void output_layer(float *restrict logits, const float *restrict features,
                                        const embdistill_model *model)
{
    const embdistill_matrix *weight = &model->output;
    for (size_t c = 0; c < model->classes; c++) {
        const unsigned char *row = address(weight, c, 0);
        float sum;
        if (weight->scales == NULL) sum = dot(features, row, weight->columns, 1);
        else sum = dot(features, row, weight->columns, 0) * (weight->unit * byte_at(weight->scales, c));
        logits[c] = sum + float_at(model->output_bias.values, c);
    }
}

/* values (n) = ReLU(values + bias), with bias (1, n). */
EMBDISTILL_HOT static void bias_relu(float *values, const embdistill_matrix *bias)
{
    for (size_t j = 0; j < bias->columns; j++) {
        float value = values[j] + float_at(bias->values, j);
        values[j] = value > 0 ? value : 0;
    }
}

/* values (n) = tanh(values), with a relative error of at most 4e-7, by the float32 formula of kernels/activations.py:
 * tanh(x / 4) = p / q by Lambert's continued fraction, then twice tanh(2y) = 2pq / (p^2 + q^2). At 20, where x is
 * clipped, tanh is 1 to the last digit. Clipping has a loop of its own, without which gcc vectorises neither. */
EMBDISTILL_HOT static void apply_tanh(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float x = values[i];
        x = x > 20.0f ? 20.0f : x;
        values[i] = x < -20.0f ? -20.0f : x;
    }
    for (size_t i = 0; i < count; i++) {
        float x = values[i] * 0.25f;
        float s = x * x;
        float p = x * (1.0f + s * (4.0f / 33.0f + s * (1.0f / 495.0f)));
        float q = 1.0f + s * (5.0f / 11.0f + s * (2.0f / 99.0f + s * (1.0f / 10395.0f)));
        for (int doubling = 0; doubling < 2; doubling++) {
            float doubled = p * q + p * q;
            q = p * p + q * q;
            p = doubled;
        }
        values[i] = p / q;
    }
}

/* e^x for x <= 0, with a relative error of at most 2.5e-7: x = n ln 2 + f, and the Taylor series of e^f. */
static float exponential(float x)
{
    if (!(x > -87.0f)) return 0; /* NaN too */
    int32_t n = (int32_t)(x * 1.44269504f - 0.5f);
    float whole = (float)n;
    float f = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
    float e = 1.0f / 24 + f * (1.0f / 120 + f * (1.0f / 720));
    e = 1.0f + f * (1.0f + f * (1.0f / 2 + f * (1.0f / 6 + f * e)));
    uint32_t bits = (uint32_t)(n + 127) << 23; /* 2^n */
    float power;
    memcpy(&power, &bits, 4);
    return e * power;
}

void embdistill_softmax(float *logits, uint32_t classes)
{
    float largest = logits[embdistill_argmax(logits, classes)], sum = 0;
    for (uint32_t c = 0; c < classes; c++) sum += logits[c] = exponential(logits[c] - largest);
    for (uint32_t c = 0; c < classes; c++) logits[c] /= sum;
}

/* A number that is as large among int32 as a float among floats, but for NaN; so microcontrollers need no software for
 * floats. */
static int32_t order_of(float value)
{
    int32_t bits;
    memcpy(&bits, &value, 4);
    return bits >= 0 ? bits : -(bits & 0x7FFFFFFF);
}

uint32_t embdistill_argmax(const float *values, uint32_t count)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++)
        if (order_of(values[i]) > order_of(values[best])) best = i;
    return best;
}
