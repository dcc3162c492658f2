/* Prints the largest errors of tanh and of the logistic function in whole numbers, over all of them, in steps of 2^-15.
 * Infinity where several values are not computed as one is. The functions are static: so the runtime is included here. */
#include <math.h>
#include <stdio.h>

#include "embdistill.c"

enum { COUNT = 2 * INT16_MAX + 1, ODD = 37 }; /* ODD: of values at a time, so that all places of a vector are used */

static double largest_error(void (*take)(int32_t *, size_t), int32_t (*one)(int32_t), double (*exact)(double))
{
    static int32_t values[COUNT];
    double largest = 0;
    for (int i = 0; i < COUNT; i++) values[i] = i - INT16_MAX;
    for (int i = 0; i < COUNT; i += ODD) take(values + i, COUNT - i < ODD ? (size_t)(COUNT - i) : (size_t)ODD);
    for (int i = 0; i < COUNT; i++)
        if (values[i] != one(i - INT16_MAX)) return INFINITY;
    for (int i = 0; i < COUNT; i++) largest = fmax(largest, fabs(values[i] - 32768 * exact((i - INT16_MAX) / 4096.0)));
    return largest;
}

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

int main(void)
{
    printf("%.2f %.2f\n", largest_error(take_tanh, integer_tanh, tanh),
           largest_error(take_sigmoid, integer_sigmoid, sigmoid));
    return 0;
}
