/* Fuzzes .ts files: whatever comes stands behind a header's first word. */
#include "tracks_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char head[] = "@problemName ";
    uint8_t *text = malloc(size + sizeof head);
    require(text != NULL);
    memcpy(text, head, sizeof head - 1);
    memcpy(text + sizeof head - 1, data, size);
    read_tracks(text, size + sizeof head - 1, &fuzz_options);
    free(text);
    return 0;
}
