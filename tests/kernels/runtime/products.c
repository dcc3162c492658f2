/* Compares the products of whole numbers, of weights as they are in an image and of unpacked ones, with plain sums: for
 * all small shapes, with the smallest and largest numbers. The functions are static: so the runtime is included here.
 * Prints how many sums were compared. */
#include <stdio.h>
#include <stdlib.h>

#include "embdistill.c"

enum { MOST_ROWS = 20, MOST_COLUMNS = 150, MOST_TOKENS = 5 };

static uint32_t state = 1;

static uint32_t some_bits(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static int some(int least, int most)
{
    const uint32_t bits = some_bits();
    if (bits % 8 == 0) return least;
    if (bits % 8 == 1) return most;
    return least + (int)(bits / 8 % (uint32_t)(most - least + 1));
}

static void *memory(size_t bytes)
{
    void *made = malloc(bytes); /* exactly: sanitizers then see what goes beyond */
    if (made == NULL) exit(1);
    return made;
}

/* Of rows and columns, with zeros beyond an odd last one. */
static embdistill_matrix some_matrix(size_t rows, size_t columns, unsigned char *values)
{
    embdistill_matrix matrix;
    memset(&matrix, 0, sizeof matrix);
    matrix.values = values;
    matrix.rows = (embdistill_count)rows;
    matrix.columns = (embdistill_count)columns;
    memset(values, 0, 4 * blocks_of(rows) * blocks_of(columns));
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            values[4 * (i / 2 * blocks_of(columns) + j / 2) + 2 * (i % 2) + j % 2] = (unsigned char)some(-128, 127);
    return matrix;
}

static int32_t plain_sum(const embdistill_matrix *matrix, const int16_t *x, size_t column)
{
    int32_t sum = 0;
    for (size_t i = 0; i < matrix->rows; i++) {
        const size_t block = i / 2 * blocks_of(matrix->columns) + column / 2;
        sum += x[i] * i8_at(matrix->values, 4 * block + 2 * (i % 2) + column % 2);
    }
    return sum;
}

/* The sums of all tokens and some columns; how many were compared, or the program ends. */
static size_t compare(const embdistill_matrix *matrix, const int16_t *x, size_t tokens, size_t first)
{
    const size_t count = 2 * blocks_of(matrix->columns - first), next = 2 * blocks_of(matrix->rows);
    const columns some_columns = {matrix, first, count};
    int32_t *sums = (int32_t *)memory(tokens * count * sizeof *sums);
    multiply_integers(sums, x, tokens, &some_columns);
    for (size_t t = 0; t < tokens; t++)
        for (size_t j = first; j < matrix->columns; j++)
            if (sums[t * count + j - first] != plain_sum(matrix, x + t * next, j)) {
                fprintf(stderr, "%s, %u rows, %u columns from %u on: token %u of %u, column %u\n",
                        matrix->unpacked == NULL ? "packed" : "unpacked", (unsigned)matrix->rows,
                        (unsigned)matrix->columns, (unsigned)first, (unsigned)t, (unsigned)tokens, (unsigned)j);
                exit(1);
            }
    free(sums);
    return tokens * (matrix->columns - first);
}

static size_t compare_shape(size_t rows, size_t columns, size_t tokens)
{
    unsigned char *values = (unsigned char *)memory(4 * blocks_of(rows) * blocks_of(columns));
    embdistill_matrix matrix = some_matrix(rows, columns, values);
    const size_t inputs = tokens * 2 * blocks_of(rows);
    int16_t *x = (int16_t *)memory(inputs * sizeof *x);
    for (size_t i = 0; i < inputs; i++) x[i] = (int16_t)(i % (2 * blocks_of(rows)) < rows ? some(-32768, 32767) : 0);
    size_t compared = compare(&matrix, x, tokens, 0);
#if EMBDISTILL_BLOCK > 1
    unsigned char *unpacked = (unsigned char *)memory((size_t)unpacked_bytes(&matrix));
    unpack(&matrix, unpacked);
    compared += compare(&matrix, x, tokens, 0) + compare(&matrix, x, tokens, columns > LANE ? LANE : 0);
    free(unpacked);
#endif
    free(x);
    free(values);
    return compared;
}

int main(void)
{
    size_t compared = 0;
    for (size_t rows = 1; rows <= MOST_ROWS; rows++)
        for (size_t columns = 1; columns <= MOST_COLUMNS; columns += columns < 40 ? 1 : 11)
            for (size_t tokens = 1; tokens <= MOST_TOKENS; tokens++) compared += compare_shape(rows, columns, tokens);
    printf("%lu\n", (unsigned long)compared);
    return 0;
}
