/* Numbers as text. */
#include "board.h"

void print_decimal(uint32_t number)
{
    char digits[sizeof number * 3 + 1], *at = digits + sizeof digits;
    *--at = 0;
    do *--at = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    print(at);
}

void print_hexadecimal(uint32_t number)
{
    char digits[9];
    for (int i = 0; i < 8; i++) digits[i] = "0123456789abcdef"[number >> (28 - 4 * i) & 15];
    digits[8] = 0;
    print(digits);
}
