/* Training a model of sites: sequences, cut into pieces where they are long, to batches; the cross-entropy of every
   known residue; and what is held out. */
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "store/session.h"
#include "tasks/sites.h"
#include "tasks/sites_split.h"

#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------------------------------------- settings */

/* Chosen on the held-out perplexity and on looking ahead from 2008 and 2009 (docs/sites.md). */
static const char *const defaults[][2] = {
    {"layers", "apart:64"}, {"optimizer", "adamw"}, {"lr", "0.01"},           {"batch", "8"},
    {"schedule", "cosine"}, {"clip-norm", "1"},     {"weight-decay", "0.01"}, {"valid", "0.1"},
};

const char *qd_sites_default(const char *name)
{
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        if (strcmp(defaults[i][0], name) == 0) {
            return defaults[i][1];
        }
    }
    return strcmp(name, "epochs") == 0 ? "by the data" : NULL;
}

enum { UPDATES = 800 }; /* that the network gets at least, where the epochs were not given */

static qd_status set_epochs(qd_settings *settings, size_t sequences, qd_error *error)
{
    if (qd_settings_given(settings, "epochs")) {
        return QD_OK;
    }
    const size_t updates = qd_train_batches(settings, sequences > 0 ? sequences : 1);
    size_t epochs = (UPDATES + updates - 1) / updates;
    epochs = epochs < 4 ? 4 : epochs > 100 ? 100 : epochs;
    char text[32];
    qd_text_format(text, sizeof text, "%zu", epochs);
    return qd_settings_set(settings, "epochs", text, error);
}

enum { VECTOR = 20 }; /* columns of a residue's vector, for each direction */

/* "embed:40+vocabulary=21,LAYERS,around", unless the list is whole already. */
static qd_status whole_list(const char *layers, size_t letters, char **out, qd_error *error)
{
    const size_t size = strlen(layers) + 64;
    *out = qd_mem_new(size, 1);
    if (*out == NULL) {
        return qd_fail_memory(error, size, "layers");
    }
    if (strncmp(layers, "embed:", 6) == 0) {
        qd_text_format(*out, size, "%s", layers);
    } else {
        qd_text_format(*out, size, "embed:%d+vocabulary=%zu,%s,around", 2 * VECTOR, letters + 1, layers);
    }
    return QD_OK;
}

/* embed, then one or more apart, then around. */
static qd_status check_layers(const char *list, size_t letters, qd_error *error)
{
    qd_layer_spec *specs;
    size_t count;
    const qd_status status = qd_layer_specs_parse(list, &specs, &count, error);
    if (status != QD_OK) {
        return status;
    }
    bool right = count >= 3 && specs[0].vocabulary == letters + 1 && strcmp(specs[count - 1].kind, "around") == 0;
    for (size_t i = 0; i < count; i++) {
        const bool inner = i > 0 && i + 1 < count;
        right = right && !specs[i].residual && (!inner || strcmp(specs[i].kind, "apart") == 0);
    }
    qd_mem_free(specs);
    return right ? QD_OK
                 : qd_fail(error, QD_ERR_VALUE,
                           "layers: a model of sites is made of layers apart:UNITS, with dropout or without: others "
                           "would let a prediction see what it predicts");
}

/* A fraction that may be 0, or a file. */
static bool valid_fraction(const qd_settings *settings, double *fraction)
{
    const char *valid = qd_settings_text(settings, "valid");
    return qd_text_to_double(valid, strlen(valid), fraction);
}

qd_status qd_sites_check(const qd_settings *settings, size_t letters, qd_error *error)
{
    double fraction;
    if (valid_fraction(settings, &fraction) && !(fraction >= 0 && fraction < 1)) {
        return qd_fail(error, QD_ERR_VALUE, "valid: %s is not a fraction from 0 to less than 1",
                       qd_settings_text(settings, "valid"));
    }
    if (valid_fraction(settings, &fraction) && fraction == 0 && qd_settings_integer(settings, "patience") > 0) {
        return qd_fail(error, QD_ERR_VALUE, "patience: early stopping watches the validation loss; give valid too");
    }
    const char *scale = qd_settings_text(settings, "scale");
    if (strcmp(scale, "auto") != 0 && strcmp(scale, "none") != 0) {
        return qd_fail(error, QD_ERR_VALUE, "scale: residues are letters, and have no %s scale", scale);
    }
    return check_layers(qd_settings_text(settings, "layers"), letters, error);
}

