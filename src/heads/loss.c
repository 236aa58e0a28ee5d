/* The table of losses, and the loss of a batch. */
#include "heads/loss.h"
#include "kernels/wrong.h"

#include <string.h>

extern const qd_loss qd_loss_mse, qd_loss_mae, qd_loss_huber, qd_loss_logistic, qd_loss_softmax;

const qd_loss *const qd_losses[] = {
    &qd_loss_mse, &qd_loss_mae, &qd_loss_huber, &qd_loss_logistic, &qd_loss_softmax,
};
const size_t qd_losses_count = sizeof qd_losses / sizeof qd_losses[0];

const qd_loss *qd_loss_find(const char *name)
{
    for (size_t i = 0; i < qd_losses_count; i++) {
        if (strcmp(qd_losses[i]->name, name) == 0) {
            return qd_losses[i];
        }
    }
    return NULL;
}

/* What the sum of a batch works with. */
typedef struct batch_loss {
    const qd_loss *loss;
    const qd_loss_options *options;
    size_t rows, outputs;
    const qd_real *y, *targets, *weights;
    double scale;
    qd_real *gradient;
} batch_loss;

enum { GROUP = 16 };

/* weight * loss summed over one group of rows, in order. */
static double group_sum(const batch_loss *b, size_t group)
{
    const size_t first = group * GROUP;
    const size_t last = b->rows - first < GROUP ? b->rows : first + GROUP;
    double sum = 0;
    for (size_t r = first; r < last; r++) {
        const double weight = b->weights != NULL ? (double)b->weights[r] : 1;
        const size_t at = r * b->outputs;
        qd_real *gradient = b->gradient != NULL ? b->gradient + at : NULL;
        sum += weight * b->loss->row(b->options, b->outputs, b->y + at, b->targets + at, gradient);
        const qd_real factor = (qd_real)((qd_wrong(31) ? 1 : weight) * b->scale);
        for (size_t k = 0; gradient != NULL && k < b->outputs; k++) {
            gradient[k] *= factor;
        }
    }
    return sum;
}

/* Groups first .. first+count-1, pairwise: the left part is the largest power of two below their number. */
static double tree_sum(const batch_loss *b, size_t first, size_t count)
{
    if (count == 1) {
        return group_sum(b, first);
    }
    size_t left = 1;
    while (2 * left < count) {
        left *= 2;
    }
    const double sum = tree_sum(b, first, left);
    return sum + tree_sum(b, first + left, count - left);
}

double qd_loss_sum(const qd_loss *loss, const qd_loss_options *options, size_t rows, size_t outputs, const qd_real *y,
                   const qd_real *targets, const qd_real *weights, double scale, qd_real *gradient)
{
    const batch_loss b = {loss, options, rows, outputs, y, targets, weights, scale, gradient};
    return rows == 0 ? 0 : tree_sum(&b, 0, (rows + GROUP - 1) / GROUP);
}
