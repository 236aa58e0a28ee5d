/* Fuzzes the Cell Tracking Challenge: the bytes are the label image of the second frame, or behind a byte 'T' the text
   of the tracks, in a folder whose other files are those of a small film. */
#include "tracks_checks.h"
#include "data/image.h"

#include <stdio.h>
#include <unistd.h>

static char folder[] = "/tmp/quadrat-fuzz-XXXXXX";
static char text_path[64], image_path[64], first_path[64];

/* The smallest label image: 2 x 2 pixels of 16 bits, little-endian, labels 0 1 1 2. */
static const uint8_t image[] = {'I',  'I', 42, 0, 16, 0, 0, 0,              /* header: the directory at 16 */
                                0,    0,   1,  0, 1,  0, 2, 0,              /* the pixels at 8 */
                                7,    0,                                    /* entries */
                                0,    1,   3,  0, 1,  0, 0, 0, 2,  0, 0, 0, /* width 2 */
                                1,    1,   3,  0, 1,  0, 0, 0, 2,  0, 0, 0, /* height 2 */
                                2,    1,   3,  0, 1,  0, 0, 0, 16, 0, 0, 0, /* 16 bits */
                                3,    1,   3,  0, 1,  0, 0, 0, 1,  0, 0, 0, /* no compression */
                                0x11, 1,   4,  0, 1,  0, 0, 0, 8,  0, 0, 0, /* the strip at 8 */
                                0x16, 1,   3,  0, 1,  0, 0, 0, 2,  0, 0, 0, /* 2 rows of it */
                                0x17, 1,   4,  0, 1,  0, 0, 0, 8,  0, 0, 0, /* 8 bytes */
                                0,    0,   0,  0};
static const char text[] = "1 0 1 0\n2 0 0 0\n";

static void put(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    require(file != NULL);
    require(fwrite(bytes, 1, size, file) == size);
    require(fclose(file) == 0);
}

static void remove_folder(void)
{
    unlink(text_path);
    unlink(image_path);
    unlink(first_path);
    rmdir(folder);
}

static void make_folder(void)
{
    require(mkdtemp(folder) != NULL);
    snprintf(text_path, sizeof text_path, "%s/res_track.txt", folder);
    snprintf(first_path, sizeof first_path, "%s/mask000.tif", folder);
    snprintf(image_path, sizeof image_path, "%s/mask001.tif", folder);
    put(first_path, image, sizeof image);
    atexit(remove_folder);
}

static void read_folder(void)
{
    const char *const path = folder;
    qd_tracks *tracks;
    qd_error error;
    if (qd_tracks_read(&path, 1, &fuzz_options, &tracks, &error) == QD_OK) {
        check_tracks(tracks);
        qd_tracks_free(tracks);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const bool is_text = size > 0 && data[0] == 'T';
    if (text_path[0] == '\0') {
        make_folder();
    }
    put(text_path, is_text ? (const void *)(data + 1) : text, is_text ? size - 1 : sizeof text - 1);
    put(image_path, is_text ? image : data, is_text ? sizeof image : size);
    read_folder();
    return 0;
}
