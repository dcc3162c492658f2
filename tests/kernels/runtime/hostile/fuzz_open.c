/* libFuzzer: any bytes as an .edm image, as they are and with corrected checksums. */
#include <stdlib.h>
#include <string.h>

#include "use.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const char text[] = "The flim is n't <e1>good unheard</e1>, it 's the <e2>lamp</e2> of 10:30.";
    use(data, size, text, sizeof text - 1);
    unsigned char *repaired = malloc(size + 1);
    if (repaired == NULL) abort();
    memcpy(repaired, data, size);
    repair(repaired, size);
    use(repaired, size, text, sizeof text - 1);
    free(repaired);
    return 0;
}
