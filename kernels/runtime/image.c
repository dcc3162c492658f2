/* Opening a model (docs/edm.md): every size and every value is checked here, so that nothing else has to. */

enum { FLOAT32, INT8, BLOCKS, INT32, INT4 }; /* types of matrices */
#define MOST_MULTIPLIER (UINT32_C(1) << 23)
enum { LEAST_EXPONENT = 27, MOST_EXPONENT = 190 }; /* of a logit's step: 2^-100 to 2^64 */

typedef enum { ROW_SCALES, COLUMN_SCALES, FLOATS_ONLY } scaling;

/* Whether no value of an array of floats is NaN or infinite: of those, all bits of the exponent are set, which are the
 * highest but for the sign. */
static int all_finite(const unsigned char *values, size_t count)
{
    for (const unsigned char *end = values + 4 * count; values != end; values += 4)
        if (u32_at(values, 0) << 1 >= 0xFF000000u) return 0;
    return 1;
}

/* Reads the header of a matrix; returns how many values it has, 0 if the section is not there, or too large. */
static size_sum read_header(embdistill_matrix *matrix, section from)
{
    if (from.size < 16 || !all_finite(from.at + 12, 1)) return 0;
    matrix->rows = count_at(from.at, 1);
    matrix->columns = count_at(from.at, 2);
    matrix->unit = float_at(from.at, 3);
    matrix->values = from.at + 16;
    size_sum count = (size_sum)matrix->rows * matrix->columns;
    return count == (embdistill_count)count ? count : 0;
}

/* Reads a matrix; false if the section is not there, its size is not that of the matrix, or a value is not finite. */
static int read_matrix(embdistill_matrix *matrix, section from, scaling scales)
{
    const size_sum count = read_header(matrix, from);
    if (count == 0) return 0;
    const uint32_t dtype = u32_at(from.at, 0);
    if (dtype == FLOAT32) return from.size - 16 == 4 * count && all_finite(matrix->values, (size_t)count);
    if (dtype != INT8 || scales == FLOATS_ONLY) return 0;
    if (from.size - 16 != count + (scales == ROW_SCALES ? matrix->rows : matrix->columns)) return 0;
    matrix->scales = matrix->values + count;
    return 1;
}

/* Reads the word index, and checks that no bucket goes beyond the words. */
static int read_word_index(embdistill_model *model, section from)
{
    if (from.size < 16) return 0;
    model->words = count_at(from.at, 0);
    model->seed = u32_at(from.at, 1);
    model->buckets = count_at(from.at, 2);
    model->short_remainders = count_at(from.at, 3);
    if (model->short_remainders > 1) return 0;
    const size_sum size = model->short_remainders ? 2 : 4, remainders = size * model->words;
    size_sum buckets = model->buckets, groups = (buckets + GROUP - 1) / GROUP;
    if (buckets == 0 || from.size != 16 + 4 * groups + remainders + (buckets + 1) / 2) return 0;
    model->bucket_bases = from.at + 16;
    model->remainders = model->bucket_bases + 4 * groups;
    model->bucket_sizes = model->remainders + (size_t)remainders;
    size_sum words = 0;
    for (embdistill_count bucket = 0; bucket < model->buckets;) {
        if (bucket % GROUP == 0 && u32_at(model->bucket_bases, (size_t)bucket / GROUP) != words) return 0;
        if (model->buckets - bucket >= 8) {
            words += sum_of_eight(u32_at(model->bucket_sizes, (size_t)bucket / 8));
            bucket += 8;
        } else {
            words += bucket_size(model, bucket++);
        }
    }
    return words == model->words;
}

/* Reads the labels, and counts them. */
static int read_labels(embdistill_model *model, section from)
{
    if (from.size == 0 || byte_at(from.at, (size_t)from.size - 1) != 0) return 0;
    model->labels = (const char *)from.at;
    for (size_t i = 0; i < from.size; i++)
        if (byte_at(from.at, i) == 0) model->classes++;
    return 1;
}

static int read_tokenizer(embdistill_model *model, section from)
{
    if (from.size != 8 || u32_at(from.at, 0) > 1 || u32_at(from.at, 1) > 1) return 0;
    model->mode = u32_at(from.at, 0) ? EMBDISTILL_WHITESPACE : EMBDISTILL_ENGLISH;
    model->lowercase = (int)u32_at(from.at, 1);
    return 1;
}

/* Whether two matrices, of an entity or a direction each, have one shape; true also if neither is there. */
static int is_pair(const embdistill_matrix pair[2])
{
    return pair[0].rows == pair[1].rows && pair[0].columns == pair[1].columns;
}

