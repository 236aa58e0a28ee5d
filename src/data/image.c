/* Images, through libtiff: the file in memory, every error of the library caught for its own handle. */
#include "data/image.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

void qd_image_clear(qd_image *image)
{
    qd_mem_free(image->pixel);
    *image = (qd_image){0};
}

qd_status qd_image_read(const char *path, uint64_t limit, qd_image *image, qd_error *error)
{
    char *bytes;
    size_t size;
    qd_status status = qd_file_read_all(path, limit, &bytes, &size, error);
    if (status == QD_OK) {
        status = qd_image_parse(path, bytes, size, limit, image, error);
        qd_mem_free(bytes);
    }
    return status;
}

#ifdef QD_HAVE_TIFF
#include <tiffio.h>

enum { PLANES = 65535, LIBRARY_LIMIT = 1 << 28 }; /* bytes of one allocation of libtiff's */

typedef struct reader {
    const char *name, *bytes;
    size_t size, at;
    char problem[160]; /* what libtiff said first */
} reader;

static tmsize_t read_bytes(thandle_t handle, void *buffer, tmsize_t size)
{
    reader *r = handle;
    const size_t left = r->at < r->size ? r->size - r->at : 0;
    const size_t take = (size_t)size < left ? (size_t)size : left;
    memcpy(buffer, r->bytes + r->at, take);
    r->at += take;
    return (tmsize_t)take;
}

static tmsize_t write_bytes(thandle_t handle, void *buffer, tmsize_t size)
{
    (void)handle;
    (void)buffer;
    (void)size;
    return 0;
}

static toff_t seek_bytes(thandle_t handle, toff_t offset, int whence)
{
    reader *r = handle;
    const toff_t base = whence == SEEK_CUR ? r->at : whence == SEEK_END ? r->size : 0;
    r->at = (size_t)(base + offset);
    return r->at;
}

static int close_bytes(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t size_of_bytes(thandle_t handle)
{
    return ((reader *)handle)->size;
}

static int keep_problem(TIFF *tiff, void *context, const char *module, const char *format, va_list arguments)
{
    reader *r = context;
    (void)tiff;
    (void)module;
    if (r->problem[0] == '\0') {
        qd_text_format_list(r->problem, sizeof r->problem, format, arguments);
    }
    return 1;
}

static int ignore_warning(TIFF *tiff, void *context, const char *module, const char *format, va_list arguments)
{
    (void)tiff;
    (void)context;
    (void)module;
    (void)format;
    (void)arguments;
    return 1;
}

static TIFF *open_tiff(reader *r)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options == NULL) {
        return NULL;
    }
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, LIBRARY_LIMIT);
    TIFFOpenOptionsSetErrorHandlerExtR(options, keep_problem, r);
    TIFFOpenOptionsSetWarningHandlerExtR(options, ignore_warning, r);
    TIFF *tiff = TIFFClientOpenExt(r->name, "rm", r, read_bytes, write_bytes, seek_bytes, close_bytes, size_of_bytes,
                                   NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

static qd_status refuse(const reader *r, size_t plane, qd_error *error)
{
    return qd_fail_at(error, QD_ERR_FORMAT, r->name, 0, 0, "plane %zu of the TIFF image cannot be read: %s", plane + 1,
                      r->problem[0] != '\0' ? r->problem : "it is damaged");
}

/* Depth and size of the plane at hand; they must be those of the first. */
static qd_status read_shape(const reader *r, TIFF *tiff, size_t plane, qd_image *image, qd_error *error)
{
    uint32_t width = 0, height = 0;
    uint16_t bits = 1, samples = 1, format = SAMPLEFORMAT_UINT;
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width) || !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height) ||
        width == 0 || height == 0) {
        return refuse(r, plane, error);
    }
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
    if (samples != 1 || (bits != 8 && bits != 16) || format == SAMPLEFORMAT_IEEEFP) {
        return qd_fail_at(error, QD_ERR_FORMAT, r->name, 0, 0,
                          "%d sample%s of %d bits%s a pixel; expected one of 8 or 16 bits", samples,
                          samples == 1 ? "" : "s", bits, format == SAMPLEFORMAT_IEEEFP ? " (floating point)" : "");
    }
    if (plane > 0 && (width != image->width || height != image->height || bits != image->bits)) {
        return qd_fail_at(error, QD_ERR_FORMAT, r->name, 0, 0,
                          "plane %zu has %u x %u pixels of %d bits, the first has %zu x %zu of %d", plane + 1, width,
                          height, bits, image->width, image->height, image->bits);
    }
    image->width = width;
    image->height = height;
    image->bits = bits;
    return QD_OK;
}

/* A block of `rows` x `columns` pixels as the file has them, into the plane at (top, left); what lies outside it is the
   padding of tiles. */
static void place_block(const qd_image *image, const void *block, size_t top, size_t left, size_t rows, size_t columns,
                        size_t stride, uint16_t *plane)
{
    rows = rows < image->height - top ? rows : image->height - top;
    columns = columns < image->width - left ? columns : image->width - left;
    for (size_t i = 0; i < rows; i++) {
        uint16_t *out = plane + (top + i) * image->width + left;
        for (size_t j = 0; j < columns; j++) {
            out[j] =
                image->bits == 8 ? ((const uint8_t *)block)[i * stride + j] : ((const uint16_t *)block)[i * stride + j];
        }
    }
}