qd_status qd_sites_settings(const qd_settings *settings, size_t letters, size_t sequences, qd_settings **out,
                            qd_error *error)
{
    char *layers = NULL;
    qd_status status = qd_settings_copy(settings, out, error);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0] && status == QD_OK; i++) {
        if (!qd_settings_given(settings, defaults[i][0])) {
            status = qd_settings_set(*out, defaults[i][0], defaults[i][1], error);
        }
    }
    if (status == QD_OK) {
        status = set_epochs(*out, sequences, error);
    }
    if (status == QD_OK) {
        status = whole_list(qd_settings_text(*out, "layers"), letters, &layers, error);
    }
    if (status == QD_OK) {
        status = qd_settings_set(*out, "layers", layers, error);
    }
    if (status == QD_OK) {
        status = qd_sites_check(*out, letters, error);
    }
    qd_mem_free(layers);
    if (status != QD_OK && *out != NULL) {
        qd_settings_free(*out);
        *out = NULL;
    }
    return status;
}

/* ---------------------------------------------------------------------------------------------- the lesson */

/* Residues first .. first+length-1 of a sequence. */
typedef struct piece {
    size_t sequence, first, length;
} piece;

/* What is learned from, or validated on. */
typedef struct part {
    const qd_strains *data;
    size_t count;
    piece *piece; /* [count], owned */
    double mean;  /* weight of a piece */
} part;

typedef struct lesson {
    part part[2]; /* to learn from; held out */
    size_t letters, steps, rows;
    double mask;
    uint64_t seed;
    const qd_kernels *kernels;
    const part *loaded; /* whose pieces are in the batch */
    /* Of the batch, in the caller's order: */
    float *x; /* [rows][steps] */
    const float **row_x;
    size_t *lengths;
    uint64_t *numbers;
    float *exponent; /* [rows * steps][letters]: e^(y - the largest y) */
    double *sum;     /* [rows]: of the losses of a piece, in packed order */
    size_t *scored;  /* [rows]: its residues that are known, likewise */
} lesson;

static const uint8_t *residues(const part *p, size_t n)
{
    return p->data->residue + p->data->start[p->piece[n].sequence] + p->piece[n].first;
}

/* Pieces as equal as can be of the sequences that are held (or those that are not). */
static qd_status cut(part *p, const qd_strains *data, const bool *held, bool which, size_t most, qd_error *error)
{
    double weights = 0;
    *p = (part){.data = data};
    for (int pass = 0; pass < 2; pass++) {
        p->count = 0;
        for (size_t n = 0; n < data->count; n++) {
            const size_t length = qd_strains_length(data, n), pieces = (length + most - 1) / most;
            for (size_t i = 0; i < pieces && (held == NULL || held[n] == which); i++, p->count++) {
                const size_t from = length * i / pieces;
                if (pass > 0) {
                    p->piece[p->count] = (piece){n, from, length * (i + 1) / pieces - from};
                    weights += data->weight[n];
                }
            }
        }
        if (pass == 0) {
            p->piece = qd_mem_new(p->count, sizeof *p->piece);
            if (p->piece == NULL) {
                return qd_fail_memory(error, p->count * sizeof *p->piece, "pieces of sequences");
            }
        }
    }
    p->mean = p->count > 0 ? weights / (double)p->count : 1;
    return QD_OK;
}

static void load(void *context, bool valid, const size_t *index, size_t rows, uint64_t epoch, qd_batch *batch)
{
    lesson *l = context;
    const part *p = l->loaded = &l->part[valid];
    const qd_random stream = qd_random_stream(l->seed, QD_FOR_MASK, 0, (uint32_t)epoch);
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *residue = residues(p, index[r]);
        float *x = l->x + r * l->steps;
        uint32_t words[4];
        l->lengths[r] = p->piece[index[r]].length;
        l->row_x[r] = x;
        l->numbers[r] = index[r];
        for (size_t t = 0; t < l->lengths[r]; t++) {
            if (t % 4 == 0 && l->mask > 0) {
                qd_random_block(stream, index[r], (uint32_t)(t / 4), 0, words);
            }
            const bool hidden = !valid && l->mask > 0 && (double)qd_random_float(words[t % 4]) < l->mask;
            x[t] = (float)(hidden ? l->letters : residue[t]);
        }
    }
    qd_batch_fill(batch, rows, l->row_x, l->lengths, l->numbers);
}

