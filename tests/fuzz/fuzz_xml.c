/* Fuzzes TrackMate's XML. */
#include "tracks_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_tracks(data, size, &fuzz_options);
    return 0;
}
