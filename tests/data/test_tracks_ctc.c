/* The Cell Tracking Challenge: a small film drawn here (as tests/golden/make_ctc.py draws it, which had scikit-image
   measure it), strips and tiles and compressions, stacks, and folders that contradict themselves. */
#include "data/tracks_fixture.h"
#include "base/mem.h"
#include "base/file.h"
#include "data/image.h"

#ifdef QD_HAVE_TIFF
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <tiffio.h>

enum { WIDTH = 48, HEIGHT = 40, FRAMES = 6, LABELS = 5, LIMIT = 1 << 20 };

static const char track_text[] = "1 0 2 0\n2 3 5 1\n3 3 5 1\n4\t0\t5\t0\n\n300 1 1 0\n";

/* Label, frames, and the ellipse: centre in the first frame and how it moves, half axes. */
static const struct {
    int label, first, last, x, dx, y, dy, a, b;
} cells[LABELS] = {{1, 0, 2, 12, 1, 14, 0, 7, 5},
                   {2, 3, 5, 10, 1, 8, 0, 4, 4},
                   {3, 3, 5, 22, 1, 22, 0, 5, 3},
                   {4, 0, 5, 36, 0, 30, -1, 6, 4},
                   {300, 1, 1, 4, 0, 34, 0, 2, 2}};

static void draw(int frame, uint16_t pixel[HEIGHT][WIDTH])
{
    memset(pixel, 0, HEIGHT * sizeof *pixel);
    for (int k = 0; k < LABELS; k++) {
        const int a = cells[k].a, b = cells[k].b;
        for (int y = 0; y < HEIGHT && frame >= cells[k].first && frame <= cells[k].last; y++) {
            for (int x = 0; x < WIDTH; x++) {
                const int u = x - cells[k].x - frame * cells[k].dx, v = y - cells[k].y - frame * cells[k].dy;
                if (u * u * b * b + v * v * a * a <= a * a * b * b) {
                    pixel[y][x] = (uint16_t)cells[k].label;
                }
            }
        }
    }
}

typedef struct how {
    int bits, planes, width, height;
    uint16_t compression;
    bool tiled;
} how;

/* Writes planes of one image in some manner. */
static void write_tiff(const char *path, const uint16_t *pixel, how h)
{
    TIFF *tiff = TIFFOpen(path, "w");
    assert_non_null(tiff);
    for (int plane = 0; plane < h.planes; plane++) {
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, h.width);
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, h.height);
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, h.bits);
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
        TIFFSetField(tiff, TIFFTAG_COMPRESSION, h.compression);
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 7);
        if (h.tiled) {
            TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 16);
            TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
            for (int top = 0; top < h.height; top += 16) {
                for (int left = 0; left < h.width; left += 16) {
                    uint16_t tile[16 * 16] = {0};
                    for (int i = 0; i < 256; i++) {
                        const int y = top + i / 16, x = left + i % 16;
                        tile[i] = y < h.height && x < h.width ? pixel[y * h.width + x] : 0xFFFF;
                    }
                    assert_true(TIFFWriteTile(tiff, tile, (uint32_t)left, (uint32_t)top, 0, 0) > 0);
                }
            }
        }
        for (int y = 0; y < h.height && !h.tiled; y++) {
            uint16_t row[WIDTH];
            uint8_t bytes[WIDTH];
            for (int x = 0; x < h.width; x++) {
                row[x] = pixel[y * h.width + x];
                bytes[x] = (uint8_t)row[x];
            }
            assert_int_equal(TIFFWriteScanline(tiff, h.bits == 16 ? (void *)row : bytes, (uint32_t)y, 0), 1);
        }
        assert_int_equal(TIFFWriteDirectory(tiff), 1);
    }
    TIFFClose(tiff);
}

static const how plain = {16, 1, WIDTH, HEIGHT, COMPRESSION_NONE, false};

