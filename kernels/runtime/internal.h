/* What a file of the runtime uses of files that come after it. */

#ifdef __cplusplus
#define restrict __restrict
#endif

#ifdef __AVR__ /* what fits there, and is tested */
#if EMBDISTILL_BLOCK != 1 || defined EMBDISTILL_NO_MEAN || defined EMBDISTILL_NO_INTEGERS
#error "AVR takes int8 and int4 models of the network mean alone: train one, export it with --dtype int4, and set EMBDISTILL_BLOCK to 1"
#endif
#undef EMBDISTILL_ASCII /* if a compiler's option has given it a value */
#undef EMBDISTILL_NO_CNN
#undef EMBDISTILL_NO_LSTM
#undef EMBDISTILL_NO_FLOATS
#define EMBDISTILL_ASCII
#define EMBDISTILL_NO_CNN
#define EMBDISTILL_NO_LSTM
#define EMBDISTILL_NO_FLOATS
#endif

#if defined __GNUC__                                                                                                 \
    && (defined EMBDISTILL_NO_MEAN || defined EMBDISTILL_NO_CNN || defined EMBDISTILL_NO_LSTM                        \
        || defined EMBDISTILL_NO_FLOATS || defined EMBDISTILL_NO_INTEGERS || defined EMBDISTILL_NO_CORRECTION        \
        || defined EMBDISTILL_NO_SUBWORDS || defined EMBDISTILL_ASCII)
#pragma GCC diagnostic ignored "-Wunused-function" /* what these alone use is left out with them */
#endif

/* Precedes the functions that take most of the time. A compiler's way to build a function for several processors goes
 * here, such as __attribute__((target_clones("default", "avx2", "avx512f"))). */
#ifndef EMBDISTILL_HOT
#define EMBDISTILL_HOT
#endif

/* Precedes functions that should not become part of others. */
#ifdef __GNUC__
#define EMBDISTILL_APART __attribute__((noinline))
#else
#define EMBDISTILL_APART
#endif

/* ---- Constant data: an image, and the tables of the runtime --------------------------------------------------------
 *
 * On AVR it lies in program memory, an address space of its own. Everything else is read as other variables are. */
#ifdef __AVR__
#include <avr/pgmspace.h>
#define EMBDISTILL_CONSTANT PROGMEM

static inline unsigned char byte_at(const unsigned char *values, size_t i) { return pgm_read_byte(values + i); }
static inline signed char i8_at(const unsigned char *values, size_t i) { return (signed char)byte_at(values, i); }
static inline uint16_t u16_of(const uint16_t *value) { return pgm_read_word(value); }
static inline uint32_t u32_of(const uint32_t *value) { return pgm_read_dword(value); }
static inline uint32_t u16_at(const unsigned char *values, size_t i) { return pgm_read_word(values + 2 * i); }
static inline uint32_t u32_at(const unsigned char *values, size_t i) { return pgm_read_dword(values + 4 * i); }
static inline int32_t i32_at(const unsigned char *values, size_t i) { return (int32_t)u32_at(values, i); }
static inline float float_at(const unsigned char *values, size_t i) { return pgm_read_float(values + 4 * i); }

#else
#define EMBDISTILL_CONSTANT

static inline unsigned char byte_at(const unsigned char *values, size_t i) { return values[i]; }
static inline signed char i8_at(const unsigned char *values, size_t i) { return ((const signed char *)values)[i]; }
static inline uint16_t u16_of(const uint16_t *value) { return *value; }
static inline uint32_t u32_of(const uint32_t *value) { return *value; }

/* Value i of an array. It is copied out, since it may be unaligned, and C does not allow memory to be read as another
 * type. */
static inline uint32_t u16_at(const unsigned char *values, size_t i)
{
    uint16_t value;
    memcpy(&value, values + 2 * i, 2);
    return value;
}

static inline uint32_t u32_at(const unsigned char *values, size_t i)
{
    uint32_t value;
    memcpy(&value, values + 4 * i, 4);
    return value;
}

static inline float float_at(const unsigned char *values, size_t i)
{
    float value;
    memcpy(&value, values + 4 * i, 4);
    return value;
}

static inline int32_t i32_at(const unsigned char *values, size_t i)
{
    int32_t value;
    memcpy(&value, values + 4 * i, 4);
    return value;
}
#endif

/* Sums and products of sizes, none of which overflows. */
#ifdef __AVR__
typedef uint32_t size_sum;
enum { BUFFER_ALIGNMENT = 1 };
#else
typedef uint64_t size_sum;
enum { BUFFER_ALIGNMENT = 4 };
#endif

enum { LARGEST_INPUT = 128 * 255 }; /* of whole numbers: an int8 value times its scale, before it is shifted */

enum { LANE = 16 }; /* columns of unpacked weights that are computed side by side */

/* Blocks of two rows, or of two columns. */
static inline size_t blocks_of(size_t count) { return count / 2 + count % 2; }

/* Bytes of a row of an int8 or int4 matrix. */
static inline size_t row_bytes(const embdistill_matrix *matrix)
{
    return matrix->int4 ? blocks_of(matrix->columns) : matrix->columns;
}

