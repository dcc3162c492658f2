/* What the example sketch uses of Arduino: the Serial Monitor is standard input and output. */
#ifndef ARDUINO_H
#define ARDUINO_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

class __FlashStringHelper; /* text in flash, which here is as any other */
#define F(text) (reinterpret_cast<const __FlashStringHelper *>(text))

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
    void print(const __FlashStringHelper *text) { print(reinterpret_cast<const char *>(text)); }
    void print(double number, int digits) { printf("%.*f", digits, number); }
    void println(const __FlashStringHelper *text) { print(text), println(); }
    void println() { puts(""); }
};

static Monitor Serial;
static inline void delay(unsigned long) { exit(1); }

void setup();
void loop();

#endif
