/* The functions of simd.c in vectors of one length, which is the end of their names.
 *
 * Given before: LANES, how many floats a vector holds; ROWS, how many rows of two vectors each, or pairs of rows of one
 * vector, the registers hold with room for three vectors more; TARGET, the instructions; NARROWER, the LANES of shorter
 * vectors, if there are any. */
#if ROWS != 2 && ROWS != 6 && ROWS != 12
#error "panel has no tiles for what is left of other ROWS"
#endif
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define NAME(function) JOIN(function, LANES)

#if LANES > 1 /* aligned as a float is, since rows begin anywhere */
typedef float NAME(vector) __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef int32_t NAME(whole) __attribute__((vector_size(LANES * sizeof(int32_t)), aligned(sizeof(int32_t)), may_alias));
#define CHOOSE(type, where, a, b) ((type)(((where) & (WHOLE)(a)) | (~(where) & (WHOLE)(b))))
#else
typedef float NAME(vector);
typedef int32_t NAME(whole);
#define CHOOSE(type, where, a, b) ((where) ? (a) : (b))
#endif
#define VECTOR NAME(vector)
#define WHOLE NAME(whole)

#define SHAPE \
    float *out, ptrdiff_t out_row, const float *a, ptrdiff_t a_row, ptrdiff_t a_column, const float *b, \
        ptrdiff_t b_row, ptrdiff_t inner, int add

/* out (rows, vectors * LANES) = a (rows, inner) b (inner, vectors * LANES), or += if add.
 * Its sums stay in registers, which needs rows and vectors to be known when this is compiled. */
INLINE TARGET void NAME(tile)(const int rows, const int vectors, SHAPE)
{
    VECTOR sums[2 * ROWS][2];
    UNROLL
    for (int i = 0; i < rows; i++)
        UNROLL
        for (int j = 0; j < vectors; j++) sums[i][j] = (VECTOR){0};
    for (ptrdiff_t k = 0; k < inner; k++, a += a_column, b += b_row) {
        VECTOR row[2];
        UNROLL
        for (int j = 0; j < vectors; j++) row[j] = *(const VECTOR *)(b + j * LANES);
        UNROLL
        for (int i = 0; i < rows; i++) {
            const float factor = a[i * a_row];
            UNROLL
            for (int j = 0; j < vectors; j++) sums[i][j] += factor * row[j];
        }
    }
    UNROLL
    for (int i = 0; i < rows; i++)
        UNROLL
        for (int j = 0; j < vectors; j++) {
            VECTOR *sink = (VECTOR *)(out + i * out_row + j * LANES);
            if (add)
                *sink += sums[i][j];
            else
                *sink = sums[i][j];
        }
}

#define TILE(rows) NAME(tile)(rows, vectors, out, out_row, a, a_row, a_column, b, b_row, inner, add)
#define ADVANCE(rows) (out += (rows) * out_row, a += (rows) * a_row, left -= (rows))
#define LAST(rows) \
    case rows: TILE(rows); break;

/* As tile, for any number of rows. */
INLINE TARGET void NAME(panel)(const int vectors, ptrdiff_t left, SHAPE)
{
    if (vectors == 1)
        for (; left >= 2 * ROWS; ADVANCE(2 * ROWS)) TILE(2 * ROWS);
    for (; left >= ROWS; ADVANCE(ROWS)) TILE(ROWS);
    switch (left) {
        LAST(1)
#if ROWS > 2
        LAST(2) LAST(3) LAST(4) LAST(5)
#endif
#if ROWS > 6
        LAST(6) LAST(7) LAST(8) LAST(9) LAST(10) LAST(11)
#endif
    }
}

static TARGET void NAME(panel1)(ptrdiff_t rows, SHAPE)
{
    NAME(panel)(1, rows, out, out_row, a, a_row, a_column, b, b_row, inner, add);
}

