/* Fuzzes btrack's HDF5, whatever stands in its datasets and around them.  libhdf5 1.10 itself leaks on some damaged files;
   that is not what is looked for here. */
#include "tracks_checks.h"

const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_tracks(data, size, &fuzz_options);
    return 0;
}