static int read_pair(embdistill_matrix pair[2], const section from[2], scaling scales)
{
    if (from[0].at == NULL && from[1].at == NULL) return 1;
    return read_matrix(&pair[0], from[0], scales) && read_matrix(&pair[1], from[1], scales) && is_pair(pair);
}

/* integers/image.c */
static int read_vectors(embdistill_matrix *matrix, section from, const embdistill_model *model);
static int read_whole_numbers(embdistill_model *model, const section *sections);
static int all_sums_fit(const embdistill_model *model);

/* ---- Unknown words ------------------------------------------------------------------------------------------------ */

#ifndef EMBDISTILL_NO_CORRECTION

/* Reads how words are corrected; true also if the image does not say. */
static int read_correction(embdistill_model *model, section from)
{
    if (from.at == NULL) return 1;
    if (from.size < 16) return 0;
    model->shortest_word = count_at(from.at, 0);
    model->longest_word = count_at(from.at, 1);
    model->least_class = count_at(from.at, 2);
    model->letter_count = count_at(from.at, 3);
    if (model->shortest_word < 4 || model->shortest_word > model->longest_word) return 0;
    if (model->longest_word > MAX_CORRECTED || model->least_class > 15 || model->letter_count > MAX_LETTERS) return 0;
    if (from.size != 16 + 4 * (size_sum)model->letter_count + (model->words + (size_sum)1) / 2) return 0;
    model->letters = from.at + 16;
    model->frequencies = model->letters + 4 * model->letter_count;
    uint32_t least = 0;
    for (size_t i = 0; i < model->letter_count; i++) {
        uint32_t letter = u32_at(model->letters, i);
        if (letter < least || letter > 0x10FFFF || (letter >= 0xD800 && letter <= 0xDFFF)) return 0;
        least = letter + 1;
    }
    return model->correct = 1;
}

/* Reads the filter of right words; true also if the image has none. */
static int read_spellings(embdistill_model *model, section from)
{
    if (from.at == NULL) return 1;
    if (from.size < 8 || !model->correct) return 0;
    model->spelling_bits = u32_at(from.at, 0);
    model->spelling_probes = u32_at(from.at, 1);
    model->spellings = from.at + 8;
    return model->spelling_bits > 0 && model->spelling_bits % 8 == 0 && from.size - 8 == model->spelling_bits / 8
           && model->spelling_probes >= 1 && model->spelling_probes <= MAX_PROBES;
}

#else
#define read_correction(model, from) 1
#define read_spellings(model, from) 1
#endif

#ifndef EMBDISTILL_NO_SUBWORDS

/* Reads the vectors of n-grams; true also if the image has none. */
static int read_subwords(embdistill_model *model, section from)
{
    if (from.at == NULL) return 1;
    if (from.size < 8) return 0;
    model->shortest_ngram = count_at(from.at, 0);
    model->longest_ngram = count_at(from.at, 1);
    if (model->shortest_ngram < 1 || model->shortest_ngram > model->longest_ngram) return 0;
    if (model->longest_ngram > MAX_NGRAM) return 0;
    const section buckets = {from.at + 8, from.size - 8};
    model->subwords = is_whole(model) ? read_vectors(&model->ngrams, buckets, model)
                                      : read_matrix(&model->ngrams, buckets, ROW_SCALES);
    return model->subwords;
}

#else
#define read_subwords(model, from) 1
#endif

/* ---- All of a model ----------------------------------------------------------------------------------------------- */

/* Reads the settings of the network. */
static int read_network(embdistill_model *model, section from)
{
    if (from.size < 16 || u32_at(from.at, 0) >= sizeof networks / sizeof networks[0]) return 0;
    model->network = (embdistill_network)u32_at(from.at, 0);
    model->hidden = count_at(from.at, 1);
    model->max_pooling = count_at(from.at, 2);
    model->width_count = count_at(from.at, 3);
    if (model->hidden == 0 || model->width_count > EMBDISTILL_MAX_WIDTHS) return 0;
    if (from.size != 16 + 4 * model->width_count) return 0;
    for (size_t k = 0; k < model->width_count; k++)
        if ((model->widths[k] = count_at(from.at, 4 + k)) == 0) return 0;
    return 1;
}

static int read_common(embdistill_model *model, section from)
{
    if (from.size % 4) return 0;
    model->common = from.at;
    model->common_count = from.size / 4;
    for (size_t i = 0; i < model->common_count; i++)
        if (u32_at(from.at, i) >= model->table.rows) return 0;
    return 1;
}

