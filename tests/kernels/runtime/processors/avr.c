/* An ATmega328P: texts come in and answers go out through its serial port. A byte EOT ends both; the exit code stands before
 * that of a run. Source: Atmel, "ATmega328P datasheet", 2015. */
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

size_t stack_used(void)
{
    const uint8_t *deepest = &_end;
    while (deepest <= &__stack && *deepest == PAINT) deepest++;
    return (size_t)(&__stack + 1 - deepest);
}
