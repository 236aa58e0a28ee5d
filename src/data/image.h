/* Images: TIFF files of 8 or 16 bits a pixel, one sample a pixel, any compression that libtiff knows; the pages are the
   planes of a stack. */
#ifndef QD_DATA_IMAGE_H
#define QD_DATA_IMAGE_H

#include "base/error.h"

typedef struct qd_image {
    size_t width, height, planes;
    int bits;        /* 8 or 16, as the file has them */
    uint16_t *pixel; /* [planes][height][width]; released with qd_image_clear */
} qd_image;

/* Refused: another depth or more samples, planes of different sizes, damaged data, more than `limit` bytes of pixels.
   QD_ERR_MISSING: this build lacks libtiff. */
QD_CHECKED qd_status qd_image_parse(const char *name, const char *bytes, size_t size, uint64_t limit, qd_image *image,
                                    qd_error *error);
QD_CHECKED qd_status qd_image_read(const char *path, uint64_t limit, qd_image *image, qd_error *error);
void qd_image_clear(qd_image *image);

#endif
