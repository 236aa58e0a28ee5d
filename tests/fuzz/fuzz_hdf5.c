/* Fuzzes btrack's HDF5, whatever stands in its datasets and around them. */
#include "tracks_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_tracks(data, size, &fuzz_options);
    return 0;
}
