/* Matrix products of float32, of the sizes that a training step has.
 *
 * A product is computed in tiles of as many sums as the registers hold (Goto & van de Geijn 2008, "Anatomy of
 * High-Performance Matrix Multiplication", ACM TOMS 34(3)). The matrices of a step are small: so only the second is
 * packed, and only where that pays, while a BLAS packs both. Each number of the result is one sum in the order of the
 * inner dimension, at most DEPTH terms at a time, whichever rows and columns are computed with it: a product in chunks
 * is the whole product, to the last bit. */
#include "simd.h"

enum {
    ROWS = LANES > 1 ? 6 : 2, /* rows of a tile of two vectors; of one vector, twice as many: so 12 vectors of sums */
    DEPTH = 256,              /* most rows of b at a time: two vectors of each are 16 KB, half of a 32 KB L1 cache */
    PACKED_ROWS = 24,         /* packing b pays from as many rows of a on ... */
    PACKED_DEPTH = 128        /* ... and as many of b, if its rows are contiguous */
};

/* A matrix, and how many floats lie between neighbouring rows and between neighbouring columns. */
typedef struct {
    const float *at;
    ptrdiff_t row, column;
} matrix;

static matrix view(const floats_2 *array)
{
    const ptrdiff_t size = sizeof(float);
    return (matrix){array->at, array->strides[0] / size, array->strides[1] / size};
}

/* out (rows, vectors * LANES) = a (rows, depth) b (depth, vectors * LANES), or += if add. b's rows are contiguous.
 * The sums stay in registers, for which rows and vectors must be known when this is compiled. */
INLINE void tile(const int rows, const int vectors, float *out, ptrdiff_t out_row, matrix a, matrix b, ptrdiff_t depth,
                 int add)
{
    vector sums[2 * ROWS][2];
    UNROLL
    for (int i = 0; i < rows; i++)
        UNROLL
        for (int j = 0; j < vectors; j++) sums[i][j] = (vector){0};
    for (ptrdiff_t k = 0; k < depth; k++, a.at += a.column, b.at += b.row) {
        vector row[2];
        UNROLL
        for (int j = 0; j < vectors; j++) row[j] = VECTOR(b.at + j * LANES);
        UNROLL
        for (int i = 0; i < rows; i++) {
            const float factor = a.at[i * a.row];
            UNROLL
            for (int j = 0; j < vectors; j++) sums[i][j] += factor * row[j];
        }
    }
    UNROLL
    for (int i = 0; i < rows; i++)
        UNROLL
        for (int j = 0; j < vectors; j++) {
            vector *sink = &VECTOR(out + i * out_row + j * LANES);
            if (add) *sink += sums[i][j];
            else *sink = sums[i][j];
        }
}

/* As tile, for any number of rows. */
INLINE void panel(const int vectors, ptrdiff_t rows, float *out, ptrdiff_t out_row, matrix a, matrix b, ptrdiff_t depth,
                  int add)
{
    const int high = vectors == 1 ? 2 * ROWS : ROWS;
    for (; rows >= high; rows -= high, out += high * out_row, a.at += high * a.row)
        tile(high, vectors, out, out_row, a, b, depth, add);
#define LAST(count) \
    case count: tile(count, vectors, out, out_row, a, b, depth, add); break;
    switch (rows) {
        LAST(1) LAST(2) LAST(3) LAST(4) LAST(5)
    default: /* 6 to 11 rows of one vector */
        if (rows < ROWS) break;
        tile(ROWS, vectors, out, out_row, a, b, depth, add);
        out += ROWS * out_row;
        a.at += ROWS * a.row;
        switch (rows - ROWS) { LAST(1) LAST(2) LAST(3) LAST(4) LAST(5) }
    }
#undef LAST
}

/* Panels of one vector and of two, compiled once each. */
HOT static void panel_of_one(ptrdiff_t rows, float *out, ptrdiff_t out_row, matrix a, matrix b, ptrdiff_t depth,
                             int add)
{
    panel(1, rows, out, out_row, a, b, depth, add);
}

HOT static void panel_of_two(ptrdiff_t rows, float *out, ptrdiff_t out_row, matrix a, matrix b, ptrdiff_t depth,
                             int add)
{
    panel(2, rows, out, out_row, a, b, depth, add);
}

