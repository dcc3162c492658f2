/* Counts instructions: texts come in as in firmware.c, and for each one goes out how many it took to be classified.
 * QEMU must run with -icount shift=0, by which an instruction takes a nanosecond of the board's time. */
#include "board.h"
#include "embdistill.h"
#include "model_data.h"

enum { NANOSECONDS = 40, TICKS = 0xFFFFFF }; /* of a tick of the system timer, at 25 MHz; the most that it counts */
static volatile uint32_t *const timer = (volatile uint32_t *)0xE000E010; /* control, reload, current */

static char text[TEXT_BYTES];
static uint32_t scratch[SCRATCH_BYTES / 4];
static float logits[CLASSES];
static embdistill_model model;

int main(void)
{
    if (embdistill_open(&model, model_data, model_data_bytes) != EMBDISTILL_OK || !open_texts()) return FAILED;
    timer[1] = TICKS;
    size_t length = 0;
    for (int byte; (byte = read_byte()) != -1;) {
        if (byte != '\n') {
            if (length == TEXT_BYTES) return FAILED;
            text[length++] = (char)byte;
            continue;
        }
        timer[0] = 0;
        timer[2] = 0; /* any value: the count starts again */
        timer[0] = 5; /* on, with the processor's clock, without interrupts */
        embdistill_error error = embdistill_logits(&model, text, length, scratch, sizeof scratch, logits, NULL);
        uint32_t ticks = TICKS - timer[2];
        if (error != EMBDISTILL_OK) return FAILED;
        print_decimal(ticks * NANOSECONDS);
        print("\n");
        length = 0;
    }
    return DONE;
}
