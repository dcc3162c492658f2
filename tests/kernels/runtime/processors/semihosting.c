/* Semihosting: a breakpoint by which a program asks its debugger, or QEMU, to do something. Sources: Arm, "Semihosting
 * for AArch32 and AArch64", 2020; RISC-V, "RISC-V Semihosting", 2020. */
#include "board.h"

enum { OPEN = 0x01, WRITE_TEXT = 0x04, READ = 0x06, EXIT = 0x20 };
enum { MODE_RB = 1, APPLICATION_EXIT = 0x20026 };

static uintptr_t texts; /* handle of the file */

static uintptr_t ask(uintptr_t operation, const void *argument)
{
#ifdef __riscv
    register uintptr_t result __asm("a0") = operation;
    register const void *block __asm("a1") = argument;
    __asm volatile(".option push\n\t.option norvc\n\tslli x0, x0, 31\n\tebreak\n\tsrai x0, x0, 7\n\t.option pop"
                   : "+r"(result) : "r"(block) : "memory");
#else
    register uintptr_t result __asm("r0") = operation;
    register const void *block __asm("r1") = argument;
    __asm volatile("bkpt 0xAB" : "+r"(result) : "r"(block) : "memory");
#endif
    return result;
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
