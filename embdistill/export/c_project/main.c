/* Reads texts from standard input, a line each, and prints label TAB probability; with --logits, the label and the
 * logits of all classes in place of the probability. The model is part of the program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embdistill.h"
#include "model_data.h"

enum { DONE = 0, FAILED = 1, MISTAKE = 2 }; /* exit codes; a mistake is the user's */

/* Memory that grows. Only this example allocates: the runtime works in buffers of its caller. */
typedef struct {
    char *at;
    size_t bytes;
} buffer;

static void need(buffer *b, size_t bytes)
{
    if (bytes <= b->bytes) return;
    char *grown = bytes == SIZE_MAX ? NULL : (char *)realloc(b->at, bytes);
    if (grown == NULL) {
        fprintf(stderr, "embdistill: not enough memory; give shorter texts\n");
        exit(FAILED);
    }
    b->at = grown;
    b->bytes = bytes;
}

/* Reads a line, which may hold any bytes, without the LF that ends it; false at the end of the input. */
static int read_line(buffer *line, size_t *length)
{
    int byte;
    *length = 0;
    while ((byte = getchar()) != EOF && byte != '\n') {
        if (*length == line->bytes) need(line, line->bytes > SIZE_MAX / 2 ? SIZE_MAX : 2 * line->bytes);
        line->at[(*length)++] = (char)byte;
    }
    return byte != EOF || *length > 0;
}

static void print_probability(const embdistill_model *model, float *logits)
{
    uint32_t best = embdistill_argmax(logits, model->classes);
    embdistill_softmax(logits, model->classes);
    printf("%s\t%.6f\n", embdistill_label(model, best), (double)logits[best]);
}

static void print_logits(const embdistill_model *model, const float *logits)
{
    fputs(embdistill_label(model, embdistill_argmax(logits, model->classes)), stdout);
    for (uint32_t i = 0; i < model->classes; i++) printf("\t%.9g", (double)logits[i]);
    putchar('\n');
}

/* Gives the model memory by which a computer answers several times as fast; it stays to the end. */
static void take_memory_for_speed(embdistill_model *model)
{
#if EMBDISTILL_BLOCK > 1
    static buffer weights, filter;
    need(&weights, embdistill_unpack_bytes(model));
    embdistill_unpack(model, weights.at);
    need(&filter, embdistill_filter_bytes(model));
    embdistill_make_filter(model, filter.at);
#else
    (void)model;
#endif
}

/* Answers every line of the input at once, so that a slow stream is answered line by line. */
static int answer_lines(const embdistill_model *model, int wants_logits)
{
    buffer line = {NULL, 0}, scratch = {NULL, 0}, logits = {NULL, 0};
    unsigned long texts = 0, unknown = 0;
    int code = DONE;
    size_t length, known;
    need(&line, 256);
    need(&logits, model->classes * sizeof(float));
    while (code == DONE && read_line(&line, &length)) {
        need(&scratch, embdistill_scratch_bytes(model, length)); /* a text has at most as many tokens as bytes */
        float *values = (float *)(void *)logits.at;
        embdistill_error error = embdistill_logits(model, line.at, length, scratch.at, scratch.bytes, values, &known);
        texts++;
        if (error != EMBDISTILL_OK) {
            fprintf(stderr, "embdistill: line %lu: %s\n", texts, embdistill_error_text(error));
            code = MISTAKE;
            break;
        }
        if (known == 0) unknown++;
        if (wants_logits) print_logits(model, values);
        else print_probability(model, values);
        if (fflush(stdout) != 0) {
            fprintf(stderr, "embdistill: standard output cannot be written\n");
            code = FAILED;
        }
    }
    if (code == DONE && ferror(stdin)) {
        fprintf(stderr, "embdistill: standard input cannot be read\n");
        code = MISTAKE;
    }
    if (code == DONE && unknown > 0)
        fprintf(stderr, "%lu of %lu texts have no word that the model knows\n", unknown, texts);
    free(line.at);
    free(scratch.at);
    free(logits.at);
    return code;
}

int main(int argc, char **argv)
{
    int wants_logits = argc == 2 && strcmp(argv[1], "--logits") == 0;
    if (argc > 1 && !wants_logits) {
        fprintf(stderr, "usage: %s [--logits] <texts, a text a line\n", argv[0]);
        return MISTAKE;
    }
    embdistill_model model;
    embdistill_error error = embdistill_open(&model, model_data, model_data_bytes);
    if (error != EMBDISTILL_OK) {
        fprintf(stderr, "embdistill: model_data.c: %s; export the model and build it again\n", embdistill_error_text(error));
        return FAILED;
    }
    take_memory_for_speed(&model);
    return answer_lines(&model, wants_logits);
}
