/* The scan: the wild type's states once, then the mutants of a few positions at a time. */
#include "tasks/sites_scan.h"
#include "base/fpmode.h"
#include "base/mem.h"
#include "tasks/sites_stack.h"

#include <math.h>
#include <string.h>

/* Positions whose mutants are one batch: with 19 mutants each, about two of the kernels' blocks of rows. */
enum { GROUP = 5, MOST_LETTERS = 32, MOST_ROWS = GROUP * MOST_LETTERS };

/* With a tolerance: steps from one look at the states to the next. */
enum { LOOK = 4 };

/* A sequence read from one end.  Steps count in that order. */
typedef struct direction {
    qd_stack *stack;
    const float *vectors; /* of the tokens, ld apart */
    size_t ld;
    uint8_t *token;        /* [T] */
    qd_stack_states wild;  /* row t: after step t */
    qd_stack_states begin; /* one row of zeros: before the first */
    double *sum;           /* [T + 1][units]: of the last layer's hidden states before step t, added in their order */
} direction;

/* A mutant that is followed. */
typedef struct slot {
    size_t step, letter;
} slot;

/* What a thread works in. */
typedef struct worker {
    qd_stack_states states[2][2]; /* of each direction, two in turn */
    float *x;                     /* [rows][inputs]: what mutants begin with */
    double *sum;                  /* [rows][units] */
    slot slot[MOST_ROWS];
    double steps; /* followed */
} worker;

typedef struct scanning {
    const qd_sites_net *net;
    size_t length, letters;
    direction direction[2];
    worker *worker;
    unsigned workers;
    float tolerance;
    qd_scan *result;
    size_t first; /* position of the groups under way */
} scanning;

/* -------------------------------------------------------------------------------------------- directions */

static const float *vector(const direction *d, size_t token)
{
    return d->vectors + token * d->ld;
}

static void direction_clear(direction *d)
{
    qd_stack_free(d->stack);
    qd_stack_states_clear(&d->wild);
    qd_stack_states_clear(&d->begin);
    qd_mem_free(d->token);
    qd_mem_free(d->sum);
    *d = (direction){0};
}

static qd_status direction_new(const qd_sites_net *net, const uint8_t *residue, size_t length, bool reverse,
                               direction *d, qd_error *error)
{
    const qd_tensor *embedding = qd_network_tensor(net->network, 0);
    *d = (direction){.ld = embedding->cols};
    qd_status status = qd_stack_new(net->network, net->parameters, reverse, &d->stack, error);
    if (status == QD_OK) {
        status = qd_stack_states_new(d->stack, length, &d->wild, error);
    }
    if (status == QD_OK) {
        status = qd_stack_states_new(d->stack, 1, &d->begin, error);
    }
    if (status != QD_OK) {
        return status;
    }
    d->vectors = net->parameters + embedding->offset + (reverse ? embedding->cols / 2 : 0);
    d->token = qd_mem_new(length, 1);
    d->sum = qd_mem_new(length + 1, d->stack->units * sizeof *d->sum);
    if (d->token == NULL || d->sum == NULL) {
        return qd_fail_memory(error, (length + 1) * d->stack->units * sizeof *d->sum, "sums of states");
    }
    for (size_t t = 0; t < length; t++) {
        d->token[t] = residue[reverse ? length - 1 - t : t];
    }
    return QD_OK;
}

/* The states of the sequence itself. */
static void direction_run(direction *d, size_t length)
{
    const size_t units = d->stack->units;
    for (size_t t = 0; t < length; t++) {
        const qd_stack_step step = {
            .from = t > 0 ? &d->wild : &d->begin,
            .from_row = t > 0 ? t - 1 : 0,
            .to = &d->wild,
            .to_row = t,
            .rows = 1,
            .x = vector(d, d->token[t]),
        };
        qd_stack_run(d->stack, &step);
        const float *h = qd_stack_top(d->stack, &d->wild, t);
        for (size_t u = 0; u < units; u++) {
            d->sum[(t + 1) * units + u] = d->sum[t * units + u] + (double)h[u];
        }
    }
}

/* The sum over the states around the positions: all but the last, beyond which there is no position. */
static const double *whole_sum(const direction *d, size_t length)
{
    return d->sum + (length - 1) * d->stack->units;
}

/* --------------------------------------------------------------------------------------------- one group */

/* Distances of a slot's sum of states from the wild type's, added to those of the other direction. */
static void finish(const scanning *s, const direction *d, bool reverse, const worker *w, size_t row)
{
    const slot *mutant = &w->slot[row];
    const size_t units = d->stack->units, position = reverse ? s->length - 1 - mutant->step : mutant->step;
    const double *own = w->sum + row * units, *wild = whole_sum(d, s->length);
    double one = 0, two = 0;
    for (size_t u = 0; u < units; u++) {
        const double difference = own[u] - wild[u];
        one += fabs(difference);
        two += difference * difference;
    }
    s->result->change_l1[position * s->letters + mutant->letter] += one;
    s->result->change_l2[position * s->letters + mutant->letter] += two;
}