static TARGET void NAME(panel2)(ptrdiff_t rows, SHAPE)
{
    NAME(panel)(2, rows, out, out_row, a, a_row, a_column, b, b_row, inner, add);
}

/* As panel1, but for the first `known` of its columns, which out does not have. */
static TARGET void NAME(rest)(ptrdiff_t left, ptrdiff_t known, SHAPE)
{
    float block[2 * ROWS * LANES];
    for (ptrdiff_t rows; left > 0; left -= rows, a += rows * a_row) {
        rows = left < 2 * ROWS ? left : 2 * ROWS;
        NAME(panel1)(rows, block, LANES, a, a_row, a_column, b, b_row, inner, 0);
        for (ptrdiff_t i = 0; i < rows; i++, out += out_row)
            for (ptrdiff_t j = known; j < LANES; j++)
                out[j - known] = add ? out[j - known] + block[i * LANES + j] : block[i * LANES + j];
    }
}

#undef SHAPE
#undef TILE
#undef ADVANCE
#undef LAST

/* Lay out columns of b (inner, ...) one row of them behind the other, in the order in which tile reads them. */
INLINE TARGET void NAME(pack)(const int columns, float *packed, const float *b, ptrdiff_t b_row, ptrdiff_t b_column,
                              ptrdiff_t inner)
{
    if (b_column == 1) {
        for (ptrdiff_t k = 0; k < inner; k++)
            for (int j = 0; j < columns; j += LANES)
                *(VECTOR *)(packed + k * columns + j) = *(const VECTOR *)(b + k * b_row + j);
        return;
    }
    const int group = columns < 8 ? columns : 8; /* columns side by side, of which each is read along its memory */
    for (int j = 0; j < columns; j += group)
        for (ptrdiff_t k = 0; k < inner; k++)
            UNROLL
            for (int l = 0; l < group; l++) packed[k * columns + j + l] = b[k * b_row + (j + l) * b_column];
}

/* Lay out fewer columns than a vector has, behind zeros. */
static TARGET void NAME(pack_few)(float *packed, const float *b, ptrdiff_t b_row, ptrdiff_t b_column, ptrdiff_t columns,
                                  ptrdiff_t inner)
{
    for (ptrdiff_t k = 0; k < inner; k++)
        for (ptrdiff_t j = 0; j < LANES; j++)
            *packed++ = j < LANES - columns ? 0 : b[k * b_row + (j - LANES + columns) * b_column];
}

/* out (rows, columns) = a (rows, inner) b (inner, columns). */
static TARGET void NAME(product)(float *out, ptrdiff_t out_row, const float *a, ptrdiff_t a_row, ptrdiff_t a_column,
                                 const float *b, ptrdiff_t b_row, ptrdiff_t b_column, ptrdiff_t rows, ptrdiff_t columns,
                                 ptrdiff_t inner)
{
    float packed[DEPTH * 2 * LANES];
    const int packs = b_column != 1 || (rows >= PACKED_ROWS && inner >= PACKED_DEPTH) || columns < LANES;
    const ptrdiff_t slices = (inner + DEPTH - 1) / DEPTH, most = slices > 0 ? (inner + slices - 1) / slices : 0;
    ptrdiff_t first = 0;
    do { /* once, if inner is 0 */
        const ptrdiff_t depth = inner - first < most ? inner - first : most;
        ptrdiff_t width;
        for (ptrdiff_t column = 0; column < columns; column += width) {
            width = columns - column >= 2 * LANES ? 2 * LANES : LANES;
            /* A vector that would go beyond the last column begins earlier, with columns that are known. */
            const ptrdiff_t known = columns - column < LANES ? LANES - columns + column : 0;
            const float *part = b + first * b_row;
            if (columns < LANES)
                NAME(pack_few)(packed, part, b_row, b_column, columns, depth);
            else {
                part += (column - known) * b_column;
                if (packs && width == LANES) NAME(pack)(LANES, packed, part, b_row, b_column, depth);
                if (packs && width != LANES) NAME(pack)(2 * LANES, packed, part, b_row, b_column, depth);
            }
            if (packs) part = packed;
            const ptrdiff_t part_row = packs ? width : b_row;
            const float *factors = a + first * a_column;
            float *sink = out + column;
            if (width != LANES)
                NAME(panel2)(rows, sink, out_row, factors, a_row, a_column, part, part_row, depth, first > 0);
            else if (known == 0)
                NAME(panel1)(rows, sink, out_row, factors, a_row, a_column, part, part_row, depth, first > 0);
            else
                NAME(rest)(rows, known, sink, out_row, factors, a_row, a_column, part, part_row, depth, first > 0);
        }
        first += most;
    } while (first < inner);
}

