/* The bare board: how deep the stack was, and what a debugger does for a program (semihosting). */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

enum { DONE = 0, FAILED = 1 }; /* exit codes */

/* The most bytes of stack that were in use since reset. */
size_t stack_used(void);

/* Ends the run. */
void stop(int code) __attribute__((noreturn));

/* Prints a text that is closed by NUL, and numbers in decimal and in 8 hexadecimal digits. */
void print(const char *text);
void print_decimal(size_t number);
void print_hexadecimal(uint32_t number);

/* Opens texts.txt on the host for reading; false if it cannot be read. */
int open_texts(void);

/* The next byte of texts.txt; -1 at its end. */
int read_byte(void);

#endif