/* exponent = e^(y - the largest of its row), and the largest taken off y's own letter by the caller. */
static void exponents(lesson *l, const float *y, size_t total)
{
    for (size_t row = 0; row < total; row++) {
        const float *own = y + row * l->letters;
        float *shifted = l->exponent + row * l->letters, most = own[0];
        for (size_t k = 1; k < l->letters; k++) {
            most = own[k] > most ? own[k] : most;
        }
        for (size_t k = 0; k < l->letters; k++) {
            shifted[k] = own[k] - most;
        }
    }
    l->kernels->exp(total * l->letters, l->exponent, l->exponent);
}

static void count_scored(lesson *l, const qd_packing *packing)
{
    for (size_t r = 0; r < packing->rows; r++) {
        const uint8_t *residue = residues(l->loaded, packing->sample[r]);
        l->sum[r] = 0;
        l->scored[r] = 0;
        for (size_t t = 0; t < l->loaded->piece[packing->sample[r]].length; t++) {
            l->scored[r] += residue[t] < l->letters;
        }
    }
}

static double weight_of(const part *p, size_t n)
{
    return p->data->weight[p->piece[n].sequence] / p->mean;
}

/* With p = softmax(y), a residue's loss is -log p of its letter; its gradient p - 1 at the letter, p elsewhere. */
static double residue_loss(const lesson *l, size_t row, uint8_t letter, float factor, float *gradient)
{
    const float *e = l->exponent + row * l->letters;
    double sum = 0;
    for (size_t k = 0; k < l->letters; k++) {
        sum += (double)e[k];
    }
    for (size_t k = 0; gradient != NULL && k < l->letters; k++) {
        gradient[row * l->letters + k] = ((float)((double)e[k] / sum) - (k == letter ? 1.0f : 0.0f)) * factor;
    }
    const double least = 1e-37; /* below it float32 has no exponent left */
    return log(sum) - log((double)e[letter] > least ? (double)e[letter] : least);
}

/* The loss of a piece is the mean over its residues, times the weight of its sequence. */
static double loss(void *context, const qd_batch *batch, const float *outputs, float *gradient)
{
    lesson *l = context;
    const qd_packing *packing = &batch->packing;
    const size_t total = qd_packing_total(packing);
    exponents(l, outputs, total);
    count_scored(l, packing);
    if (gradient != NULL) {
        memset(gradient, 0, total * l->letters * sizeof *gradient);
    }
    for (size_t t = 0; t < packing->steps; t++) {
        for (size_t r = 0; r < qd_packing_active(packing, t); r++) {
            const size_t n = packing->sample[r];
            const uint8_t letter = residues(l->loaded, n)[t];
            const double factor = weight_of(l->loaded, n) / (double)packing->rows / (double)l->scored[r];
            if (letter < l->letters) {
                l->sum[r] += residue_loss(l, packing->offset[t] + r, letter, (float)factor, gradient);
            }
        }
    }
    double sum = 0;
    for (size_t r = 0; r < packing->rows; r++) {
        sum += l->scored[r] > 0 ? weight_of(l->loaded, packing->sample[r]) * l->sum[r] / (double)l->scored[r] : 0;
    }
    return sum;
}

/* ---------------------------------------------------------------------------------------------- training */

typedef struct training {
    const qd_settings *settings;
    qd_network *network;
    float *initial; /* weights, or NULL */
    qd_train_state *state;
    lesson lesson;
    bool *held; /* [sequences], or NULL */
    char *checkpoint;
    uint32_t fingerprint;
    qd_sites_origin origin;
} training;

static uint32_t mix(uint32_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ at[i]) * 16777619u; /* FNV-1a */
    }
    return hash;
}

static uint32_t fingerprint(uint32_t hash, const qd_strains *data)
{
    hash = mix(hash, data->start, (data->count + 1) * sizeof *data->start);
    hash = mix(hash, data->residue, data->start[data->count]);
    hash = mix(hash, data->weight, data->count * sizeof *data->weight);
    return mix(hash, data->day, data->count * sizeof *data->day);
}

static qd_status split(training *t, const qd_strains *data, const qd_strains *valid, qd_error *error)
{
    double fraction = 0;
    if (valid != NULL || !valid_fraction(t->settings, &fraction) || fraction == 0) {
        return QD_OK;
    }
    const char *by = qd_settings_text(t->settings, "valid-by");
    t->origin.by_time = strcmp(by, "time") == 0 || (strcmp(by, "auto") == 0 && qd_sites_dated(data));
    t->held = qd_mem_new(data->count, sizeof *t->held);
    return t->held == NULL ? qd_fail_memory(error, data->count, "the held-out part")
                           : qd_sites_hold_out(data, fraction, t->origin.by_time,
                                               (uint64_t)qd_settings_integer(t->settings, "seed"), t->held, error);
}