/* The part of out = a b from a row and a column of out on. */
static TARGET void NAME(part)(const array *out, const array *a, const array *b, ptrdiff_t row, ptrdiff_t column,
                              ptrdiff_t rows, ptrdiff_t columns)
{
    const ptrdiff_t out_row = STEP(out, 0), a_row = STEP(a, 0), b_column = STEP(b, 1);
    NAME(product)((float *)out->data + row * out_row + column, out_row, (const float *)a->data + row * a_row, a_row,
                  STEP(a, 1), (const float *)b->data + column * b_column, STEP(b, 0), b_column, rows, columns,
                  a->sizes[1]);
}

static TARGET void NAME(multiply)(const array *out, const array *a, const array *b)
{
    NAME(part)(out, a, b, 0, 0, out->sizes[0], out->sizes[1]);
}

static TARGET void NAME(multiply_piece)(const array *out, const array *a, const array *b, ptrdiff_t piece,
                                        ptrdiff_t pieces)
{
    const ptrdiff_t rows = out->sizes[0], columns = out->sizes[1], longer = rows >= columns ? rows : columns;
    const ptrdiff_t first = longer * piece / pieces, size = longer * (piece + 1) / pieces - first;
    if (rows >= columns)
        NAME(part)(out, a, b, first, 0, size, columns);
    else
        NAME(part)(out, a, b, 0, first, rows, size);
}

/* As in kernels/simd.py. A step from row to row is as long in position as in pooled. All CHUNK columns of the products of
 * a tap are read, of which those beyond the columns of pooled may hold anything. */
static TARGET void NAME(max_windows)(const array *pooled_array, const array *position_array, const array *product_array,
                                     const array *bias_array, const array *id_array, const array *offset_array,
                                     ptrdiff_t width)
{
    const ptrdiff_t sentences = pooled_array->sizes[0], columns = pooled_array->sizes[1], each = id_array->sizes[1];
    const ptrdiff_t row = product_array->sizes[1], features = STEP(pooled_array, 0);
    const float *products = product_array->data, *bias = bias_array->data;
    const int64_t *offsets = offset_array->data;
    float *pooled = pooled_array->data;
    int32_t *position = position_array->data;
    for (ptrdiff_t b = 0; b < sentences; b++, pooled += features, position += features) {
        const int32_t *tokens = (const int32_t *)id_array->data + offsets[b] * each;
        const ptrdiff_t length = (ptrdiff_t)(offsets[b + 1] - offsets[b]);
        VECTOR best[CHUNK / LANES];
        WHOLE place[CHUNK / LANES];
        for (int j = 0; j < CHUNK / LANES; j++) {
            best[j] = (VECTOR){0} - (length > 0 ? INFINITY : 0);
            place[j] = (WHOLE){0};
        }
        for (ptrdiff_t t = length > 0 ? 1 - width : 0; t < length; t++) {
            const ptrdiff_t low = t < 0 ? -t : 0, high = length - t < width ? length - t : width;
            const WHOLE now = (WHOLE){0} + (int32_t)t;
            VECTOR sums[CHUNK / LANES];
            for (int j = 0; j < CHUNK / LANES; j++) sums[j] = (VECTOR){0};
            for (ptrdiff_t i = low; i < high; i++)
                for (ptrdiff_t f = 0; f < each; f++) {
                    const float *product = products + tokens[(t + i) * each + f] * row + i * CHUNK;
                    for (int j = 0; j < CHUNK / LANES; j++) sums[j] += *(const VECTOR *)(product + j * LANES);
                }
            for (int j = 0; j < CHUNK / LANES; j++) {
                const WHOLE more = sums[j] > best[j];
                best[j] = CHOOSE(VECTOR, more, sums[j], best[j]);
                place[j] = CHOOSE(WHOLE, more, now, place[j]);
            }
        }
        float lanes[CHUNK];
        int32_t places[CHUNK];
        memcpy(lanes, best, sizeof lanes);
        memcpy(places, place, sizeof places);
        for (ptrdiff_t h = 0; h < columns; h++) {
            pooled[h] = lanes[h] + bias[h] < 0 ? 0 : lanes[h] + bias[h];
            position[h] = places[h];
        }
    }
}

