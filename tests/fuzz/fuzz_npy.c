/* Fuzzes .npy files, and sequences from the arrays that they hold. */
#include "fuzz.h"
#include "data/sequences.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qd_array array;
    qd_error error;
    if (qd_npy_parse("fuzz.npy", (const char *)data, size, &array, &error) != QD_OK) {
        if (error.offset > size) {
            abort(); /* an error lies in the file */
        }
        return 0;
    }
    size_t count = 1;
    for (size_t i = 0; i < array.rank; i++) {
        count *= array.shape[i];
    }
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(array.data[i])) {
            abort();
        }
    }
    qd_sequences *sequences;
    if (qd_sequences_from_arrays(&array, "fuzz.npy", &array, "fuzz.npy", &sequences, &error) == QD_OK) {
        qd_sequences_free(sequences);
    }
    qd_array_clear(&array);
    return 0;
}