/* A character, or a byte where text is ASCII. */
#ifdef EMBDISTILL_ASCII
typedef uint16_t code_point;
#else
typedef uint32_t code_point;
#endif

/* The end of the character at `at` in valid UTF-8; `length` at the end. */
static inline size_t character_end(const unsigned char *text, size_t length, size_t at)
{
    if (at < length) at++;
    while (at < length && (text[at] & 0xC0) == 0x80) at++;
    return at;
}

/* Takes `count` floats off the front of a buffer. */
static inline float *take(float **buffer, size_t count)
{
    float *taken = *buffer;
    *buffer += count;
    return taken;
}

/* A text as rows of the table. A word that is read by its n-grams has no row: its place in the text stands there. */
#define READ_AGAIN 0x80000000u /* plus the byte at which the token, or white space before it, starts */

typedef struct {
    const unsigned char *text;
    size_t length;
    unsigned char *rows; /* uint32 each, read by row_at */
    size_t capacity, count, known;
    size_t spans[2][2]; /* relations: of each entity, its first token and the one after its last */
    size_t marks[4];    /* relations: the bytes at which the marks start, else 0 */
} sentence;

/* Number i of an array in memory. */
static inline uint32_t number_at(const unsigned char *numbers, size_t i)
{
    uint32_t number;
    memcpy(&number, numbers + 4 * i, 4);
    return number;
}

/* The row of a token. */
static inline uint32_t row_at(const sentence *s, size_t token) { return number_at(s->rows, token); }

/* Columns first, first + 1, ..., first + count - 1 of a matrix. */
typedef struct {
    const embdistill_matrix *matrix;
    size_t first, count;
} columns;

/* Products of the first layer, for the tokens of a text one after the other. */
typedef struct {
    columns weight;                        /* the columns that are multiplied by, n of them */
    int backward;                          /* whether the tokens are taken from the last to the first */
    const embdistill_model *model;
    const sentence *text;
    size_t read;                           /* tokens whose products are ready, or returned already */
    size_t next, ready;                    /* of[next], ..., of[ready - 1] are ready */
    const float *of[4 * EMBDISTILL_BLOCK]; /* (n) each, or int32: a row of `computed`, or precomputed */
    float *inputs;                         /* (EMBDISTILL_BLOCK, d + 2p), or int16, scratch */
    float *computed;                       /* (EMBDISTILL_BLOCK, n), or int32, scratch */
    float *sums;                           /* (d) int32, scratch; NULL if the model computes in floats */
} products;

/* IF_NAME(x, y): x, or y if the network NAME is left out. */
#ifndef EMBDISTILL_NO_MEAN
#define IF_mean(x, y) x
#else
#define IF_mean(x, y) y
#endif
#ifndef EMBDISTILL_NO_CNN
#define IF_cnn(x, y) x
#else
#define IF_cnn(x, y) y
#endif
#ifndef EMBDISTILL_NO_LSTM
#define IF_lstm(x, y) x
#else
#define IF_lstm(x, y) y
#endif

/* Whether a model computes in whole numbers: known to the compiler where floats or whole numbers are left out. */
static inline int is_whole(const embdistill_model *model)
{
#ifdef EMBDISTILL_NO_FLOATS
    return (void)model, 1;
#elif defined EMBDISTILL_NO_INTEGERS
    return (void)model, 0;
#else
    return model->integers;
#endif
}

/* Whether its texts have entities, likewise: those of `mean` have none. */
static inline int has_entities(const embdistill_model *model)
{
#if defined EMBDISTILL_NO_CNN && defined EMBDISTILL_NO_LSTM
    return (void)model, 0;
#else
    return model->positions[0].rows > 0;
#endif
}

#ifndef EMBDISTILL_NO_FLOATS
#define IF_FLOATS(x) x
#else
#define IF_FLOATS(x) NULL
#endif
#ifndef EMBDISTILL_NO_INTEGERS
#define IF_INTEGERS(x) x
#else
#define IF_INTEGERS(x) NULL
#endif

/* networks/NAME.c, for each network that is not left out. NAME_fits: whether the settings are possible, and all matrices
 * are there with as many columns as the settings ask for. NAME_scratch: the floats of scratch that NAME_features takes,
 * whatever the length of the text. NAME_features: writes the features (F) of a text. NAME_integer_scratch and
 * NAME_integers: the same in whole numbers. */
#define NETWORK_FUNCTIONS(code, name)                                                                                \
    IF_##name(static int name##_fits(const embdistill_model *model);                                                 \
              static size_sum name##_scratch(const embdistill_model *model);                                         \
              static void name##_features(float *features, const embdistill_model *model, const sentence *s,         \
                                          float *scratch);                                                           \
              static size_sum name##_integer_scratch(const embdistill_model *model);                                 \
              static void name##_integers(int16_t *features, const embdistill_model *model, const sentence *s,       \
                                          float *scratch); , )
EMBDISTILL_NETWORKS(NETWORK_FUNCTIONS)
#undef NETWORK_FUNCTIONS

