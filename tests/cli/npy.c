/* Writes an .npy file for a test script: npy DICTIONARY TYPE < numbers > FILE.  The dictionary is written as it stands,
   right or wrong; TYPE, f4, f8 or i4, says how the numbers of standard input are. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc != 3) {
        return 2;
    }
    size_t used = 10 + strlen(argv[1]) + 1, size = (used + 63) / 64 * 64;
    printf("\x93NUMPY%c%c%c%c%s", 1, 0, (int)((size - 10) & 0xFF), (int)((size - 10) >> 8), argv[1]);
    printf("%*s\n", (int)(size - used), "");
    double number;
    while (scanf("%lf", &number) == 1) {
        float f4 = (float)number;
        int32_t i4 = strcmp(argv[2], "i4") == 0 ? (int32_t)number : 0;
        const void *bytes = argv[2][0] == 'i' ? (const void *)&i4 : argv[2][1] == '4' ? (const void *)&f4 : &number;
        fwrite(bytes, argv[2][1] == '4' ? 4 : 8, 1, stdout);
    }
    return ferror(stdout) || fflush(stdout) != 0;
}
