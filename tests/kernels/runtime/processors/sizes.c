/* Prints how large the buffers of firmware.c must be: the number of classes, and the bytes of scratch for TOKENS
 * tokens. */
#include "board.h"
#include "embdistill.h"
#include "model_data.h"

int main(void)
{
    embdistill_model model;
    embdistill_error error = embdistill_open(&model, model_data, model_data_bytes);
    if (error != EMBDISTILL_OK) {
        print_constant(embdistill_error_text(error));
        return FAILED;
    }
    print_decimal(model.classes);
    print(" ");
    print_decimal((uint32_t)embdistill_scratch_bytes(&model, TOKENS));
    return DONE;
}
