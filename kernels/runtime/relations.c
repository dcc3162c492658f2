/* Texts with two marked entities, <e1>...</e1> and <e2>...</e2>, in either order; and distances from the entities. */

/* Bytes of the mark at `text`, 0 if there is none; with its entity, 0 or 1, and whether it is the closing one. */
static size_t mark_size(const unsigned char *text, size_t length, size_t *entity, int *closing)
{
    *closing = length > 1 && text[1] == '/';
    size_t size = *closing ? 5 : 4;
    if (length < size || text[0] != '<' || text[size - 3] != 'e' || text[size - 1] != '>') return 0;
    *entity = (size_t)(text[size - 2] - '1');
    return text[size - 2] == '1' || text[size - 2] == '2' ? size : 0;
}

/* Appends the tokens of a text with two marked entities. A mark ends a token. */
static embdistill_error read_marked(sentence *s, const embdistill_model *model)
{
    const size_t length = s->length;
    size_t marks = 0, from = 0, first = 0, entities[2] = {0, 0};
    for (size_t at = 0; at < length;) {
        int closing;
        size_t entity, size = mark_size(s->text + at, length - at, &entity, &closing);
        if (size == 0) {
            at++;
            continue;
        }
        if (read_tokens(s, model, from, at) != EMBDISTILL_OK) return EMBDISTILL_ERROR_SCRATCH;
        /* An entity opens, and closes after at least one token; then the other one does. */
        if (marks == 4 || closing != (int)(marks % 2)) return EMBDISTILL_ERROR_MARKS;
        if (closing ? entity != entities[marks / 2] || s->count == first : marks == 2 && entity == entities[0])
            return EMBDISTILL_ERROR_MARKS;
        entities[marks / 2] = entity;
        s->spans[entity][closing] = first = s->count;
        s->marks[marks++] = at;
        from = at += size;
    }
    if (read_tokens(s, model, from, length) != EMBDISTILL_OK) return EMBDISTILL_ERROR_SCRATCH;
    return marks == 4 ? EMBDISTILL_OK : EMBDISTILL_ERROR_MARKS;
}

/* Row of a token in the position table (2 max_distance + 1, p) of an entity: max_distance + its signed distance in
 * words, which is 0 inside the entity and at most max_distance. */
static uint32_t position_row(const embdistill_model *model, const sentence *s, size_t token, int entity)
{
    size_t first = s->spans[entity][0], last = s->spans[entity][1] - 1;
    size_t distance = token < first ? first - token : token > last ? token - last : 0;
    uint32_t clipped = distance < model->max_distance ? (uint32_t)distance : model->max_distance;
    return token < first ? model->max_distance - clipped : model->max_distance + clipped;
}
