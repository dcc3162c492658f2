/* A RISC-V from reset on: stack, traps, counter of instructions. */
#include "board.h"

static uint32_t began;

/* No interrupt is enabled; so it is a fault that ends the run here. */
__attribute__((aligned(4), used)) static void fault(void)
{
    print("fault\n");
    stop(FAILED);
}

__attribute__((section(".first"), naked, used)) void reset(void)
{
    __asm volatile(".option arch, +zicsr\n\tla sp, stack_top\n\tla t0, fault\n\tcsrw mtvec, t0\n\tj start");
}

static uint32_t instructions(void)
{
    uint32_t count;
    __asm volatile(".option arch, +zicsr\n\tcsrr %0, minstret" : "=r"(count));
    return count;
}

void begin_count(void)
{
    began = instructions();
}

uint32_t end_count(void)
{
    return instructions() - began;
}
