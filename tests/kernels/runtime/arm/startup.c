/* What a Cortex-M does before main: vector table, memory, floating-point unit. It also paints the free memory, into
 * which the stack grows down, so that the deepest use of the stack can be read at the end. */
#include "board.h"

extern uint32_t data_source[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];

static const uint32_t paint = UINT32_C(0xC0FFEE42);

int main(void);
void reset(void);

/* No interrupt is enabled; so it is a fault that ends the run here. */
static void fault(void)
{
    print("fault\n");
    stop(FAILED);
}

void reset(void)
{
#ifdef __ARM_FP
    *(volatile uint32_t *)0xE000ED88 |= UINT32_C(0xF) << 20; /* CPACR: full access to the floating-point unit */
    __asm volatile("dsb\n\tisb");
#endif
    uint32_t *to, *stack;
    for (to = data_start; to < data_end; to++) *to = data_source[to - data_start];
    for (to = bss_start; to < bss_end; to++) *to = 0;
    __asm volatile("mov %0, sp" : "=r"(stack));
    for (; to < stack; to++) *to = paint;
    stop(main());
}

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handlers[15])(void);
} vectors = {stack_top, {reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, fault}};

size_t stack_used(void)
{
    const volatile uint32_t *deepest = bss_end;
    while (deepest < stack_top && *deepest == paint) deepest++;
    return (size_t)(stack_top - deepest) * sizeof *deepest;
}
