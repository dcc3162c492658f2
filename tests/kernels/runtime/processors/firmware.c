/* What a product has of embdistill: texts come in, here from texts.txt of the host, a text a line; for each the label
 * goes out, here with the bits of its logits, or TAB and an error; at the end, how deep the stack was. All buffers
 * are static: TEXT_BYTES, the longest text; SCRATCH_BYTES and CLASSES as sizes.c says. */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "embdistill.h"
#include "model_data.h"

static char text[TEXT_BYTES];
static uint32_t scratch[SCRATCH_BYTES / 4];
static float logits[CLASSES];
static embdistill_model model;

#ifdef __AVR__
#define OPEN embdistill_open_trusted /* the programmer of the flash has compared it */
#else
#define OPEN embdistill_open
#endif

enum { END = -1 };

/* Reads a line without its LF, and gives how it ended: LF or END. The rest of a line that is too long is passed over:
 * its length is then larger than the buffer. */
static int read_text(size_t *length)
{
    int byte;
    for (*length = 0; (byte = read_byte()) != END && byte != '\n'; ++*length)
        if (*length < TEXT_BYTES) text[*length] = (char)byte;
    return byte;
}

static void print_answer(void)
{
    print_constant(embdistill_label(&model, embdistill_argmax(logits, CLASSES)));
    for (size_t i = 0; i < CLASSES; i++) {
        uint32_t bits;
        memcpy(&bits, &logits[i], sizeof bits);
        print("\t");
        print_hexadecimal(bits);
    }
}

int main(void)
{
    size_t length;
    embdistill_error error = OPEN(&model, model_data, model_data_bytes);
    if (error != EMBDISTILL_OK || model.classes != CLASSES || !open_texts()) return FAILED;
#if defined __linux__ && !defined PACKED
    embdistill_unpack(&model, malloc(embdistill_unpack_bytes(&model)));
#endif
    while (read_text(&length) != END || length > 0) {
        error = EMBDISTILL_ERROR_SCRATCH;
        if (length <= TEXT_BYTES)
            error = embdistill_logits(&model, text, length, scratch, sizeof scratch, logits, NULL);
        if (error == EMBDISTILL_OK) print_answer();
        else {
            print("\t");
            print_constant(embdistill_error_text(error));
        }
        print("\n");
    }
    print_decimal(stack_used());
    return DONE;
}
