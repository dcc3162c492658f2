/* Runs image.elf on an ATmega328P of simavr: texts.txt goes into its serial port, a line after the answer to the last, and
 * EOT behind it; what comes out is printed, up to the exit code and EOT (avr.c), or to a second after the last text. Given
 * the address of __brkval, it says how much memory was never used. QEMU 7.2 has that processor too, but returns where `ret`
 * is skipped. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>

enum { EOT = 4, PAINT = 0xC5, RAM = 0x100, SECOND = 16000000 };

static avr_t *avr;
static FILE *texts;
static unsigned heap_end; /* address of the pointer to it, __brkval; 0: not given */
static int is_free;      /* whether the serial port takes another byte */
static int is_asked = 0; /* whether a line has gone in that is not answered yet */
static int last = -1;    /* byte that came out, not yet printed */

static void fail(const char *what)
{
    fprintf(stderr, "simulator: %s\n", what);
    exit(1);
}

/* Prints how many bytes from the end of the heap on are as they were painted, which the stack has not reached. */
static void finish(int code)
{
    if (heap_end == 0) exit(code);
    const unsigned end = avr->data[heap_end] | (unsigned)avr->data[heap_end + 1] << 8;
    unsigned at = end;
    while (at <= avr->ramend && avr->data[at] == PAINT) at++;
    fprintf(stderr, "free %u\n", at - end);
    exit(code);
}

static void take_byte(struct avr_irq_t *irq, uint32_t byte, void *unused)
{
    (void)irq, (void)unused;
    if (byte == EOT) finish(last - '0');
    if (last >= 0) putchar(last);
    last = (int)byte;
    if (byte != '\n') return;
    is_asked = 0;
    putchar(last);
    fflush(stdout);
    last = -1;
}

static void set_free(struct avr_irq_t *irq, uint32_t value, void *now)
{
    (void)irq, (void)value;
    is_free = now != NULL;
}

static void say_nothing(struct avr_t *of, const int level, const char *format, va_list values)
{
    (void)of, (void)level, (void)format, (void)values;
}

/* Hands texts over for as long as the serial port takes them. */
static void give_bytes(avr_irq_t *input)
{
    while (is_free && !is_asked && texts != NULL) {
        const int byte = getc(texts);
        if (byte == EOF) texts = NULL; /* it is read once */
        is_asked = byte == '\n';
        avr_raise_irq(input, byte == EOF ? EOT : (uint32_t)byte);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1) heap_end = (unsigned)strtoul(argv[1], NULL, 16) & 0xFFFF;
    static elf_firmware_t firmware;
    avr_global_logger_set(say_nothing);
    avr = avr_make_mcu_by_name("atmega328p");
    texts = fopen("texts.txt", "rb");
    if (avr == NULL || texts == NULL || elf_read_firmware("image.elf", &firmware) != 0) fail("cannot begin");
    avr_init(avr);
    avr->frequency = SECOND;
    avr_load_firmware(avr, &firmware);
    memset(avr->data + RAM, PAINT, avr->ramend + 1 - RAM);
    uint32_t flags = 0; /* no copy of lines on the console */
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    avr_irq_t *port = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), 0);
    avr_irq_register_notify(port + UART_IRQ_OUTPUT, take_byte, NULL);
    avr_irq_register_notify(port + UART_IRQ_OUT_XON, set_free, &is_free);
    avr_irq_register_notify(port + UART_IRQ_OUT_XOFF, set_free, NULL);
    avr_cycle_count_t end = 0; /* once all texts are answered */
    for (int state = cpu_Running; state != cpu_Done && state != cpu_Crashed; state = avr_run(avr)) {
        give_bytes(port + UART_IRQ_INPUT);
        if (texts == NULL && end == 0) end = avr->cycle + SECOND;
        if (end > 0 && avr->cycle > end) finish(0);
    }
    fail("the program stopped");
}