/* As panel_of_one, where out does not have the first `omitted` of the LANES columns. */
HOT static void panel_of_less(ptrdiff_t rows, ptrdiff_t omitted, float *out, ptrdiff_t out_row, matrix a, matrix b,
                              ptrdiff_t depth, int add)
{
    float block[2 * ROWS * LANES];
    for (ptrdiff_t count; rows > 0; rows -= count, a.at += count * a.row) {
        count = rows < 2 * ROWS ? rows : 2 * ROWS;
        panel_of_one(count, block, LANES, a, b, depth, 0);
        for (ptrdiff_t i = 0; i < count; i++, out += out_row)
            for (ptrdiff_t j = omitted; j < LANES; j++)
                out[j - omitted] = add ? out[j - omitted] + block[i * LANES + j] : block[i * LANES + j];
    }
}

/* Copy columns of b (depth, ...) row after row, in the order in which tile reads them. */
INLINE void pack(const int columns, float *packed, matrix b, ptrdiff_t depth)
{
    if (b.column == 1) {
        for (ptrdiff_t k = 0; k < depth; k++)
            for (int j = 0; j < columns; j += LANES) VECTOR(packed + k * columns + j) = VECTOR(b.at + k * b.row + j);
        return;
    }
    const int group = columns < 8 ? columns : 8; /* columns side by side, each of which is read along its memory */
    for (int j = 0; j < columns; j += group)
        for (ptrdiff_t k = 0; k < depth; k++)
            UNROLL
            for (int l = 0; l < group; l++) packed[k * columns + j + l] = b.at[k * b.row + (j + l) * b.column];
}

/* Copy fewer columns than a vector has, behind zeros. */
static void pack_few(float *packed, matrix b, ptrdiff_t columns, ptrdiff_t depth)
{
    for (ptrdiff_t k = 0; k < depth; k++)
        for (ptrdiff_t j = 0; j < LANES; j++)
            *packed++ = j < LANES - columns ? 0 : b.at[k * b.row + (j - LANES + columns) * b.column];
}

/* out (rows, columns) (+)= a (rows, depth) b (depth, columns), for depth at most DEPTH. */
HOT static void slice(float *out, ptrdiff_t out_row, matrix a, matrix b, ptrdiff_t rows, ptrdiff_t columns,
                      ptrdiff_t depth, int packs, int add)
{
    float packed[DEPTH * 2 * LANES];
    ptrdiff_t width;
    for (ptrdiff_t column = 0; column < columns; column += width) {
        width = columns - column >= 2 * LANES ? 2 * LANES : LANES;
        /* A vector that would go beyond the last column begins earlier, with columns that out has already. */
        const ptrdiff_t omitted = columns - column < LANES ? LANES - columns + column : 0;
        matrix part = {packed, width, 1};
        if (columns < LANES)
            pack_few(packed, b, columns, depth);
        else {
            const matrix unpacked = {b.at + (column - omitted) * b.column, b.row, b.column};
            if (!packs) part = unpacked;
            else if (width == LANES) pack(LANES, packed, unpacked, depth);
            else pack(2 * LANES, packed, unpacked, depth);
        }
        if (width != LANES)
            panel_of_two(rows, out + column, out_row, a, part, depth, add);
        else if (omitted == 0)
            panel_of_one(rows, out + column, out_row, a, part, depth, add);
        else
            panel_of_less(rows, omitted, out + column, out_row, a, part, depth, add);
    }
}

/* out (m, n) = a (m, k) b (k, n). The rows of out are contiguous. Kernels call it by name: kernels/machine/simd.py. */
EXPORTED void embdistill3_multiply(const floats_2 *out, const floats_2 *a, const floats_2 *b)
{
    const matrix left = view(a), right = view(b);
    const ptrdiff_t rows = out->shape[0], columns = out->shape[1], inner = a->shape[1];
    const int packs = right.column != 1 || (rows >= PACKED_ROWS && inner >= PACKED_DEPTH) || columns < LANES;
    const ptrdiff_t slices = (inner + DEPTH - 1) / DEPTH, depth = slices > 0 ? (inner + slices - 1) / slices : 0;
    ptrdiff_t first = 0;
    do { /* once, if inner is 0 */
        const matrix some_of_a = {left.at + first * left.column, left.row, left.column};
        const matrix some_of_b = {right.at + first * right.row, right.row, right.column};
        slice(out->at, view(out).row, some_of_a, some_of_b, rows, columns,
              inner - first < depth ? inner - first : depth, packs, first > 0);
        first += depth;
    } while (first < inner);
}
