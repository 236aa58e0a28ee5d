/* Regions: what is measured of the pixels that a label image gives to one cell. */
#ifndef QD_DATA_REGION_H
#define QD_DATA_REGION_H

/* Sums over the pixels. */
typedef struct qd_region {
    double count, sum[3], square[3], product[3]; /* of x, y, z; xx, yy, zz; xy, xz, yz */
    double intensity, intensity_square;
} qd_region;

static inline void qd_region_add(qd_region *region, double x, double y, double z, double intensity)
{
    region->count += 1;
    region->sum[0] += x;
    region->sum[1] += y;
    region->sum[2] += z;
    region->square[0] += x * x;
    region->square[1] += y * y;
    region->square[2] += z * z;
    region->product[0] += x * y;
    region->product[1] += x * z;
    region->product[2] += y * z;
    region->intensity += intensity;
    region->intensity_square += intensity * intensity;
}

/* The centre [dimensions] and the full axes [dimensions], longest first, of the ellipse (2) or ellipsoid (3 dimensions)
   with the region's second moments; at least one pixel. */
void qd_region_shape(const qd_region *region, int dimensions, double *centre, double *axes);

/* Mean and standard deviation of the intensities. */
void qd_region_intensity(const qd_region *region, double *mean, double *sd);

#endif
