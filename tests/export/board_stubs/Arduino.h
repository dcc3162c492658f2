/* What the example sketch uses of Arduino: the Serial Monitor is standard input and output. */
#ifndef ARDUINO_H
#define ARDUINO_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Monitor {
    void begin(unsigned long) {}
    int available()
    {
        int byte = getchar();
        if (byte == EOF) exit(0);
        ungetc(byte, stdin);
        return 1;
    }
    int read() { return getchar(); }
    void print(const char *text) { fputs(text, stdout); }
    void println(const char *text) { puts(text); }
    void println(double number, int digits) { printf("%.*f\n", digits, number); }
};

static Monitor Serial;
static inline void delay(unsigned long) { exit(1); }

void setup();
void loop();

#endif
