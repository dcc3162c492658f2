/* Counts instructions: how many it took to open the model, then for each text, as firmware.c reads them, how many to
 * classify it. */
#include "board.h"
#include "embdistill.h"
#include "model_data.h"

static char text[TEXT_BYTES];
static uint32_t scratch[SCRATCH_BYTES / 4];
static float logits[CLASSES];
static embdistill_model model;

static void print_count(void)
{
    print_decimal(end_count());
    print("\n");
}

int main(void)
{
    begin_count();
    if (embdistill_open(&model, model_data, model_data_bytes) != EMBDISTILL_OK || !open_texts()) return FAILED;
    print_count();
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
        print_count();
        length = 0;
    }
    return DONE;
}
