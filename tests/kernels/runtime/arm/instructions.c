/* Counts instructions (counter.h): texts come in as in firmware.c, and for each one goes out how many it took to be
 * classified. */
#include "board.h"
#include "counter.h"
#include "embdistill.h"
#include "model_data.h"

static char text[TEXT_BYTES];
static uint32_t scratch[SCRATCH_BYTES / 4];
static float logits[CLASSES];
static embdistill_model model;

int main(void)
{
    if (embdistill_open(&model, model_data, model_data_bytes) != EMBDISTILL_OK || !open_texts()) return FAILED;
    size_t length = 0;
    for (int byte; (byte = read_byte()) != -1;) {
        if (byte != '\n') {
            if (length == TEXT_BYTES) return FAILED;
            text[length++] = (char)byte;
            continue;
        }
        start_counter();
        embdistill_error error = embdistill_logits(&model, text, length, scratch, sizeof scratch, logits, NULL);
        uint32_t instructions = counted();
        if (error != EMBDISTILL_OK) return FAILED;
        print_decimal(instructions);
        print("\n");
        length = 0;
    }
    return DONE;
}
