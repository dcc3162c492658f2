/* A Cortex-M from reset on: vector table, floating-point unit, system timer. */
#include "board.h"

enum { TICKS = 0xFFFFFF, REACHED_ZERO = 1 << 16 }; /* of the system timer: the most that it counts; it went past */
static volatile uint32_t *const timer = (volatile uint32_t *)0xE000E010; /* control, reload, current */

extern uint32_t stack_top[];

/* No interrupt is enabled; so it is a fault that ends the run here. */
static void fault(void)
{
    print("fault\n");
    stop(FAILED);
}

static void reset(void)
{
#ifdef __ARM_FP
    *(volatile uint32_t *)0xE000ED88 |= UINT32_C(0xF) << 20; /* CPACR: full access to the floating-point unit */
    __asm volatile("dsb\n\tisb");
#endif
#if __ARM_ARCH == 6
    *(volatile uint32_t *)0xE000ED14 |= 1u << 3; /* CCR: unaligned accesses fault, as they do on a Cortex-M0+ */
#endif
    start();
}

__attribute__((section(".first"), used)) static const struct {
    uint32_t *stack;
    void (*handlers[15])(void);
} vectors = {stack_top, {reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, fault}};

void begin_count(void)
{
    timer[0] = 0;
    timer[1] = TICKS;
    timer[2] = 0; /* any value: the count starts again */
    timer[0] = 5; /* on, with the processor's clock, without interrupts */
}

uint32_t end_count(void)
{
    uint32_t ticks = TICKS - timer[2];
    if (timer[0] & REACHED_ZERO) {
        print("more instructions than the timer counts\n");
        stop(FAILED);
    }
    return ticks * TICK_NANOSECONDS;
}
