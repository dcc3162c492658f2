/* Counts instructions with the system timer. QEMU must run with -icount shift=0, by which an instruction takes a
 * nanosecond of the board's time; a tick of the timer, at 25 MHz, takes 40. */
#ifndef COUNTER_H
#define COUNTER_H

#include <stdint.h>

enum { NANOSECONDS = 40, TICKS = 0xFFFFFF }; /* of a tick; the most ticks that are counted */

static volatile uint32_t *const timer = (volatile uint32_t *)0xE000E010; /* control, reload, current */

static inline void start_counter(void)
{
    timer[0] = 0;
    timer[1] = TICKS;
    timer[2] = 0; /* any value: the count starts again */
    timer[0] = 5; /* on, with the processor's clock, without interrupts */
}

/* Instructions since the start, to the next 40. */
static inline uint32_t counted(void) { return (TICKS - timer[2]) * NANOSECONDS; }

#endif
