/* What a program of these tests asks of a board, or of Linux: input, output, and measurements. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

enum { DONE = 0, FAILED = 1 }; /* exit codes */

/* semihosting.c, avr.c, linux.c ---- */

/* Ends the run. */
void stop(int code) __attribute__((noreturn));

/* Prints a text that is closed by NUL. */
void print(const char *text);

/* The same of a text of the runtime or the model, which on AVR lie in program memory. */
#ifdef __AVR__
void print_constant(const char *text);
#else
#define print_constant print
#endif

/* Opens texts.txt on the host for reading; false if it cannot be read. */
int open_texts(void);

/* The next byte of texts.txt; -1 at its end. */
int read_byte(void);

/* print.c: numbers in decimal and in 8 hexadecimal digits ---- */
void print_decimal(uint32_t number);
void print_hexadecimal(uint32_t number);

/* startup.c, avr.c ---- */

/* What comes before main, on a stack that is ready. */
void start(void);

/* The most bytes of stack that were in use since reset. Linux: 0, as it is not measured. */
uint32_t stack_used(void);

/* cortex_m.c, riscv.c: instructions since begin_count, if QEMU runs with -icount shift=0, by which an instruction takes
 * a nanosecond of the board's time; avr.c: cycles ---- */
void begin_count(void);
uint32_t end_count(void);

#endif
