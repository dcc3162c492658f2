/* Text as ASCII, in place of the files from unicode.c to segment.c: every byte is a character, and those above 127 are
 * letters without capitals. */

typedef enum { SPACE, WORD, SYMBOL } character_class;

static int is_digit(code_point code) { return code >= '0' && code <= '9'; }
static int is_letter(code_point code) { return (code | 32) >= 'a' && (code | 32) <= 'z'; }
static int is_space(code_point code) { return code <= ' ' || code == 0x7F; }

static character_class classify(code_point code)
{
    if (is_letter(code) || is_digit(code) || code > 0x7F) return WORD;
    return is_space(code) ? SPACE : SYMBOL;
}

/* Decodes the character at `at`. */
static inline character decode(const unsigned char *text, size_t length, size_t at)
{
    character next = {0, 0};
    if (at < length) {
        next.code = text[at];
        next.size = 1;
    }
    return next;
}

/* Writes bytes from, ..., end - 1 of a text to `out`, in lower case where that is asked for, and returns how many. */
static size_t write_token(const embdistill_tokenizer *t, size_t from, size_t end, unsigned char *out, size_t room)
{
    size_t length = 0;
    for (; from < end && length < room; from++, length++) {
        const unsigned char byte = t->text[from];
        out[length] = t->lowercase && byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + 32) : byte;
    }
    return length;
}

#define is_joiner(code) 0
#define mark_class(code) 0u
#define is_unspaced(code) 0
#define known_word_end(t, end, elided, known, token) ((void)(elided), (void)(token), (end))