/* products.c */
static size_sum products_scratch(const embdistill_model *model, size_sum n);
static void begin_products(products *p, const embdistill_model *model, const sentence *s, size_t first, size_t count,
                           int backward, float **scratch);
static const void *next_product(products *p);
static size_t products_size(const embdistill_model *model, size_t n);

/* integers/arithmetic.c */
static void multiply_integers(int32_t *sums, const int16_t *x, size_t count, const columns *a);
EMBDISTILL_HOT static void integer_relu(int16_t *restrict features, const int32_t *restrict sums,
                                        const embdistill_model *model);
static void integer_output(float *logits, const int16_t *features, const embdistill_model *model);

#if EMBDISTILL_BLOCK > 1
/* Inputs of 1 to 4 tokens, and weights from a group of 16 columns on. */
typedef struct {
    const int16_t *x; /* of the first token */
    size_t next;      /* from a token to the next */
    size_t pairs;     /* of inputs */
    const unsigned char *weights;
    size_t group;     /* bytes from a group to the next */
} group_product;

/* integers/pairs.c: bytes of a group; a matrix into memory; as multiply_groups. */
static uint64_t pair_bytes(const embdistill_matrix *matrix);
static void unpack_pairs(const embdistill_matrix *matrix, unsigned char *memory);
static size_t multiply_pairs(int32_t *sums, size_t row, group_product p, size_t tokens, size_t columns);

#if defined __x86_64__ && (__GNUC__ >= 8 || defined __clang__) && !defined _WIN64 /* where stacks are not aligned so */
#define EMBDISTILL_X86
#endif
#if defined EMBDISTILL_X86                                                                                          \
    || (defined __aarch64__ && !defined __AARCH64EB__ && defined __ARM_NEON                                         \
        && (defined __ARM_FEATURE_DOTPROD || (defined __linux__ && (__GNUC__ >= 8 || defined __clang__))))
#define EMBDISTILL_QUADS
#endif

/* Precedes a loop that is to be unrolled whole, so that what it counts becomes constants. */
#if defined __GNUC__ && !defined __clang__
#define EMBDISTILL_UNROLLED _Pragma("GCC unroll 16")
#else
#define EMBDISTILL_UNROLLED
#endif

#ifdef EMBDISTILL_QUADS
/* integers/vnni.c, integers/dot.c: whether the processor multiplies quads. integers/quads.c: the same as of pairs. */
static int has_quads(void);
static uint64_t quad_bytes(const embdistill_matrix *matrix);
static void unpack_quads(const embdistill_matrix *matrix, unsigned char *memory);
static size_t multiply_quads(int32_t *sums, size_t row, group_product p, size_t tokens, size_t columns);
#endif
#endif

/* integers/inputs.c */
EMBDISTILL_HOT static void read_integer_row(int16_t *restrict x, const embdistill_matrix *matrix, uint32_t row,
                                            uint32_t shift);
EMBDISTILL_HOT static void add_integer_row(int32_t *restrict sums, const embdistill_matrix *matrix, uint32_t row);
static void read_integer_word(int16_t *x, int32_t *sums, const embdistill_model *model, const sentence *s, size_t token);
static void read_integer_input(int16_t *x, int32_t *sums, const embdistill_model *model, const sentence *s, size_t token);

/* precompute.c */
static const float *precomputed_row(const embdistill_model *model, uint32_t row);

/* arithmetic.c */
EMBDISTILL_HOT static void add_row(float *restrict y, const embdistill_matrix *matrix, uint32_t row);
EMBDISTILL_HOT static void multiply_vector(float *y, const float *x, const columns *a);
#if EMBDISTILL_BLOCK == 4
EMBDISTILL_HOT static void multiply_block(float *y, const float *x, const columns *a);
#elif EMBDISTILL_BLOCK == 1
#define multiply_block multiply_vector
#else
#error "EMBDISTILL_BLOCK is 4, or 1 for microcontrollers"
#endif
EMBDISTILL_HOT static void output_layer(float *restrict logits, const float *restrict features,
                                        const embdistill_model *model);
EMBDISTILL_HOT static void bias_relu(float *values, const embdistill_matrix *bias);
EMBDISTILL_HOT static void apply_tanh(float *values, size_t count);

/* words.c */
static embdistill_error read_tokens(sentence *s, const embdistill_model *model, size_t from, size_t to);
static void add_word(float *x, const embdistill_model *model, const sentence *s, size_t token);

/* subwords.c */
static void add_ngrams(float *x, const embdistill_model *model, const sentence *s, size_t at);
static void read_integer_ngrams(int16_t *x, int32_t *sums, const embdistill_model *model, const sentence *s, size_t at);

/* utf8.c and unicode.c */
static size_t encode(uint32_t code, unsigned char *out, size_t room);
static int is_digit(code_point code);

/* relations.c */
static embdistill_error read_marked(sentence *s, const embdistill_model *model);
static uint32_t position_row(const embdistill_model *model, const sentence *s, size_t token, int entity);