/* Strips and tiles are both blocks. */
static bool read_blocks(TIFF *tiff, const qd_image *image, void *block, size_t size, uint16_t *plane)
{
    const size_t pixel = (size_t)image->bits / 8;
    uint32_t columns = (uint32_t)image->width, rows = (uint32_t)image->height;
    const bool tiled = TIFFIsTiled(tiff);
    if (tiled) {
        TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &columns);
        TIFFGetField(tiff, TIFFTAG_TILELENGTH, &rows);
    } else {
        TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &rows);
        rows = rows < image->height ? rows : (uint32_t)image->height;
    }
    if (rows == 0 || columns == 0 || size < (size_t)rows * columns * pixel) {
        return false;
    }
    for (size_t top = 0; top < image->height; top += rows) {
        for (size_t left = 0; left < image->width; left += columns) {
            const size_t here = image->height - top < rows && !tiled ? image->height - top : rows;
            const tmsize_t wanted = (tmsize_t)(here * columns * pixel);
            const tmsize_t got =
                tiled ? TIFFReadTile(tiff, block, (uint32_t)left, (uint32_t)top, 0, 0)
                      : TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, (uint32_t)top, 0), block, wanted);
            if (got < wanted) {
                return false;
            }
            place_block(image, block, top, left, here, columns, columns, plane);
        }
    }
    return true;
}

static qd_status read_plane(const reader *r, TIFF *tiff, size_t plane, qd_image *image, qd_error *error)
{
    const uint64_t size = TIFFIsTiled(tiff) ? TIFFTileSize64(tiff) : TIFFStripSize64(tiff);
    if (size == 0 || size > LIBRARY_LIMIT) {
        return refuse(r, plane, error);
    }
    void *block = qd_mem_new((size_t)size, 1);
    if (block == NULL) {
        return qd_fail_memory(error, (size_t)size, r->name);
    }
    const bool read =
        read_blocks(tiff, image, block, (size_t)size, image->pixel + plane * image->height * image->width);
    qd_mem_free(block);
    return read ? QD_OK : refuse(r, plane, error);
}

/* Counts the planes and checks that all have one shape, before anything is allocated for them. */
static qd_status read_shapes(reader *r, TIFF *tiff, uint64_t limit, qd_image *image, qd_error *error)
{
    qd_status status = QD_OK;
    do {
        status = read_shape(r, tiff, image->planes, image, error);
        image->planes++;
        const double bytes = 2.0 * (double)image->width * (double)image->height * (double)image->planes;
        if (status == QD_OK && (bytes > (double)limit || image->planes > PLANES)) {
            return qd_fail_at(error, QD_ERR_FORMAT, r->name, 0, 0, "more than %llu bytes of pixels",
                              (unsigned long long)limit);
        }
    } while (status == QD_OK && TIFFReadDirectory(tiff));
    if (status == QD_OK && r->problem[0] != '\0') {
        return refuse(r, image->planes, error);
    }
    return status;
}

static qd_status read_tiff(reader *r, TIFF *tiff, uint64_t limit, qd_image *image, qd_error *error)
{
    qd_status status = read_shapes(r, tiff, limit, image, error);
    if (status != QD_OK) {
        return status;
    }
    image->pixel = qd_mem_new(image->planes * image->height * image->width, sizeof *image->pixel);
    if (image->pixel == NULL) {
        return qd_fail_memory(error, image->planes * image->height * image->width * 2, r->name);
    }
    for (size_t plane = 0; plane < image->planes && status == QD_OK; plane++) {
        status =
            TIFFSetDirectory(tiff, (tdir_t)plane) ? read_plane(r, tiff, plane, image, error) : refuse(r, plane, error);
    }
    return status;
}

qd_status qd_image_parse(const char *name, const char *bytes, size_t size, uint64_t limit, qd_image *image,
                         qd_error *error)
{
    reader r = {.name = name, .bytes = bytes, .size = size};
    *image = (qd_image){0};
    TIFF *tiff = open_tiff(&r);
    if (tiff == NULL) {
        return qd_fail_at(error, QD_ERR_FORMAT, name, 0, 0, "not a TIFF image%s%s", r.problem[0] != '\0' ? ": " : "",
                          r.problem);
    }
    const qd_status status = read_tiff(&r, tiff, limit, image, error);
    TIFFClose(tiff);
    if (status != QD_OK) {
        qd_image_clear(image);
    }
    return status;
}

#else

qd_status qd_image_parse(const char *name, const char *bytes, size_t size, uint64_t limit, qd_image *image,
                         qd_error *error)
{
    (void)bytes;
    (void)size;
    (void)limit;
    *image = (qd_image){0};
    return qd_fail_at(error, QD_ERR_MISSING, name, 0, 0,
                      "this quadrat was built without libtiff (package libtiff-dev), which label images need");
}

#endif
