/* Fuzzes gzip input, with a limit of 1 MiB on what it unpacks to. */
#include "fuzz.h"
#include "base/mem.h"
#include "data/input.h"

#include <stdlib.h>

enum { LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *unpacked;
    size_t used;
    qd_error error;
    if (qd_input_unpack("fuzz.gz", (const char *)data, size, LIMIT, &unpacked, &used, &error) == QD_OK) {
        if (used > LIMIT || unpacked[used] != '\0') {
            abort();
        }
        qd_mem_free(unpacked);
    } else if (error.offset > size) {
        abort(); /* an error lies in the file */
    }
    return 0;
}