/* Some vectors of the windows of add_windows, but for the first `known` numbers. */
INLINE TARGET void NAME(stripe)(const int vectors, float *dwindow, float *dtokens, const float *window, const float *tokens,
                                const float *steps, const int64_t *firsts, ptrdiff_t count, ptrdiff_t known)
{
    VECTOR weights[STRIPE], sums[STRIPE];
    UNROLL
    for (int j = 0; j < vectors; j++) {
        weights[j] = *(const VECTOR *)(window + j * LANES);
        sums[j] = (VECTOR){0};
    }
    if (known > 0) memset(weights, 0, (size_t)known * sizeof(float));
    for (ptrdiff_t n = 0; n < count; n++) {
        const float step = steps[n], *source = tokens + firsts[n];
        float *sink = dtokens + firsts[n];
        UNROLL
        for (int j = 0; j < vectors; j++) {
            sums[j] += step * *(const VECTOR *)(source + j * LANES);
            *(VECTOR *)(sink + j * LANES) += step * weights[j];
        }
    }
    UNROLL
    for (int j = 0; j < vectors; j++) *(VECTOR *)(dwindow + j * LANES) = sums[j];
}

/* For n below count: dwindow (size) = sum of steps[n] tokens[firsts[n]...]; dtokens[firsts[n]...] += steps[n] window. */
static TARGET void NAME(add)(float *dwindow, float *dtokens, const float *window, const float *tokens,
                             const float *steps, const int64_t *firsts, ptrdiff_t count, ptrdiff_t size)
{
#ifdef NARROWER
    if (size < LANES) {
        JOIN(add, NARROWER)(dwindow, dtokens, window, tokens, steps, firsts, count, size);
        return;
    }
#endif
    ptrdiff_t j = 0;
    for (; size - j >= STRIPE * LANES; j += STRIPE * LANES)
        NAME(stripe)(STRIPE, dwindow + j, dtokens + j, window + j, tokens + j, steps, firsts, count, 0);
    for (; size - j >= LANES; j += LANES)
        NAME(stripe)(1, dwindow + j, dtokens + j, window + j, tokens + j, steps, firsts, count, 0);
    const ptrdiff_t from = size - LANES;
    if (j < size) NAME(stripe)(1, dwindow + from, dtokens + from, window + from, tokens + from, steps, firsts, count, j - from);
}

static TARGET void NAME(add_windows)(const array *dwindow, const array *dtokens, const array *window,
                                     const array *tokens, const array *steps, const array *firsts)
{
    NAME(add)(dwindow->data, dtokens->data, window->data, tokens->data, steps->data, firsts->data, steps->sizes[0],
              dwindow->sizes[0]);
}

#undef VECTOR
#undef WHOLE
#undef CHOOSE
#undef NAME
#undef JOIN
#undef JOIN_
#undef LANES
#undef ROWS
#undef TARGET
#undef NARROWER
