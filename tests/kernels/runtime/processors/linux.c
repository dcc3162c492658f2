/* Linux in place of a board. */
#include <stdio.h>
#include <stdlib.h>

#include "board.h"

static FILE *texts;

void stop(int code)
{
    exit(code);
}

void print(const char *text)
{
    fputs(text, stdout);
}

int open_texts(void)
{
    texts = fopen("texts.txt", "rb");
    return texts != NULL;
}

int read_byte(void)
{
    return getc(texts); /* EOF is -1 with glibc */
}

uint32_t stack_used(void)
{
    return 0;
}
