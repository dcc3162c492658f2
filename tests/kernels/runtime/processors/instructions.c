/* Counts instructions: for each text, as firmware.c reads them, how many it took to classify it. */
#include "board.h"
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
        begin_count();
        if (embdistill_logits(&model, text, length, scratch, sizeof scratch, logits, NULL) != EMBDISTILL_OK)
            return FAILED;
        print_decimal(end_count());
        print("\n");
        length = 0;
    }
    return DONE;
}