static void describe(training *t, const qd_strains *data, const qd_strains *valid)
{
    qd_sites_origin *origin = &t->origin;
    origin->last_day = QD_UNDATED;
    origin->perplexity = origin->column_perplexity = NAN;
    for (size_t n = 0; n < data->count; n++) {
        origin->last_day = data->day[n] > origin->last_day ? data->day[n] : origin->last_day;
        if (t->held != NULL && t->held[n]) {
            origin->held_out++;
            continue;
        }
        origin->sequences++;
        origin->residues += qd_strains_length(data, n);
    }
    origin->held_out += valid != NULL ? valid->count : 0;
}

static qd_status allocate_lesson(lesson *l, qd_error *error)
{
    const size_t size = l->rows * l->steps;
    l->x = qd_mem_new(size, sizeof *l->x);
    l->row_x = qd_mem_new(l->rows, sizeof *l->row_x);
    l->lengths = qd_mem_new(l->rows, sizeof *l->lengths);
    l->numbers = qd_mem_new(l->rows, sizeof *l->numbers);
    l->exponent = qd_mem_new(size, l->letters * sizeof *l->exponent);
    l->sum = qd_mem_new(l->rows, sizeof *l->sum);
    l->scored = qd_mem_new(l->rows, sizeof *l->scored);
    return l->x == NULL || l->row_x == NULL || l->lengths == NULL || l->numbers == NULL || l->exponent == NULL ||
                   l->sum == NULL || l->scored == NULL
               ? qd_fail_memory(error, size * l->letters * sizeof *l->exponent, "a batch")
               : QD_OK;
}

static void lesson_clear(lesson *l)
{
    qd_mem_free(l->part[0].piece);
    qd_mem_free(l->part[1].piece);
    qd_mem_free(l->x);
    qd_mem_free(l->row_x);
    qd_mem_free(l->lengths);
    qd_mem_free(l->numbers);
    qd_mem_free(l->exponent);
    qd_mem_free(l->sum);
    qd_mem_free(l->scored);
}

static qd_status prepare_lesson(training *t, const qd_strains *data, const qd_strains *valid, size_t letters,
                                qd_error *error)
{
    lesson *l = &t->lesson;
    const size_t crop = (size_t)qd_settings_integer(t->settings, "crop");
    const size_t batch = (size_t)qd_settings_integer(t->settings, "batch");
    l->letters = letters;
    l->mask = qd_settings_real(t->settings, "mask");
    l->seed = (uint64_t)qd_settings_integer(t->settings, "seed");
    qd_status status = qd_kernels_select(&l->kernels, error);
    if (status == QD_OK) {
        status = cut(&l->part[0], data, t->held, false, crop, error);
    }
    if (status == QD_OK && (valid != NULL || t->held != NULL)) {
        status = valid != NULL ? cut(&l->part[1], valid, NULL, true, crop, error)
                               : cut(&l->part[1], data, t->held, true, crop, error);
    }
    if (status != QD_OK) {
        return status;
    }
    for (int i = 0; i < 2; i++) {
        for (size_t n = 0; n < l->part[i].count; n++) {
            l->steps = l->part[i].piece[n].length > l->steps ? l->part[i].piece[n].length : l->steps;
        }
    }
    l->rows = batch < l->part[0].count ? batch : l->part[0].count;
    return allocate_lesson(l, error);
}

static qd_status prepare_network(training *t, size_t letters, qd_error *error)
{
    qd_status status = qd_network_new(qd_settings_text(t->settings, "layers"), qd_settings_real(t->settings, "dropout"),
                                      1, letters, true, &t->network, error);
    if (status == QD_OK) {
        status = qd_session_initial(t->settings, t->network, &t->initial, error);
    }
    return status == QD_OK ? qd_session_path(t->settings, 0, &t->checkpoint, error) : status;
}

static qd_status run(training *t, qd_monitor monitor, void *context, qd_error *error)
{
    const qd_problem problem = {
        .context = &t->lesson,
        .count = t->lesson.part[0].count,
        .valid_count = t->lesson.part[1].count,
        .steps = t->lesson.steps,
        .load = load,
        .loss = loss,
    };
    const qd_session session = {
        .settings = t->settings,
        .network = t->network,
        .problem = &problem,
        .initial = t->initial,
        .checkpoint = t->checkpoint,
        .fingerprint = t->fingerprint,
        .monitor = monitor,
        .context = context,
        .history = qd_settings_text(t->settings, "history"),
    };
    return qd_session_run(&session, &t->state, error);
}

