/* Opens the model on a big-endian PowerPC under Linux, without a C library, and ends with the error as the exit code. */
#include "embdistill.h"
#include "model_data.h"

void *memset(void *to, int byte, size_t count)
{
    for (unsigned char *x = to; count > 0; count--) *x++ = (unsigned char)byte;
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    const unsigned char *y = from;
    for (unsigned char *x = to; count > 0; count--) *x++ = *y++;
    return to;
}

int memcmp(const void *a, const void *b, size_t count)
{
    const unsigned char *x = a, *y = b;
    for (size_t i = 0; i < count; i++)
        if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
    return 0;
}

void _start(void)
{
    static embdistill_model model;
    register int number __asm("r0") = 1; /* exit */
    register int code __asm("r3") = (int)embdistill_open(&model, model_data, model_data_bytes);
    for (;;) __asm volatile("sc" : : "r"(number), "r"(code));
}