static void write_text(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

/* A folder 01_RES with masks and text, and 01 with raw images of 8 bits. */
static void write_film(void)
{
    char name[64];
    uint16_t pixel[HEIGHT][WIDTH];
    assert_int_equal(mkdir(path_of("01_RES"), 0700), 0);
    assert_int_equal(mkdir(path_of("01"), 0700), 0);
    write_text("01_RES/res_track.txt", track_text);
    for (int frame = 0; frame < FRAMES; frame++) {
        draw(frame, pixel);
        snprintf(name, sizeof name, "01_RES/mask%03d.tif", frame);
        write_tiff(path_of(name), &pixel[0][0], plain);
        for (int i = 0; i < HEIGHT * WIDTH; i++) {
            pixel[i / WIDTH][i % WIDTH] = (uint16_t)((i % WIDTH * 31 + i / WIDTH * 17 + frame * 101) % 251);
        }
        snprintf(name, sizeof name, "01/t%03d.tif", frame);
        write_tiff(path_of(name), &pixel[0][0], (how){8, 1, WIDTH, HEIGHT, COMPRESSION_NONE, false});
    }
}

static void remove_film(void)
{
    char name[64];
    for (int frame = 0; frame < FRAMES; frame++) {
        snprintf(name, sizeof name, "01_RES/mask%03d.tif", frame);
        remove(path_of(name));
        snprintf(name, sizeof name, "01/t%03d.tif", frame);
        remove(path_of(name));
    }
    remove(path_of("01_RES/res_track.txt"));
    assert_int_equal(rmdir(path_of("01_RES")), 0);
    rmdir(path_of("01"));
}

static qd_status read_film(qd_tracks **tracks, qd_error *error)
{
    char path[256];
    strcpy(path, path_of("01_RES"));
    const char *const paths[] = {path};
    return qd_tracks_read(paths, 1, &plain_options, tracks, error);
}

static void measures_as_scikit_image(void **state)
{
    (void)state;
    qd_tracks *tracks;
    qd_error error;
    write_film();
    if (read_film(&tracks, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    FILE *golden = fopen(QD_SOURCE_DIR "/tests/golden/ctc.txt", "r");
    assert_non_null(golden);
    int frame, label;
    double area, x, y, major, minor, intensity;
    size_t seen = 0;
    while (fscanf(golden, "%d %d %lf %lf %lf %lf %lf %lf", &frame, &label, &area, &x, &y, &major, &minor, &intensity) ==
           8) {
        size_t row = 0;
        while (row < tracks->rows && (tracks->time[row] != frame || tracks->object[row] != label)) {
            row++;
        }
        assert_true(row < tracks->rows);
        assert_float_equal(tracks->position[2 * row], x, 1e-9);
        assert_float_equal(tracks->position[2 * row + 1], y, 1e-9);
        assert_float_equal(feature_at(tracks, row, "area"), area, 0);
        assert_float_equal(feature_at(tracks, row, "major_axis"), major, 1e-5);
        assert_float_equal(feature_at(tracks, row, "minor_axis"), minor, 1e-5);
        assert_float_equal(feature_at(tracks, row, "intensity"), intensity, 1e-4);
        seen++;
    }
    fclose(golden);
    assert_int_equal(seen, 16);
    assert_int_equal(tracks->rows, seen);
    assert_int_equal(qd_track_daughters(tracks, track_called(tracks, "1")), 2);
    assert_int_equal(qd_track_length(tracks, track_called(tracks, "300")), 1);
    qd_tracks_free(tracks);
    remove_film();
}

static void gaps_and_other_names(void **state)
{
    (void)state;
    qd_tracks *tracks;
    qd_error error;
    uint16_t pixel[HEIGHT][WIDTH];
    write_film();
    draw(3, pixel);
    for (int i = 0; i < HEIGHT * WIDTH; i++) {
        pixel[i / WIDTH][i % WIDTH] =
            pixel[i / WIDTH][i % WIDTH] == 4 ? 0 : pixel[i / WIDTH][i % WIDTH]; /* not seen in this frame */
    }
    write_tiff(path_of("01_RES/mask003.tif"), &pixel[0][0], plain);
    char text[256];
    strcpy(text, path_of("01_RES/res_track.txt")); /* the text names the folder too */
    const char *const paths[] = {text};
    assert_int_equal(qd_tracks_read(paths, 1, &plain_options, &tracks, &error), QD_OK);
    assert_int_equal(tracks->missing[track_called(tracks, "4")], 1);
    qd_tracks_free(tracks);
    remove_film();
}

static void folders_that_contradict_themselves(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t line, column;
        const char *part;
    } bad[] = {
        {"1 0 2 0\n2 3 5 9\n", 2, 4, "the parent of track 2, 9, is not there"},
        {"1 0 2 2\n2 3 5 0\n", 1, 4, "track 1 begins in frame 0 and its parent 2 only in frame 3"},
        {"1 0 3 0\n2 3 5 1\n", 2, 4, "track 2 begins in frame 3 and its parent 1 overlaps it, to frame 3"},
        {"1 0 2 1\n", 1, 4, "its parent 1"},
        {"1 0 2 0\n1 3 5 0\n", 2, 1, "this label is on an earlier line too"},
        {"1 2 0 0\n", 1, 3, "ends before it begins"},
        {"0 0 2 0\n", 1, 1, "label 0 is the background"},
        {"1 0 x 0\n", 1, 3, "'x' is no last frame"},
        {"1 0 2\n", 1, 4, "'' is no parent"},
        {"1 0 2 0 7\n", 1, 5, "more than four numbers"},
        {"70000 0 2 0\n", 1, 1, "'70000' is no label"},
        {"\n", 0, 0, "no tracks"},
        {"1 0 2 0\n2 3 5 1\n3 3 5 1\n4 0 5 0\n", 0, 0, "the label 300 is none of the tracks"},
        {"1 0 1 0\n2 3 5 1\n3 3 5 1\n4 0 5 0\n300 1 1 0\n", 0, 0,
         "the label 1 is here, but its track is from frame 0 to 1"},
        {"1 0 2 0\n2 3 5 1\n3 3 5 1\n4 0 5 0\n300 1 1 0\n5 2 2 0\n", 6, 1, "no label image shows the track 5"},
    };
    write_film();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        qd_tracks *tracks;
        qd_error error;
        write_text("01_RES/res_track.txt", bad[i].text);
        assert_int_equal(read_film(&tracks, &error), QD_ERR_FORMAT);
        assert_error(&error, QD_ERR_FORMAT, bad[i].line, bad[i].column, bad[i].part);
    }
    remove_film();
}

static void images_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        how h;
        const char *part;
    } bad[] = {
        {{8, 1, WIDTH, HEIGHT, COMPRESSION_NONE, false}, "8 bits a pixel; label images have 16"},
        {{16, 1, WIDTH, HEIGHT - 1, COMPRESSION_NONE, false},
         "48 x 39 x 1 pixels; the first label image has 48 x 40 x 1"},
        {{16, 2, WIDTH, HEIGHT, COMPRESSION_NONE, false}, "48 x 40 x 2 pixels"},
    };
    uint16_t pixel[HEIGHT][WIDTH];
    qd_tracks *tracks;
    qd_error error;
    write_film();
    draw(2, pixel);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_tiff(path_of("01_RES/mask002.tif"), &pixel[0][0], bad[i].h);
        assert_int_equal(read_film(&tracks, &error), QD_ERR_FORMAT);
        assert_non_null(strstr(error.message, bad[i].part));
        assert_non_null(strstr(error.file, "mask002.tif"));
    }
    write_text("01_RES/mask002.tif", "II*");
    assert_int_equal(read_film(&tracks, &error), QD_ERR_FORMAT);
    assert_non_null(strstr(error.message, "not a TIFF image"));
    assert_int_equal(remove(path_of("01_RES/mask002.tif")), 0);
    assert_int_equal(read_film(&tracks, &error), QD_ERR_FILE);
    assert_int_equal(remove(path_of("01_RES/mask000.tif")), 0);
    assert_int_equal(read_film(&tracks, &error), QD_ERR_FILE);
    assert_non_null(strstr(error.message, "mask000.tif is missing"));
    assert_int_equal(remove(path_of("01_RES/res_track.txt")), 0);
    assert_int_equal(read_film(&tracks, &error), QD_ERR_FILE);
    assert_non_null(strstr(error.message, "neither man_track.txt nor res_track.txt"));
    remove_film();
}

