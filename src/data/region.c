/* Regions: centre, axes and intensity from sums. */
#include "data/region.h"

#include <math.h>

/* The eigenvalues of a symmetric 3 x 3 matrix (a: its diagonal, b: 01, 02, 12), falling, by Jacobi's rotations. */
static void eigenvalues(double a[3], const double b[3])
{
    double m[3][3] = {{a[0], b[0], b[1]}, {b[0], a[1], b[2]}, {b[1], b[2], a[2]}};
    for (int sweep = 0; sweep < 16; sweep++) {
        for (int p = 0; p < 2; p++) {
            for (int q = p + 1; q < 3; q++) {
                if (m[p][q] == 0) {
                    continue;
                }
                const double theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
                const double t = copysign(1, theta) / (fabs(theta) + sqrt(theta * theta + 1));
                const double c = 1 / sqrt(t * t + 1), s = t * c;
                for (int k = 0; k < 3; k++) {
                    const double kp = m[k][p], kq = m[k][q];
                    m[k][p] = c * kp - s * kq;
                    m[k][q] = s * kp + c * kq;
                }
                for (int k = 0; k < 3; k++) {
                    const double pk = m[p][k], qk = m[q][k];
                    m[p][k] = c * pk - s * qk;
                    m[q][k] = s * pk + c * qk;
                }
            }
        }
    }
    for (int k = 0; k < 3; k++) {
        a[k] = m[k][k];
    }
    for (int k = 0; k < 2; k++) { /* three numbers, largest first */
        for (int j = 0; j < 2 - k; j++) {
            if (a[j] < a[j + 1]) {
                const double swap = a[j];
                a[j] = a[j + 1];
                a[j + 1] = swap;
            }
        }
    }
}

void qd_region_shape(const qd_region *region, int dimensions, double *centre, double *axes)
{
    static const int one[] = {0, 0, 1}, two[] = {1, 2, 2}; /* of xy, xz, yz */
    double mean[3], variance[3], covariance[3];
    for (int k = 0; k < 3; k++) {
        mean[k] = region->sum[k] / region->count;
        variance[k] = region->square[k] / region->count - mean[k] * mean[k];
    }
    for (int k = 0; k < 3; k++) {
        covariance[k] = region->product[k] / region->count - mean[one[k]] * mean[two[k]];
    }
    eigenvalues(variance, covariance);
    /* An ellipse's variance along a half axis a is a^2 / 4, an ellipsoid's a^2 / 5. */
    const double full = dimensions == 3 ? 2 * sqrt(5.0) : 4;
    for (int k = 0; k < dimensions; k++) {
        centre[k] = mean[k];
        axes[k] = full * sqrt(fmax(variance[k], 0));
    }
}

void qd_region_intensity(const qd_region *region, double *mean, double *sd)
{
    *mean = region->intensity / region->count;
    *sd = sqrt(fmax(region->intensity_square / region->count - *mean * *mean, 0));
}