/* The perplexity of the weights that are kept: of the best epoch with early stopping, else of the last. */
static double final_perplexity(const training *t)
{
    const qd_history *history = &t->state->history;
    const uint64_t best = t->state->best != NULL ? t->state->best_epoch : t->state->epoch;
    return best > 0 && best <= history->count ? exp(history->rows[best - 1].valid_loss) : (double)NAN;
}

/* What the sequences and the network say about the columns of the most typical sequence. */
static qd_status add_columns(const training *t, const qd_strains *train, const qd_strains *valid, qd_sites *sites,
                             qd_error *error)
{
    const qd_sites_net net = qd_sites_net_of(sites);
    const unsigned threads = (unsigned)qd_settings_integer(t->settings, "threads");
    qd_profile *learned = NULL, *seen = NULL;
    qd_status status = qd_sites_columns_of(&net, train, threads, &sites->columns, error);
    if (status != QD_OK || t->origin.held_out == 0) {
        return status;
    }
    status = qd_sites_count(sites->columns.all, train, t->held, false, &learned, error);
    if (status == QD_OK) {
        status = valid != NULL ? qd_sites_count(sites->columns.all, valid, NULL, false, &seen, error)
                               : qd_sites_count(sites->columns.all, train, t->held, true, &seen, error);
    }
    if (status == QD_OK) {
        sites->origin.column_perplexity = qd_sites_columns_perplexity(learned, seen);
    }
    qd_profile_free(learned);
    qd_profile_free(seen);
    return status;
}

/* The network, its weights and the history pass to the model. */
static qd_status collect(training *t, const qd_strains *train, const qd_strains *valid, qd_sites **out, qd_error *error)
{
    qd_sites *sites = qd_mem_new(1, sizeof *sites);
    if (sites == NULL) {
        return qd_fail_memory(error, sizeof *sites, "a model");
    }
    sites->alphabet = train->alphabet;
    sites->origin = t->origin;
    sites->origin.perplexity = final_perplexity(t);
    sites->network = t->network;
    sites->parameters = t->state->parameters;
    sites->history = t->state->history;
    t->network = NULL;
    t->state->parameters = NULL;
    t->state->history = (qd_history){0};
    qd_status status = qd_settings_copy(t->settings, &sites->settings, error);
    if (status == QD_OK) {
        status = add_columns(t, train, valid, sites, error);
    }
    if (status != QD_OK) {
        qd_sites_free(sites);
        return status;
    }
    *out = sites;
    return QD_OK;
}

static void training_clear(training *t)
{
    qd_network_free(t->network);
    qd_mem_free(t->initial);
    qd_train_state_free(t->state);
    lesson_clear(&t->lesson);
    qd_mem_free(t->held);
    qd_mem_free(t->checkpoint);
}

qd_status qd_sites_train(const qd_settings *settings, const qd_strains *train, const qd_strains *valid,
                         qd_monitor monitor, void *context, qd_sites **out, qd_error *error)
{
    const size_t letters = train->alphabet->count;
    *out = NULL;
    training t = {.settings = settings, .fingerprint = fingerprint(2166136261u, train)};
    if (valid != NULL) {
        t.fingerprint = fingerprint(t.fingerprint, valid);
    }
    qd_status status = split(&t, train, valid, error);
    if (status == QD_OK) {
        describe(&t, train, valid);
        status = prepare_lesson(&t, train, valid, letters, error);
    }
    if (status == QD_OK) {
        status = prepare_network(&t, letters, error);
    }
    if (status == QD_OK) {
        status = run(&t, monitor, context, error);
    }
    if (t.state != NULL && (status == QD_OK || status == QD_ERR_NUMERIC)) {
        /* A failure here must not hide why training ended early. */
        const qd_status made = collect(&t, train, valid, out, status == QD_OK ? error : NULL);
        status = status == QD_OK ? made : status;
    }
    training_clear(&t);
    return status;
}

void qd_sites_free(qd_sites *sites)
{
    if (sites != NULL) {
        qd_settings_free(sites->settings);
        qd_network_free(sites->network);
        qd_mem_free(sites->parameters);
        qd_history_clear(&sites->history);
        qd_sites_columns_clear(&sites->columns);
        qd_mem_free(sites);
    }
}