/* Every manner of writing gives the same pixels; a file cut anywhere is read or refused, and never more. */
static void images_in_every_manner(void **state)
{
    (void)state;
    static const how manners[] = {{16, 1, WIDTH, HEIGHT, COMPRESSION_NONE, true},
                                  {16, 1, WIDTH, HEIGHT, COMPRESSION_LZW, false},
                                  {16, 1, WIDTH, HEIGHT, COMPRESSION_ADOBE_DEFLATE, true},
                                  {16, 3, WIDTH, HEIGHT, COMPRESSION_PACKBITS, false}};
    uint16_t pixel[HEIGHT][WIDTH];
    qd_error error;
    qd_image image;
    draw(4, pixel);
    for (size_t i = 0; i < sizeof manners / sizeof manners[0]; i++) {
        char *bytes;
        size_t size;
        write_tiff(path_of("image.tif"), &pixel[0][0], manners[i]);
        assert_int_equal(qd_image_read(path_of("image.tif"), LIMIT, &image, &error), QD_OK);
        assert_int_equal(image.planes, manners[i].planes);
        assert_memory_equal(image.pixel, pixel, sizeof pixel);
        qd_image_clear(&image);
        assert_int_equal(qd_image_read(path_of("image.tif"), 3000, &image, &error), QD_ERR_FORMAT);
        assert_int_equal(qd_file_read_all(path_of("image.tif"), LIMIT, &bytes, &size, &error), QD_OK);
        for (size_t cut = 0; cut < size; cut += 37) {
            if (qd_image_parse("cut.tif", bytes, cut, LIMIT, &image, &error) == QD_OK) {
                qd_image_clear(&image);
            } else {
                assert_non_null(strstr(error.message, "cut.tif: "));
            }
        }
        qd_mem_free(bytes);
    }
    assert_int_equal(remove(path_of("image.tif")), 0);
}

