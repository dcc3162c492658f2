/* The first layer: the products W x[t] of its weights and the inputs of the tokens, one token after the other. A block
 * of them is computed at once, so that each weight that is loaded serves several tokens; precomputed ones are looked
 * up. */

/* x (d + 2p): the word vector of a token and, for relations, the vectors of its distances from both entities. */
static void read_input(float *x, const embdistill_model *model, const sentence *s, size_t token)
{
    memset(x, 0, model->map.rows * sizeof *x);
    add_word(x, model, s, token);
    x += model->table.columns;
    for (int entity = 0; entity < 2 && has_entities(model); entity++) {
        add_row(x, &model->positions[entity], position_row(model, s, token, entity));
        x += model->positions[entity].columns;
    }
}

/* Values of four bytes that an input takes, and n products. */
static size_t input_size(const embdistill_model *model)
{
    return is_whole(model) ? blocks_of(model->map.rows) : model->map.rows;
}

static size_t products_size(const embdistill_model *model, size_t n)
{
    return is_whole(model) ? 2 * blocks_of(n) : n;
}

/* Values of scratch for products with n columns. */
static size_sum products_scratch(const embdistill_model *model, size_sum n)
{
    if (!is_whole(model)) return EMBDISTILL_BLOCK * (model->map.rows + n); /* inputs and computed */
    return EMBDISTILL_BLOCK * (blocks_of(model->map.rows) + n + n % 2) + model->table.columns; /* and sums */
}

/* Begins with the first token. first, count: of the columns of the first layer's weights. */
static void begin_products(products *p, const embdistill_model *model, const sentence *s, size_t first, size_t count,
                           int backward, float **scratch)
{
    p->weight.matrix = &model->map;
    p->weight.first = first;
    p->weight.count = count;
    p->backward = backward;
    p->model = model;
    p->text = s;
    p->read = p->next = p->ready = 0;
    p->inputs = take(scratch, EMBDISTILL_BLOCK * input_size(model));
    p->computed = take(scratch, EMBDISTILL_BLOCK * products_size(model, p->weight.count));
    p->sums = is_whole(model) ? take(scratch, model->table.columns) : NULL;
}

/* Reads the input of a token as the one at `place` of those that are computed together. */
static void add_input(products *p, size_t place, size_t token)
{
    float *x = p->inputs + place * input_size(p->model);
    if (!is_whole(p->model)) read_input(x, p->model, p->text, token);
    else read_integer_input((int16_t *)(void *)x, (int32_t *)(void *)p->sums, p->model, p->text, token);
}

/* Computes the products of so many inputs, 1 at least. */
static void compute_block(products *p, size_t count)
{
    const size_t inputs = p->model->map.rows;
    if (is_whole(p->model))
        multiply_integers((int32_t *)(void *)p->computed, (int16_t *)(void *)p->inputs, count, &p->weight);
    else if (count > 1) { /* a block that is not full is filled up with zeros */
        memset(p->inputs + count * inputs, 0, (EMBDISTILL_BLOCK - count) * inputs * sizeof(float));
        multiply_block(p->computed, p->inputs, &p->weight);
    } else multiply_vector(p->computed, p->inputs, &p->weight);
}

/* Prepares the next products: computes EMBDISTILL_BLOCK at most, and looks up the precomputed ones between them. */
static void prepare_products(products *p)
{
    const size_t count = p->text->count;
    size_t computed = 0;
    for (p->next = p->ready = 0; p->read < count && p->ready < 4 * EMBDISTILL_BLOCK; p->read++, p->ready++) {
        size_t token = p->backward ? count - 1 - p->read : p->read;
        const float *precomputed = precomputed_row(p->model, row_at(p->text, token)); /* (M) */
        if (precomputed != NULL) p->of[p->ready] = precomputed + p->weight.first;
        else if (computed < EMBDISTILL_BLOCK) {
            add_input(p, computed, token);
            p->of[p->ready] = p->computed + computed * products_size(p->model, p->weight.count);
            computed++;
        } else break;
    }
    if (computed > 0) compute_block(p, computed);
}

/* The product (n) of the next token, float or int32, valid until the next call. To be called once for each token. */
static const void *next_product(products *p)
{
    if (p->next == p->ready) prepare_products(p);
    return p->of[p->next++];
}
