/* What a product would have of embdistill: one text in memory goes in, a label and its probability come out. SCRATCH_BYTES
 * is what embdistill_scratch_bytes says for 64 tokens, CLASSES the number of classes. Only the last lines, which print,
 * are for the measurement. */
#include "board.h"
#include "embdistill.h"
#include "model_data.h"

/* A text, as a product would get it from a keyboard or a radio: 64 tokens. */
static char text[320] = TEXT;
static uint32_t scratch[SCRATCH_BYTES / 4];
static float logits[CLASSES];
static embdistill_model model;

int main(void)
{
    size_t length = 0;
    while (length < sizeof text && text[length] != 0) length++;
    embdistill_error error = embdistill_open(&model, model_data, model_data_bytes);
    if (error == EMBDISTILL_OK) error = embdistill_logits(&model, text, length, scratch, sizeof scratch, logits, NULL);
    if (error != EMBDISTILL_OK) return (int)error;
    embdistill_softmax(logits, CLASSES);
    const char *label = embdistill_label(&model, embdistill_best(logits, CLASSES));

    print(label);
    print("\nstack ");
    print_decimal(stack_used());
    print("\n");
    return DONE;
}