/* Reads the vectors and weights of a model in floats. */
static int read_floats(embdistill_model *model, const section *sections)
{
    return read_matrix(&model->table, sections[SECTION_TABL], ROW_SCALES)
           && read_pair(model->positions, &sections[SECTION_POS1], ROW_SCALES)
           && read_matrix(&model->map, sections[SECTION_MAPW], COLUMN_SCALES)
           && read_matrix(&model->map_bias, sections[SECTION_MAPB], FLOATS_ONLY)
           && read_pair(model->recurrent, &sections[SECTION_RECF], COLUMN_SCALES)
           && read_matrix(&model->output, sections[SECTION_OUTW], ROW_SCALES)
           && read_matrix(&model->output_bias, sections[SECTION_OUTB], FLOATS_ONLY);
}

static embdistill_error read_sections(embdistill_model *model, const section *sections)
{
    if (!read_labels(model, sections[SECTION_LABL]) || !read_tokenizer(model, sections[SECTION_TOKN])
        || !read_word_index(model, sections[SECTION_WORD]) || !read_network(model, sections[SECTION_NETW]))
        return EMBDISTILL_ERROR_LAYOUT;
    model->integers = sections[SECTION_INTS].at != NULL;
    if (is_whole(model) != model->integers || networks[model->network].fits == NULL) return EMBDISTILL_ERROR_LEFT_OUT;
    if (!(is_whole(model) ? read_whole_numbers(model, sections) : read_floats(model, sections))
        || !read_common(model, sections[SECTION_COMN]) || !read_correction(model, sections[SECTION_CORR])
        || !read_spellings(model, sections[SECTION_SPEL]) || !read_subwords(model, sections[SECTION_SUBW]))
        return EMBDISTILL_ERROR_LAYOUT;
    const embdistill_matrix *positions = &model->positions[0];
    const uint32_t outputs = is_whole(model) ? model->output.columns : model->output.rows;
    model->features = is_whole(model) ? model->output.rows : model->output.columns;
    if (model->table.rows - 1 != model->words || (positions->rows > 0 && positions->rows % 2 == 0)
        || model->map.rows != model->table.columns + 2 * (size_sum)positions->columns || model->map_bias.rows != 1
        || outputs != model->classes || model->output_bias.rows != 1
        || model->output_bias.columns != model->classes
        || (model->subwords && model->ngrams.columns != model->table.columns) || !networks[model->network].fits(model)
        || (is_whole(model) && !all_sums_fit(model)))
        return EMBDISTILL_ERROR_MODEL;
    model->max_distance = positions->rows / 2;
    return EMBDISTILL_OK;
}

embdistill_error embdistill_open_trusted(embdistill_model *model, const void *image, size_t bytes)
{
    section sections[SECTION_COUNT];
    memset(model, 0, sizeof *model);
    memset(sections, 0, sizeof sections);
    const unsigned char *from = (const unsigned char *)image;
    if ((uintptr_t)image % BLOCK_ALIGNMENT != 0) return EMBDISTILL_ERROR_ALIGNMENT;
    embdistill_error error = check_header(from, bytes);
    if (error == EMBDISTILL_OK) error = find_sections(sections, from, bytes);
    if (error == EMBDISTILL_OK) error = read_sections(model, sections);
    model->about = (const char *)sections[SECTION_META].at;
    model->about_bytes = (size_t)sections[SECTION_META].size;
    return error;
}

embdistill_error embdistill_open(embdistill_model *model, const void *image, size_t bytes)
{
    const unsigned char *from = (const unsigned char *)image;
    embdistill_error error = check_header(from, bytes);
    if (error == EMBDISTILL_OK) error = check_sums(from, bytes);
    return error == EMBDISTILL_OK ? embdistill_open_trusted(model, image, bytes) : error;
}

/* Text `index` of several, each closed by NUL. */
static const char *text_at(const char *texts, uint32_t index)
{
    for (; index > 0; texts++) index -= byte_at((const unsigned char *)texts, 0) == 0;
    return texts;
}

const char *embdistill_error_text(embdistill_error error)
{
#define ERROR_TEXT(code, text) text "\0"
    static const char texts[] EMBDISTILL_CONSTANT = EMBDISTILL_ERRORS(ERROR_TEXT) "unknown error";
#undef ERROR_TEXT
#define ERROR_ONE(code, text) +1
    const uint32_t errors = EMBDISTILL_ERRORS(ERROR_ONE), index = (uint32_t)error;
#undef ERROR_ONE
    return text_at(texts, index < errors ? index : errors);
}

const char *embdistill_label(const embdistill_model *model, uint32_t index)
{
    return index < model->classes ? text_at(model->labels, index) : NULL;
}

int embdistill_is_relational(const embdistill_model *model) { return has_entities(model); }
