/* The first layer: the products W x[t] of its weights and the inputs of the tokens, one token after the other. A block
 * of them is computed at once, so that each weight that is loaded serves several tokens; precomputed ones are looked
 * up. */

/* x (d + 2p): the word vector of a token and, for relations, the vectors of its distances from both entities. */
static void read_input(float *x, const embdistill_model *model, const sentence *s, size_t token)
{
    memset(x, 0, model->map.rows * sizeof *x);
    add_word(x, model, s, token);
    x += model->table.columns;
    for (int entity = 0; entity < 2 && embdistill_is_relational(model); entity++) {
        add_row(x, &model->positions[entity], position_row(model, s, token, entity));
        x += model->positions[entity].columns;
    }
}

/* Floats of scratch for products with n columns. */
static uint64_t products_scratch(const embdistill_model *model, uint64_t n)
{
    return EMBDISTILL_BLOCK * (model->map.rows + n); /* inputs and computed */
}

/* Begins with the first token. p: with weight and backward filled in. */
static void begin_products(products *p, const embdistill_model *model, const sentence *s, float **scratch)
{
    p->model = model;
    p->text = s;
    p->read = p->next = p->ready = 0;
    p->inputs = take(scratch, EMBDISTILL_BLOCK * (size_t)model->map.rows);
    p->computed = take(scratch, EMBDISTILL_BLOCK * p->weight.count);
}

/* Prepares the next products: computes EMBDISTILL_BLOCK at most, and looks up the precomputed ones between them. */
static void compute_products(products *p)
{
    const size_t inputs = p->model->map.rows, count = p->text->count;
    size_t computed = 0;
    for (p->next = p->ready = 0; p->read < count && p->ready < 4 * EMBDISTILL_BLOCK; p->read++, p->ready++) {
        size_t token = p->backward ? count - 1 - p->read : p->read;
        const float *precomputed = precomputed_row(p->model, u32_at(p->text->rows, token)); /* (M) */
        if (precomputed != NULL) p->of[p->ready] = precomputed + p->weight.first;
        else if (computed < EMBDISTILL_BLOCK) {
            read_input(p->inputs + computed * inputs, p->model, p->text, token);
            p->of[p->ready] = p->computed + computed * p->weight.count;
            computed++;
        } else break;
    }
    if (computed > 1) { /* a block that is not full is filled up with zeros */
        memset(p->inputs + computed * inputs, 0, (EMBDISTILL_BLOCK - computed) * inputs * sizeof(float));
        multiply_block(p->computed, p->inputs, &p->weight);
    } else if (computed == 1) multiply_vector(p->computed, p->inputs, &p->weight);
}

/* The product (n) of the next token, valid until the next call. To be called once for each token of the text. */
static const float *next_product(products *p)
{
    if (p->next == p->ready) compute_products(p);
    return p->of[p->next++];
}
