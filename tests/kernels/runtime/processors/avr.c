/* An ATmega328P: texts come in and answers go out through its serial port. A byte EOT ends both; before that of a run
 * stands its exit code. Source: Atmel, "ATmega328P datasheet", 2015. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <stdlib.h>

#include "board.h"

enum { EOT = 4, PAINT = 0xC5 };

extern uint8_t _end, __stack; /* the end of the variables, and the last byte of the memory */

static void put(char byte)
{
    while (!(UCSR0A & (1 << UDRE0))) {
    }
    UDR0 = (uint8_t)byte;
}

void stop(int code)
{
    put((char)('0' + code));
    put(EOT);
    for (;;) {
    }
}

/* What follows main. */
void exit(int code) { stop(code); }

void print(const char *text)
{
    for (; *text != 0; text++) put(*text);
}

void print_constant(const char *text)
{
    for (char byte; (byte = (char)pgm_read_byte(text)) != 0; text++) put(byte);
}

int open_texts(void) { return 1; }

int read_byte(void)
{
    while (!(UCSR0A & (1 << RXC0))) {
    }
    const uint8_t byte = UDR0;
    return byte == EOT ? -1 : byte;
}

/* Before anything uses the stack: turns the serial port on, and paints the free memory. */
__attribute__((naked, used, section(".init3"))) void prepare(void);
void prepare(void)
{
    UCSR0B = 1 << RXEN0 | 1 << TXEN0;
    for (uint8_t *to = &_end; to <= &__stack; to++) *to = PAINT;
}

uint32_t stack_used(void)
{
    const uint8_t *deepest = &_end;
    while (deepest <= &__stack && *deepest == PAINT) deepest++;
    return (uint32_t)(&__stack + 1 - deepest);
}

/* Timer 1 counts cycles, and its overflows are counted. */
static volatile uint16_t overflows;
ISR(TIMER1_OVF_vect) { overflows++; }

void begin_count(void)
{
    TIMSK1 = 1 << TOIE1;
    overflows = 0;
    TCNT1 = 0;
    sei();
    TCCR1B = 1 << CS10; /* on, with the processor's clock */
}

uint32_t end_count(void)
{
    cli();
    const uint16_t count = TCNT1;
    if (TIFR1 & 1 << TOV1 && count < 0x8000) overflows++; /* not served yet */
    TCCR1B = 0;
    return (uint32_t)overflows << 16 | count;
}