/* The mutants of step t, behind `active` rows; returns how many. */
static size_t begin_mutants(const scanning *s, const direction *d, worker *w, size_t t, size_t active,
                            qd_stack_states *to)
{
    const size_t inputs = d->stack->inputs, units = d->stack->units;
    size_t rows = 0;
    for (size_t letter = 0; letter < s->letters; letter++) {
        if (letter != d->token[t]) {
            memcpy(w->x + rows * inputs, vector(d, letter), inputs * sizeof *w->x);
            memcpy(w->sum + (active + rows) * units, d->sum + t * units, units * sizeof *w->sum);
            w->slot[active + rows++] = (slot){t, letter};
        }
    }
    const qd_stack_step step = {
        .from = t > 0 ? &d->wild : &d->begin,
        .from_row = t > 0 ? t - 1 : 0,
        .shared = true,
        .to = to,
        .to_row = active,
        .rows = rows,
        .x = w->x,
        .ldx = inputs,
    };
    qd_stack_run(d->stack, &step);
    return rows;
}

static void add_states(const direction *d, const qd_stack_states *states, size_t rows, double *sum)
{
    const float *h = qd_stack_top(d->stack, states, 0);
    for (size_t i = 0; i < rows * d->stack->units; i++) {
        sum[i] += (double)h[i];
    }
}

/* Takes out the rows whose states after step t are the wild type's but for the tolerance; returns how many remain. */
static size_t drop_returned(const scanning *s, const direction *d, bool reverse, worker *w, size_t t, size_t active,
                            qd_stack_states *states)
{
    const size_t units = d->stack->units;
    const double *after = d->sum + (t + 1) * units, *wild = whole_sum(d, s->length);
    for (size_t row = active; row-- > 0;) {
        if (qd_stack_distance(d->stack, states, row, &d->wild, t) > s->tolerance) {
            continue;
        }
        for (size_t u = 0; u < units; u++) {
            w->sum[row * units + u] += wild[u] - after[u];
        }
        finish(s, d, reverse, w, row);
        active--;
        qd_stack_move(d->stack, states, active, row);
        memmove(w->sum + row * units, w->sum + active * units, units * sizeof *w->sum);
        w->slot[row] = w->slot[active];
    }
    return active;
}

/* Mutants of the steps begin .. end-1 of a direction, followed to its end. */
static void follow(const scanning *s, bool reverse, worker *w, size_t begin, size_t end)
{
    const direction *d = &s->direction[reverse];
    size_t active = 0, now = 0;
    for (size_t t = begin; t + 1 < s->length && (t < end || active > 0); t++) {
        qd_stack_states *from = &w->states[reverse][now], *to = &w->states[reverse][1 - now];
        const qd_stack_step step = {
            .from = from, .to = to, .rows = active, .x = vector(d, d->token[t])};
        qd_stack_run(d->stack, &step);
        active += t < end ? begin_mutants(s, d, w, t, active, to) : 0;
        add_states(d, to, active, w->sum);
        w->steps += (double)active;
        if (s->tolerance > 0 && t % LOOK == 0) {
            active = drop_returned(s, d, reverse, w, t, active, to);
        }
        now = 1 - now;
    }
    for (size_t row = 0; row < active; row++) {
        finish(s, d, reverse, w, row);
    }
}

static void scan_groups(void *context, size_t begin, size_t end, unsigned number)
{
    const scanning *s = context;
    for (size_t group = begin; group < end; group++) {
        const size_t first = s->first + group * GROUP;
        const size_t last = first + GROUP < s->length ? first + GROUP : s->length;
        follow(s, false, &s->worker[number], first, last);
        follow(s, true, &s->worker[number], s->length - last, s->length - first);
    }
}

/* ----------------------------------------------------------------------------------------- probabilities */

/* log softmax of one row, in place of the outputs, and its entropy. */
static double log_softmax(size_t letters, const float *y, double *log_prob)
{
    double most = (double)y[0], sum = 0, entropy = 0;
    for (size_t k = 1; k < letters; k++) {
        most = (double)y[k] > most ? (double)y[k] : most;
    }
    for (size_t k = 0; k < letters; k++) {
        sum += exp((double)y[k] - most);
    }
    for (size_t k = 0; k < letters; k++) {
        log_prob[k] = (double)y[k] - most - log(sum);
        entropy -= exp(log_prob[k]) * log_prob[k];
    }
    return entropy;
}

