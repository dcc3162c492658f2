/* Answers each text of the Serial Monitor, sent with a line feed, by its label; on boards that have room for floating
 * point, also by the probability. Texts of the runtime and the model are in flash, as those in F("") are. */
#include <NAME.h>

#ifdef __AVR__
const size_t TEXT_BYTES = 160, TOKENS = 40; /* of the longest text */
#else
const size_t TEXT_BYTES = 256, TOKENS = 64;
#endif

typedef const __FlashStringHelper *flash_text;

embdistill_model model;
char text[TEXT_BYTES];
size_t length = 0; /* of the text as far as it has come; above TEXT_BYTES if it is too long */
size_t scratch_bytes;
void *scratch;
float *logits; /* of each class */

/* Says for ever what is wrong, since nobody may be looking yet. */
void stop(flash_text problem)
{
    for (;;) {
        Serial.println(problem);
        delay(1000);
    }
}

void setup()
{
    Serial.begin(115200);
#ifdef __AVR__
    embdistill_error error = embdistill_open_trusted(&model, model_data, model_data_bytes); /* the upload checks it */
#else
    embdistill_error error = embdistill_open(&model, model_data, model_data_bytes);
#endif
    if (error != EMBDISTILL_OK) stop((flash_text)embdistill_error_text(error));
#ifdef __AVR__
    /* What malloc leaves for the stack, which answer() needs. */
    __malloc_margin = model.subwords ? 864 : model.correct ? 640 : 512;
#endif
    scratch_bytes = embdistill_scratch_bytes(&model, TOKENS);
    scratch = malloc(scratch_bytes); /* only this example allocates, once */
    logits = (float *)malloc(model.classes * sizeof(float));
    if (scratch == NULL || logits == NULL) stop(F("not enough memory; lower TOKENS, or export a smaller model"));
}

/* Apart from loop(), so that malloc does not meet its part of the stack. */
__attribute__((noinline)) void answer()
{
    if (length > TEXT_BYTES) {
        Serial.println(F("the text is longer than TEXT_BYTES"));
        return;
    }
    embdistill_error error = embdistill_logits(&model, text, length, scratch, scratch_bytes, logits, NULL);
    if (error != EMBDISTILL_OK) {
        Serial.println((flash_text)embdistill_error_text(error));
        return;
    }
    uint32_t best = embdistill_argmax(logits, model.classes);
    Serial.print((flash_text)embdistill_label(&model, best));
#ifndef __AVR__
    embdistill_softmax(logits, model.classes);
    Serial.print("\t");
    Serial.print(logits[best], 6);
#endif
    Serial.println();
}

void loop()
{
    while (Serial.available() > 0) {
        int byte = Serial.read();
        if (byte == '\n') {
            answer();
            length = 0;
        } else if (length < TEXT_BYTES) {
            text[length++] = (char)byte;
        } else {
            length = TEXT_BYTES + 1;
        }
    }
}
