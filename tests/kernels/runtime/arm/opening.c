/* Counts the instructions (counter.h) in which the model is opened: checked, and trusted. */
#include "board.h"
#include "counter.h"
#include "embdistill.h"
#include "model_data.h"

static embdistill_model model;

static int count(embdistill_error (*open)(embdistill_model *, const void *, size_t))
{
    start_counter();
    embdistill_error error = open(&model, model_data, model_data_bytes);
    print_decimal(counted());
    print("\n");
    return error == EMBDISTILL_OK;
}

int main(void) { return count(embdistill_open) && count(embdistill_open_trusted) ? DONE : FAILED; }
