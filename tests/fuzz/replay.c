/* Replays a corpus through a fuzz harness: every file of the folders that are its arguments.  Fails without any file.
 */
#include "fuzz.h"
#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>

enum { FILE_LIMIT = 1 << 20 };

/* The name is printed before, so that it is the last one when the harness ends the program. */
static int replay_file(const char *path)
{
    char *data;
    size_t size;
    qd_error error;
    printf("%s\n", path);
    fflush(stdout);
    if (qd_file_read_all(path, FILE_LIMIT, &data, &size, &error) != QD_OK) {
        fprintf(stderr, "%s\n", error.message);
        return -1;
    }
    LLVMFuzzerTestOneInput((const uint8_t *)data, size);
    qd_mem_free(data);
    return 0;
}

/* The number of files replayed, or -1. */
static int replay_folder(const char *folder)
{
    DIR *listing = opendir(folder);
    if (listing == NULL) {
        perror(folder);
        return -1;
    }
    int replayed = 0;
    const struct dirent *entry;
    while (replayed >= 0 && (entry = readdir(listing)) != NULL) {
        char path[PATH_MAX];
        if (entry->d_name[0] == '.' ||
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path) {
            continue;
        }
        replayed = replay_file(path) == 0 ? replayed + 1 : -1;
    }
    closedir(listing);
    return replayed;
}

int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        int replayed = replay_folder(arguments[i]);
        if (replayed <= 0) {
            fprintf(stderr, "%s: no corpus\n", arguments[i]);
            return 1;
        }
    }
    return count > 1 ? 0 : 1;
}
