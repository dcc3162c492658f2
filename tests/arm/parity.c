/* Reads texts.txt of the host, a text a line, and prints for each its label and the bits of its logits; then what that
 * took of memory. Buffers are far larger than a product's, for the longest of texts. */
#include <string.h>

#include "board.h"
#include "embdistill.h"
#include "model_data.h"

enum { TEXT_BYTES = 1 << 20, SCRATCH_BYTES = 1 << 20, MOST_CLASSES = 256, TOKENS = 64 };

static char texts[TEXT_BYTES];
static uint32_t scratch[SCRATCH_BYTES / 4];
static float logits[MOST_CLASSES];

static int fail(const char *problem)
{
    print(problem);
    print("\n");
    return FAILED;
}

static void print_answer(const embdistill_model *model)
{
    print(embdistill_label(model, embdistill_best(logits, model->classes)));
    for (uint32_t i = 0; i < model->classes; i++) {
        uint32_t bits;
        memcpy(&bits, &logits[i], sizeof bits);
        print("\t");
        print_hexadecimal(bits);
    }
    print("\n");
}

int main(void)
{
    embdistill_model model;
    embdistill_error error = embdistill_open(&model, model_data, model_data_bytes);
    if (error != EMBDISTILL_OK) return fail(embdistill_error_text(error));
    if (model.classes > MOST_CLASSES) return fail("too many classes");
    size_t bytes = read_host_file("texts.txt", texts, TEXT_BYTES);
    if (bytes == TEXT_BYTES) return fail("texts.txt is too large");
    for (const char *text = texts, *end = texts + bytes; text < end;) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        if (line_end == NULL) line_end = end;
        error = embdistill_logits(&model, text, (size_t)(line_end - text), scratch, sizeof scratch, logits, NULL);
        if (error != EMBDISTILL_OK) return fail(embdistill_error_text(error));
        print_answer(&model);
        text = line_end + 1;
    }
    print("scratch ");
    print_decimal(embdistill_scratch_bytes(&model, TOKENS));
    print("\nstack ");
    print_decimal(stack_used());
    print("\n");
    return DONE;
}
