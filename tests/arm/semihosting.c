/* Semihosting: a breakpoint by which a program asks its debugger, or QEMU, to do something. Source: Arm, "Semihosting for
 * AArch32 and AArch64", 2020. */
#include <string.h>

#include "board.h"

enum { OPEN = 0x01, WRITE_TEXT = 0x04, READ = 0x06, EXIT = 0x20 };
enum { READ_BYTES = 1 }; /* mode of OPEN: "rb" */
static const uintptr_t application_exit = 0x20026;

static intptr_t ask(uintptr_t operation, const void *argument)
{
    register uintptr_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return (intptr_t)r0;
}

void stop(int code)
{
    const uintptr_t reason[] = {application_exit, (uintptr_t)code};
    for (;;) ask(EXIT, reason);
}

void print(const char *text)
{
    ask(WRITE_TEXT, text);
}

void print_decimal(size_t number)
{
    char digits[sizeof(size_t) * 3 + 1], *at = digits + sizeof digits;
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

size_t read_host_file(const char *name, void *bytes, size_t room)
{
    const uintptr_t file[] = {(uintptr_t)name, READ_BYTES, strlen(name)};
    intptr_t handle = ask(OPEN, file);
    if (handle == -1) return 0;
    const uintptr_t block[] = {(uintptr_t)handle, (uintptr_t)bytes, room};
    return room - (size_t)ask(READ, block); /* READ gives the bytes that it left over */
}