/* The outputs at every position from the states around it. */
static qd_status probabilities(const scanning *s, qd_error *error)
{
    const direction *forward = &s->direction[0], *backward = &s->direction[1];
    const size_t units = forward->stack->units, width = 2 * units;
    const qd_kernels *kernels = forward->stack->kernels;
    const qd_tensor *dense = qd_network_tensor(s->net->network, qd_network_tensors(s->net->network) - 2);
    const size_t size = qd_pack_matrix_size(kernels, width, s->letters);
    float *packed = qd_mem_new(size, sizeof *packed), *around = qd_mem_new(width, sizeof *around);
    if (packed == NULL || around == NULL) {
        qd_mem_free(packed);
        qd_mem_free(around);
        return qd_fail_memory(error, size * sizeof *packed, "the weights of the outputs");
    }
    qd_pack_matrix(kernels, width, s->letters, s->net->parameters + dense->offset, 1, width, packed);
    for (size_t i = 0; i < s->length; i++) {
        float y[MOST_LETTERS];
        const float *before = i > 0 ? qd_stack_top(forward->stack, &forward->wild, i - 1)
                                    : qd_stack_top(forward->stack, &forward->begin, 0);
        const float *after = i + 1 < s->length ? qd_stack_top(backward->stack, &backward->wild, s->length - 2 - i)
                                               : qd_stack_top(backward->stack, &backward->begin, 0);
        memcpy(around, before, units * sizeof *around);
        memcpy(around + units, after, units * sizeof *around);
        const qd_affine product = {
            .rows = 1,
            .depth = width,
            .cols = s->letters,
            .a = around,
            .packed = packed,
            .start = s->net->parameters + dense[1].offset,
            .out = y,
            .lda = width,
            .ldo = s->letters,
        };
        kernels->affine(&product);
        s->result->entropy[i] = log_softmax(s->letters, y, s->result->log_prob + i * s->letters);
    }
    qd_mem_free(packed);
    qd_mem_free(around);
    return QD_OK;
}

/* ----------------------------------------------------------------------------------------------- the scan */

void qd_scan_free(qd_scan *scan)
{
    if (scan != NULL) {
        qd_mem_free(scan->log_prob);
        qd_mem_free(scan->entropy);
        qd_mem_free(scan->change_l1);
        qd_mem_free(scan->change_l2);
        qd_mem_free(scan);
    }
}

static qd_status result_new(size_t length, size_t letters, qd_scan **out, qd_error *error)
{
    qd_scan *scan = qd_mem_new(1, sizeof *scan);
    if (scan != NULL) {
        scan->length = length;
        scan->letters = letters;
        scan->log_prob = qd_mem_new(length * letters, sizeof(double));
        scan->entropy = qd_mem_new(length, sizeof(double));
        scan->change_l1 = qd_mem_new(length * letters, sizeof(double));
        scan->change_l2 = qd_mem_new(length * letters, sizeof(double));
    }
    if (scan == NULL || scan->log_prob == NULL || scan->entropy == NULL || scan->change_l1 == NULL ||
        scan->change_l2 == NULL) {
        qd_scan_free(scan);
        return qd_fail_memory(error, 3 * length * letters * sizeof(double), "scores of mutants");
    }
    *out = scan;
    return QD_OK;
}

static qd_status worker_new(const scanning *s, worker *w, qd_error *error)
{
    const qd_stack *stack = s->direction[0].stack;
    qd_status status = QD_OK;
    for (int i = 0; i < 4 && status == QD_OK; i++) {
        status = qd_stack_states_new(stack, MOST_ROWS, &w->states[i / 2][i % 2], error);
    }
    w->x = qd_mem_new(MOST_LETTERS, stack->inputs * sizeof *w->x);
    w->sum = qd_mem_new(MOST_ROWS, stack->units * sizeof *w->sum);
    if (status == QD_OK && (w->x == NULL || w->sum == NULL)) {
        status = qd_fail_memory(error, MOST_ROWS * stack->units * sizeof *w->sum, "sums of states");
    }
    return status;
}

static void scanning_clear(scanning *s)
{
    for (unsigned i = 0; s->worker != NULL && i < s->workers; i++) {
        for (int k = 0; k < 4; k++) {
            qd_stack_states_clear(&s->worker[i].states[k / 2][k % 2]);
        }
        qd_mem_free(s->worker[i].x);
        qd_mem_free(s->worker[i].sum);
    }
    qd_mem_free(s->worker);
    direction_clear(&s->direction[0]);
    direction_clear(&s->direction[1]);
    qd_scan_free(s->result);
}