/* A ball of radius 6 in a stack of 15 planes: its axes are about 12 long. */
static void stacks(void **state)
{
    (void)state;
    enum { SIDE = 15 };
    qd_tracks *tracks;
    qd_error error;
    uint16_t pixel[SIDE][SIDE];
    TIFF *tiff;
    assert_int_equal(mkdir(path_of("01_RES"), 0700), 0);
    write_text("01_RES/res_track.txt", "9 0 0 0\n");
    tiff = TIFFOpen(path_of("01_RES/mask000.tif"), "w");
    assert_non_null(tiff);
    for (int z = 0; z < SIDE; z++) {
        for (int i = 0; i < SIDE * SIDE; i++) {
            const int x = i % SIDE - 7, y = i / SIDE - 7;
            pixel[i / SIDE][i % SIDE] = x * x + y * y + (z - 7) * (z - 7) <= 36 ? 9 : 0;
        }
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, SIDE);
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, SIDE);
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 16);
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
        assert_true(TIFFWriteEncodedStrip(tiff, 0, pixel, sizeof pixel) > 0);
        assert_int_equal(TIFFWriteDirectory(tiff), 1);
    }
    TIFFClose(tiff);
    if (read_film(&tracks, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(tracks->dimensions, 3);
    assert_float_equal(tracks->position[2], 7, 1e-9);
    assert_float_equal(feature_at(tracks, 0, "volume"), 925, 0);
    assert_float_equal(feature_at(tracks, 0, "major_axis"), 12, 0.3);
    assert_float_equal(feature_at(tracks, 0, "middle_axis"), feature_at(tracks, 0, "minor_axis"), 1e-5);
    qd_tracks_free(tracks);
    assert_int_equal(remove(path_of("01_RES/mask000.tif")), 0);
    assert_int_equal(remove(path_of("01_RES/res_track.txt")), 0);
    assert_int_equal(rmdir(path_of("01_RES")), 0);
}

static qd_status read_once(const void *input, qd_error *error)
{
    qd_tracks *tracks;
    const qd_status status = qd_tracks_read(input, 1, &plain_options, &tracks, error);
    if (status == QD_OK) {
        qd_tracks_free(tracks);
    }
    return status;
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    char path[256];
    write_film();
    strcpy(path, path_of("01_RES"));
    const char *const paths[] = {path};
    assert_true(fail_every_allocation(read_once, paths) > 20);
    remove_film();
}

/* Every file operation fails once: each time the tracks are read all the same (a close), or a file is named. */
static void every_file_operation_fails_once(void **state)
{
    (void)state;
    char path[256];
    size_t failed = 0;
    write_film();
    strcpy(path, path_of("01_RES"));
    const char *const paths[] = {path};
    bool reached = true;
    for (size_t n = 0; reached; n++) {
        qd_error error = {0};
        nth_operation nth = {.fails = n};
        qd_file_set_hook(fail_nth_operation, &nth);
        const qd_status status = read_once(paths, &error);
        qd_file_set_hook(NULL, NULL);
        reached = nth.asked > n;
        failed += status != QD_OK;
        assert_true(status == QD_OK || strstr(error.file, "01") != NULL);
    }
    assert_true(failed > 20);
    remove_film();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_operation_fails_once),
        cmocka_unit_test(measures_as_scikit_image),
        cmocka_unit_test(gaps_and_other_names),
        cmocka_unit_test(folders_that_contradict_themselves),
        cmocka_unit_test(images_that_are_refused),
        cmocka_unit_test(images_in_every_manner),
        cmocka_unit_test(stacks),
        cmocka_unit_test(every_allocation_fails_once),
    };
    TIFFSetWarningHandler(NULL);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#else

static void says_which_package(void **state)
{
    (void)state;
    qd_image image;
    qd_error error;
    assert_int_equal(qd_image_parse("a.tif", "II*", 3, 100, &image, &error), QD_ERR_MISSING);
    assert_non_null(strstr(error.message, "libtiff-dev"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_which_package)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#endif
