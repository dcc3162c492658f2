/* Weights unpacked for processors that multiply four bytes by four bytes in one instruction (vnni.c, dot.c): groups of 16
 * columns, four rows of a column side by side. They take half the memory of pairs.c, so that more of them stay in the
 * caches. The sums are the same.
 *
 * An input is x = 256 h + l, where h is signed and l is not. Where both bytes that are multiplied must be signed, l - 128
 * is taken for l, and where one must be unsigned, h + 128 for h; so the sums of columns are needed besides. */

#ifdef EMBDISTILL_QUADS

enum { QUAD = 4, QUADS = LANE * QUAD }; /* QUADS: bytes of four rows of a group */

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
        uint32_t sums[LANE] = {0}; /* which may wrap around, as the processors do */
        signed char *const group = weight;
        weight += sizeof sums;
        for (size_t row = 0; row < matrix->rows; row += QUAD)
            for (size_t i = 0; i < QUADS; i++, weight++) {
                *weight = (signed char)weight_at(matrix, row + i % QUAD, first + i / QUAD);
                sums[i / QUAD] += (uint32_t)(128 * *weight);
            }
        memcpy(group, sums, sizeof sums);
    }
}

#endif
