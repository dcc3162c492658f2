/* Semihosting: a breakpoint by which a program asks its debugger, or QEMU, to do something. Source: Arm, "Semihosting
 * for AArch32 and AArch64", 2020. */
#include "board.h"

enum { OPEN = 0x01, WRITE_TEXT = 0x04, READ = 0x06, EXIT = 0x20 };
enum { MODE_RB = 1, APPLICATION_EXIT = 0x20026 };

static uintptr_t texts; /* handle of the file */

static uintptr_t ask(uintptr_t operation, const void *argument)
{
    register uintptr_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void stop(int code)
{
    const uintptr_t reason[] = {APPLICATION_EXIT, (uintptr_t)code};
    for (;;) ask(EXIT, reason);
}

void print(const char *text)
{
    ask(WRITE_TEXT, text);
}

void print_decimal(size_t number)
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

int open_texts(void)
{
    static const char name[] = "texts.txt";
    const uintptr_t file[] = {(uintptr_t)name, MODE_RB, sizeof name - 1};
    texts = ask(OPEN, file);
    return texts != UINTPTR_MAX;
}

int read_byte(void)
{
    unsigned char byte;
    const uintptr_t block[] = {texts, (uintptr_t)&byte, 1};
    return ask(READ, block) == 0 ? byte : -1; /* READ gives the number of bytes that it could not read */
}
