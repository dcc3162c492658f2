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

/* Prints a text that is closed by NUL, and numbers. */
void print(const char *text);
void print_decimal(size_t number);
void print_hexadecimal(uint32_t number);

/* Reads a file of the host whole, and gives its size; `room` or more if it is too large, 0 if it cannot be read. */
size_t read_host_file(const char *name, void *bytes, size_t room);

#endif
