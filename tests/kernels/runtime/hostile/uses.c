/* Uses the .edm images named on the command line on texts of 0 to 20 words, for checkers of what is read. */
#include <stdio.h>
#include <string.h>

#include "use.h"

int main(int argc, char **argv)
{
    static unsigned char image[1 << 20];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) return 1;
        size_t bytes = fread(image, 1, sizeof image, file);
        fclose(file);
        char text[256] = "<e1>film</e1> <e2>lamp</e2>";
        for (int words = 0; words <= 20; words++) {
            if (use(image, bytes, text, strlen(text)) != EMBDISTILL_OK) return 1;
            strcat(text, words % 3 == 0 ? " unheard" : words % 3 == 1 ? " good" : " godo");
        }
        if (use(image, bytes, "", 0) != EMBDISTILL_OK) return 1;
    }
    return 0;
}
