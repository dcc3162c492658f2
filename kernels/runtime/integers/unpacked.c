/* Weights unpacked for hosts, as their processor multiplies them fast (quads.c, or else pairs.c): groups of 16 columns that
 * are computed side by side. The sums are the same as in arithmetic.c. */

#if EMBDISTILL_BLOCK > 1

enum { UNPACKED_ALIGNMENT = 64 }; /* a line of a cache */

/* Bytes of a group of 16 columns. */
static uint64_t group_bytes(const embdistill_matrix *matrix)
{
#ifdef EMBDISTILL_QUADS
    if (has_quads()) return quad_bytes(matrix);
#endif
    return pair_bytes(matrix);
}

static uint64_t unpacked_bytes(const embdistill_matrix *matrix)
{
    return ((uint64_t)matrix->columns + LANE - 1) / LANE * group_bytes(matrix);
}

/* Unpacks a matrix into memory, and returns what follows there. */
static unsigned char *unpack(embdistill_matrix *matrix, unsigned char *memory)
{
    matrix->unpacked = memory;
#ifdef EMBDISTILL_QUADS
    if (has_quads()) unpack_quads(matrix, memory);
    else
#endif
        unpack_pairs(matrix, memory);
    return memory + unpacked_bytes(matrix);
}

size_t embdistill_unpack_bytes(const embdistill_model *model)
{
    uint64_t size = UNPACKED_ALIGNMENT - 1 + unpacked_bytes(&model->map) + unpacked_bytes(&model->output);
    for (int i = 0; i < 2; i++) size += unpacked_bytes(&model->recurrent[i]);
    return !is_whole(model) ? 0 : size > SIZE_MAX ? SIZE_MAX : (size_t)size;
}

void embdistill_unpack(embdistill_model *model, void *memory)
{
    if (!is_whole(model)) return;
    const size_t beyond = (uintptr_t)memory % UNPACKED_ALIGNMENT;
    unsigned char *rest = (unsigned char *)memory + (beyond > 0 ? UNPACKED_ALIGNMENT - beyond : 0);
    rest = unpack(&model->map, rest);
    rest = unpack(&model->output, rest);
    for (int i = 0; i < 2; i++) rest = unpack(&model->recurrent[i], rest);
}

/* sums (tokens, n) = X (tokens, m) A for whole groups, in rows of `row` sums; returns the columns that are done. */
static size_t multiply_groups(int32_t *sums, size_t row, group_product p, size_t tokens, size_t columns)
{
#ifdef EMBDISTILL_QUADS
    if (has_quads()) return multiply_quads(sums, row, p, tokens, columns);
#endif
    return multiply_pairs(sums, row, p, tokens, columns);
}

/* sums (tokens, n) = X (tokens, m) A for 1 to 4 tokens; A begins at a whole group. */
static void multiply_unpacked(int32_t *sums, const int16_t *x, size_t tokens, const columns *a)
{
    const size_t pairs = blocks_of(a->matrix->rows), group = (size_t)group_bytes(a->matrix);
    group_product p = {x, 2 * pairs, pairs, a->matrix->unpacked + a->first / LANE * group, group};
    const size_t done = multiply_groups(sums, a->count, p, tokens, a->count);
    int32_t rest[4 * LANE]; /* of the last group, which is not whole */
    if (done == a->count) return;
    p.weights += done / LANE * group;
    multiply_groups(rest, LANE, p, tokens, LANE);
    for (size_t t = 0; t < tokens; t++)
        memcpy(sums + t * a->count + done, rest + t * LANE, (a->count - done) * sizeof *sums);
}

#else

static void multiply_unpacked(int32_t *sums, const int16_t *x, size_t tokens, const columns *a)
{
    (void)sums, (void)x, (void)tokens, (void)a;
}

#endif