static qd_status run_groups(scanning *s, qd_pool *pool, const qd_scan_options *options, qd_error *error)
{
    const size_t each = (size_t)s->workers * GROUP;
    for (s->first = 0; s->first < s->length; s->first += each) {
        const size_t left = s->length - s->first, positions = left < each ? left : each;
        qd_pool_run(pool, (positions + GROUP - 1) / GROUP, 1, scan_groups, s);
        if (options->monitor != NULL && options->monitor(options->context, s->first + positions, s->length) != 0) {
            return qd_fail(error, QD_ERR_STOPPED, "stopped after %zu of %zu positions", s->first + positions,
                           s->length);
        }
    }
    return QD_OK;
}

/* From sums to means, and what the tolerance did. */
static void complete(scanning *s)
{
    qd_scan *scan = s->result;
    const double positions = (double)s->length;
    double followed = 0, all = 0;
    for (size_t i = 0; i < s->length * s->letters; i++) {
        scan->change_l1[i] /= positions;
        scan->change_l2[i] = sqrt(scan->change_l2[i]) / positions;
    }
    for (unsigned i = 0; i < s->workers; i++) {
        followed += s->worker[i].steps;
    }
    for (size_t p = 0; p < s->length; p++) { /* T - 1 steps in both directions together */
        all += (positions - 1) * (double)(s->letters - (s->direction[0].token[p] < s->letters ? 1 : 0));
    }
    scan->steps = all > 0 ? followed / all : 1;
    scan->bound_l1 = (double)s->tolerance * (double)(2 * s->direction[0].stack->units);
}

static qd_status changes(scanning *s, const qd_scan_options *options, qd_error *error)
{
    qd_pool *pool = NULL;
    qd_status status = qd_pool_new(options->threads, &pool, error);
    if (status != QD_OK) {
        return status;
    }
    s->workers = qd_pool_threads(pool);
    s->worker = qd_mem_new(s->workers, sizeof *s->worker);
    status = s->worker == NULL ? qd_fail_memory(error, s->workers * sizeof *s->worker, "threads") : QD_OK;
    for (unsigned i = 0; i < s->workers && status == QD_OK; i++) {
        status = worker_new(s, &s->worker[i], error);
    }
    if (status == QD_OK) {
        status = run_groups(s, pool, options, error);
    }
    if (status == QD_OK) {
        complete(s);
    }
    qd_pool_free(pool);
    return status;
}

static qd_status run(scanning *s, const uint8_t *residue, const qd_scan_options *options, qd_error *error)
{
    qd_status status = result_new(s->length, s->letters, &s->result, error);
    for (int i = 0; i < 2 && status == QD_OK; i++) {
        status = direction_new(s->net, residue, s->length, i == 1, &s->direction[i], error);
    }
    if (status != QD_OK) {
        return status;
    }
    const qd_fpmode mode = qd_fpmode_enter();
    direction_run(&s->direction[0], s->length);
    direction_run(&s->direction[1], s->length);
    status = probabilities(s, error);
    if (status == QD_OK && !options->no_change) {
        status = changes(s, options, error);
    }
    qd_fpmode_leave(mode);
    return status;
}

qd_status qd_scan_run(const qd_sites_net *net, const uint8_t *residue, size_t length, const qd_scan_options *options,
                      qd_scan **out, qd_error *error)
{
    scanning s = {.net = net,
              .length = length,
              .letters = qd_network_outputs(net->network),
              .tolerance = (float)options->tolerance};
    if (length == 0 || s.letters >= MOST_LETTERS) {
        return qd_fail(error, QD_ERR_VALUE, "a wild type of %zu residues, %zu letters, cannot be scanned", length,
                       s.letters);
    }
    const qd_status status = run(&s, residue, options, error);
    if (status == QD_OK) {
        *out = s.result;
        s.result = NULL;
    }
    scanning_clear(&s);
    return status;
}

/* ---------------------------------------------------------------------------------------------- embedding */

size_t qd_sites_width(const qd_sites_net *net)
{
    return qd_network_tensor(net->network, qd_network_tensors(net->network) - 2)->cols;
}

qd_status qd_sites_embed(const qd_sites_net *net, const uint8_t *residue, size_t length, double *embedding,
                         qd_error *error)
{
    const size_t units = qd_sites_width(net) / 2;
    qd_status status = QD_OK;
    for (int i = 0; i < 2 && status == QD_OK; i++) {
        direction d;
        status = direction_new(net, residue, length, i == 1, &d, error);
        if (status == QD_OK) {
            const qd_fpmode mode = qd_fpmode_enter();
            direction_run(&d, length);
            qd_fpmode_leave(mode);
            for (size_t u = 0; u < units; u++) {
                embedding[(size_t)i * units + u] = whole_sum(&d, length)[u] / (double)length;
            }
        }
        direction_clear(&d);
    }
    return status;
}
