/* Prints the largest relative errors of tanh and of e^x, over a dense grid of float32 numbers, in units of 1e-9. The
 * functions are static: so the runtime is included here. */
#include <math.h>
#include <stdio.h>

#include "embdistill.c"

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double error(float found, double exact) { return fabs((double)found - exact) / fabs(exact); }

int main(void)
{
    enum { STEP = 1009 }; /* of the bits of a number: the same share of numbers of every size */
    const uint32_t smallest = 0x00800000, largest = 0x42C80000; /* 1.2e-38, the smallest normal number, and 100 */
    double worst_tanh = 0, worst_exponential = 0;
    for (uint32_t bits = smallest; bits <= largest; bits += STEP) {
        const double x = (double)float_of(bits);
        float both[2] = {float_of(bits), -float_of(bits)};
        apply_tanh(both, 2);
        worst_tanh = fmax(worst_tanh, fmax(error(both[0], tanh(x)), error(both[1], tanh(-x))));
        if (x < 87) worst_exponential = fmax(worst_exponential, error(exponential(-float_of(bits)), exp(-x)));
    }
    printf("%.1f %.1f\n", 1e9 * worst_tanh, 1e9 * worst_exponential);
    return 0;
}
