/* Fuzzes what is read from two files: spots and edges of TrackMate's, a table and a graph; the first NUL parts them. */
#include "tracks_checks.h"
#include "data/tracks_gather.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = memchr(data, '\0', size);
    if (nul == NULL) {
        return 0;
    }
    const size_t first = (size_t)(nul - data);
    const qd_companion second = {"second", (const char *)nul + 1, size - first - 1};
    const bool edges = qd_tracks_is_trackmate_edges(second.bytes, second.size);
    qd_gathering g = {.path = "first", .options = &fuzz_options};
    qd_tracks *tracks;
    qd_status status;
    if (edges) {
        g.edges = second;
        status = qd_tracks_read_trackmate((const char *)data, first, &g, NULL);
    } else {
        g.graph = second;
        status = qd_tracks_read_table((const char *)data, first, &g, NULL);
    }
    if (status != QD_OK) {
        qd_gather_clear(&g);
    } else if (qd_gather_finish(&g, &tracks, NULL) == QD_OK) {
        check_tracks(tracks);
        qd_tracks_free(tracks);
    }
    return 0;
}
