/* What every board does before main: it fills in the variables, and paints the free memory, into which the stack grows
 * down, so that the deepest use of the stack can be read at the end. */
#include "board.h"

extern uint32_t data_source[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];

static const uint32_t paint = UINT32_C(0xC0FFEE42);

#ifdef __riscv
#define READ_STACK_POINTER "mv %0, sp"
#else
#define READ_STACK_POINTER "mov %0, sp"
#endif

int main(void);

void start(void)
{
    uint32_t *to, *stack;
    for (to = data_start; to < data_end; to++) *to = data_source[to - data_start];
    for (to = bss_start; to < bss_end; to++) *to = 0;
    __asm volatile(READ_STACK_POINTER : "=r"(stack));
    for (; to < stack; to++) *to = paint;
    stop(main());
}

uint32_t stack_used(void)
{
    const volatile uint32_t *deepest = bss_end;
    while (deepest < stack_top && *deepest == paint) deepest++;
    return (uint32_t)((size_t)(stack_top - deepest) * sizeof *deepest);
}
