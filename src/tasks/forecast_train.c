/* Training a forecaster: samples from every series and origin, an ensemble of networks, then what is blended with them.
 */
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "tasks/forecast_parts.h"

#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------------------------------------- settings */

/* Chosen on the past of the Portal rodents (rows up to 400) and on FluSight weeks before October 2023. */
static const char *const defaults[][2] = {
    {"optimizer", "adamw"}, {"lr", "0.005"},    {"batch", "128"},          {"schedule", "cosine"},
    {"clip-norm", "1"},     {"dropout", "0.2"}, {"weight-decay", "0.001"},
};

const char *qd_forecast_default(const char *name)
{
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        if (strcmp(defaults[i][0], name) == 0) {
            return defaults[i][1];
        }
    }
    return strcmp(name, "epochs") == 0 || strcmp(name, "layers") == 0 ? "by the data" : NULL;
}

/* Is there a season, and are so many of them known that the network is told the place in it?  What was seen once or
   twice is as likely to be that year's as every year's. */
static bool season_told(const qd_panel *panel, size_t known)
{
    enum { SEASONS = 3 };
    return panel->season > 1 && (double)known >= SEASONS * panel->season;
}

/* Before a season is told, half as much again as is forecast: a longer past says little that the last values do not,
   and which of the few waves that the network has seen this one is.  Then two seasons, up to a limit.  Not more than
   half of what is known. */
static qd_status set_context(qd_settings *settings, const qd_panel *panel, size_t known, qd_error *error)
{
    enum { LEAST = 6, MOST_SEASONAL = 26 };
    qd_horizons horizons;
    const qd_status status = qd_forecast_horizons(settings, panel, &horizons, error);
    if (status != QD_OK) {
        return status;
    }
    const double ahead = (double)(horizons.last + horizons.lead);
    const double least = season_told(panel, known) ? fmin(2 * ceil(panel->season), MOST_SEASONAL) : LEAST;
    const double context = fmin(fmax(floor(1.5 * ahead), least), fmax(floor((double)known / 2), 2));
    char text[32];
    qd_text_format(text, sizeof text, "%.0f", context);
    return qd_settings_set(settings, "context", text, error);
}

/* A wider layer where there are counts enough to learn it from. */
enum { MANY = 1000 };

qd_status qd_forecast_settings(const qd_settings *settings, const qd_panel *panel, size_t known, qd_settings **out,
                               qd_error *error)
{
    qd_status status = qd_settings_copy(settings, out, error);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0] && status == QD_OK; i++) {
        if (!qd_settings_given(settings, defaults[i][0])) {
            status = qd_settings_set(*out, defaults[i][0], defaults[i][1], error);
        }
    }
    if (status == QD_OK) {
        status = qd_settings_set(*out, "join", qd_forecast_join_name(qd_settings_text(settings, "join")), error);
    }
    if (status == QD_OK && !qd_settings_given(settings, "layers")) {
        status = qd_settings_set(*out, "layers", panel->series * known < MANY ? "lstm:40" : "lstm:64", error);
    }
    if (status == QD_OK && qd_settings_integer(*out, "context") == 0) {
        status = set_context(*out, panel, known, error);
    }
    if (status != QD_OK && *out != NULL) {
        qd_settings_free(*out);
        *out = NULL;
    }
    return status;
}

/* -------------------------------------------------------------------------------------------- the inputs */

static void learn_covariates(qd_forecast_inputs *inputs, const qd_panel *panel, size_t origin)
{
    const size_t all = inputs->past + inputs->known + inputs->constants;
    for (size_t k = 0; k < all; k++) {
        const bool constant = k >= inputs->past + inputs->known;
        const size_t each = constant ? 1 : panel->times, until = constant ? 1 : origin;
        double n = 0, sum = 0, squares = 0;
        for (size_t s = 0; s < panel->series; s++) {
            for (size_t t = 0; t < until; t++) {
                const double value = panel->feature[k].value[s * each + t];
                if (!isnan(value)) {
                    n += 1;
                    sum += value;
                    squares += value * value;
                }
            }
        }
        inputs->mean[k] = n > 0 ? sum / n : 0;
        const double variance = n > 0 ? squares / n - inputs->mean[k] * inputs->mean[k] : 0;
        inputs->sd[k] = variance > 1e-12 * (1 + squares) ? sqrt(variance) : 1;
    }
}

/* Mean and deviation of the logarithm of the scale, over the series as they are at the origin. */
static void learn_level(qd_forecast_inputs *inputs, const qd_forecast_view *view, size_t origin, float *x)
{
    double n = 0, sum = 0, squares = 0;
    inputs->level_mean = 0;
    inputs->level_sd = 1;
    for (size_t s = 0; s < view->panel->series; s++) {
        double scale;
        if (qd_forecast_fill(inputs, view, s, origin, x, &scale) > 0) {
            n += 1;
            sum += log(scale);
            squares += log(scale) * log(scale);
        }
    }
    if (n > 0) {
        inputs->level_mean = sum / n;
        const double variance = squares / n - inputs->level_mean * inputs->level_mean;
        inputs->level_sd = variance > 1e-6 ? sqrt(variance) : 1;
    }
}

/* Times after which an observation counts half in the scale of its series. */
enum { HALF_LIFE = 2 };

static qd_status learn_inputs(qd_forecaster *f, const qd_panel *panel, size_t origin, qd_error *error)
{
    qd_forecast_inputs *inputs = &f->inputs;
    const bool seasonal = season_told(panel, origin);
    *inputs = (qd_forecast_inputs){
        .context = (size_t)qd_settings_integer(f->settings, "context"),
        .horizon = f->inputs.horizon,
        .season = seasonal ? panel->season : 0,
        .half_life = HALF_LIFE,
        .dated = seasonal && panel->day_step > 0 && panel->day_step<200, .weekdays = panel->day_step> 0 &&
                 panel->day_step < 1.5,
        .fed = qd_forecast_fed(f->settings),
        .series = panel->series,
        .past = panel->past,
        .known = panel->known,
        .constants = panel->constants,
    };
    qd_forecast_scale(f->settings, inputs);
    const size_t all = panel->past + panel->known + panel->constants;
    inputs->mean = qd_mem_new(all, sizeof(double));
    inputs->sd = qd_mem_new(all, sizeof(double));
    return inputs->mean == NULL || inputs->sd == NULL ? qd_fail_memory(error, 2 * all * sizeof(double), "covariates")
                                                      : QD_OK;
}

/* --------------------------------------------------------------------------------------------- samples */

typedef struct place {
    uint32_t series, origin;
} place;

/* The problem of learning to forecast. */
typedef struct lesson {
    qd_forecaster *forecaster;
    qd_forecast_view view;
    qd_forecast_view backwards; /* the past up to cut, the last time first; y is NULL where no sample is taken from it */
    size_t until;               /* nothing from this time on is known */
    size_t cut;                 /* targets from this time on are for validation; until: there is none */
    uint64_t seed;
    size_t count, valid_count;
    place *samples; /* [count + valid_count] */
    /* Of the batch, in the caller's order: */
    size_t rows;
    float *x; /* [rows][longest][width] */
    const float **row_x;
    size_t *lengths;
    uint64_t *numbers;
    double *scale;
    const double **targets; /* [rows]: the series that each is taken from, [times] */
} lesson;

/* Is there something to learn from this series and origin: an observation before, and one after? */
static bool teaches(const qd_forecast_inputs *inputs, const double *y, size_t origin, size_t until)
{
    bool before = false, after = false;
    for (size_t t = origin > inputs->context ? origin - inputs->context : 0; t < origin; t++) {
        before = before || !isnan(y[t]);
    }
    for (size_t t = origin; t < until && t < origin + inputs->horizon; t++) {
        after = after || !isnan(y[t]);
    }
    return before && after;
}

/* The samples whose targets lie in the times first .. until - 1; returns their number.  samples: or NULL. */
static size_t list_samples(const lesson *l, size_t first, size_t until, place *samples)
{
    const qd_panel *panel = l->view.panel;
    size_t count = 0;
    for (size_t s = 0; s < panel->series; s++) {
        for (size_t o = first; o < until; o++) {
            if (teaches(&l->forecaster->inputs, l->view.y + s * panel->times, o, until)) {
                if (samples != NULL) {
                    samples[count] = (place){(uint32_t)s, (uint32_t)o};
                }
                count++;
            }
        }
    }
    return count;
}

static qd_status find_samples(lesson *l, qd_error *error)
{
    const size_t least = l->forecaster->inputs.context / 4 + 1; /* times before the first origin */
    const size_t first_valid = l->cut > least ? l->cut : least;
    l->count = list_samples(l, least, l->cut, NULL);
    l->valid_count = list_samples(l, first_valid, l->until, NULL);
    l->samples = qd_mem_new(l->count + l->valid_count, sizeof *l->samples);
    if (l->samples == NULL) {
        return qd_fail_memory(error, (l->count + l->valid_count) * sizeof *l->samples, "samples");
    }
    list_samples(l, least, l->cut, l->samples);
    list_samples(l, first_valid, l->until, l->samples + l->count);
    if (l->count == 0) {
        return qd_fail(error, QD_ERR_VALUE,
                       "there is nothing to learn from: no series has observations %zu times apart%s (a shorter "
                       "--context needs less)",
                       least, l->cut < l->until ? " before the times that --valid keeps back" : "");
    }
    return l->valid_count > 0 || l->cut == l->until
               ? QD_OK
               : qd_fail(error, QD_ERR_VALUE, "valid: nothing was observed in the last %zu of %zu times",
                         l->until - l->cut, l->until);
}

/* No target of a sample is at this time or later. */
static size_t until_of(const lesson *l, size_t sample)
{
    return sample < l->count ? l->cut : l->until;
}

/* Before a season is told, a network has seen so few waves that the next is unlike them all; run backwards, each is one
   more.  Only where nothing else but the counts goes with the time. */
static qd_status turn_back(lesson *l, qd_error *error)
{
    const qd_forecast_inputs *inputs = &l->forecaster->inputs;
    const qd_panel *panel = l->view.panel;
    if (inputs->season > 0 || inputs->weekdays || inputs->past + inputs->known > 0 || panel->effort != NULL) {
        return QD_OK;
    }
    double *y = qd_mem_new(panel->series * panel->times, sizeof *y);
    if (y == NULL) {
        return qd_fail_memory(error, panel->series * panel->times * sizeof *y, "counts");
    }
    for (size_t s = 0; s < panel->series; s++) {
        for (size_t t = 0; t < l->cut; t++) {
            y[s * panel->times + t] = l->view.y[s * panel->times + l->cut - 1 - t];
        }
    }
    l->backwards = l->view;
    l->backwards.y = y;
    l->backwards.until = l->cut;
    return QD_OK;
}

/* One sample in so many is taken from the past run backwards. */
enum { BACKWARDS_EVERY = 4 };

/* Where a sample is taken from in an epoch; word: a random number. */
static const qd_forecast_view *taken_from(const lesson *l, const place *sample, uint32_t word)
{
    const double *y = l->backwards.y;
    return y != NULL && word % BACKWARDS_EVERY == 0 &&
                   teaches(&l->forecaster->inputs, y + sample->series * l->view.panel->times, sample->origin, l->cut)
               ? &l->backwards
               : &l->view;
}

/* One sample in so many is given the token of series that were never seen, so that the network knows what to do then.
 */
enum { UNSEEN_EVERY = 16 };

static void load(void *context, bool valid, const size_t *index, size_t rows, uint64_t epoch, qd_batch *batch)
{
    lesson *l = context;
    const qd_forecast_inputs *inputs = &l->forecaster->inputs;
    const size_t width = qd_forecast_width(inputs), longest = inputs->context + inputs->horizon;
    const qd_random stream = qd_random_stream(l->seed, QD_FOR_SPLIT, 0, (uint32_t)epoch);
    for (size_t r = 0; r < rows; r++) {
        const size_t number = index[r] + (valid ? l->count : 0);
        const place *sample = &l->samples[number];
        float *x = l->x + r * longest * width;
        uint32_t words[4];
        qd_random_block(stream, number, 0, 0, words);
        const qd_forecast_view *view = valid ? &l->view : taken_from(l, sample, words[1]);
        l->lengths[r] = qd_forecast_fill(inputs, view, sample->series, sample->origin, x, &l->scale[r]);
        l->targets[r] = view->y + sample->series * view->panel->times;
        l->row_x[r] = x;
        l->numbers[r] = number;
        for (size_t t = 0; !valid && words[0] % UNSEEN_EVERY == 0 && t < l->lengths[r]; t++) {
            x[t * width + width - 1] = (float)inputs->series;
        }
    }
    qd_batch_fill(batch, rows, l->row_x, l->lengths, l->numbers);
}

/* Minus the mean log density of a sample's observed targets; writes its gradient, times `factor`, where it belongs. */
static double sample_loss(const lesson *l, const qd_batch *batch, size_t packed_row, const float *outputs,
                          double factor, float *gradient)
{
    const qd_forecaster *f = l->forecaster;
    const qd_panel *panel = l->view.panel;
    const size_t row = batch->order[packed_row], p = f->likelihood->parameters;
    const place *sample = &l->samples[l->numbers[row]];
    const double *y = l->targets[row];
    const size_t ahead = l->lengths[row] - f->inputs.horizon, until = until_of(l, l->numbers[row]);
    size_t observed = 0;
    double sum = 0;
    for (size_t h = 0; h < f->inputs.horizon && sample->origin + h < until; h++) {
        observed += isnan(y[sample->origin + h]) ? 0 : 1;
    }
    for (size_t h = 0; h < f->inputs.horizon && sample->origin + h < until; h++) {
        const double value = y[sample->origin + h];
        if (isnan(value)) {
            continue;
        }
        const size_t at = (batch->packing.offset[ahead + h] + packed_row) * p;
        const double unit = l->scale[row] * qd_forecast_exposure(panel, sample->series, sample->origin + h, until);
        double raw[QD_LIKELIHOOD_PARAMETERS], slope[QD_LIKELIHOOD_PARAMETERS];
        for (size_t k = 0; k < p; k++) {
            raw[k] = (double)outputs[at + k];
        }
        sum -= qd_likelihood_score(f->likelihood, value, raw, unit, slope);
        for (size_t k = 0; gradient != NULL && k < p; k++) {
            gradient[at + k] = (float)(-slope[k] * factor / (double)observed);
        }
    }
    return sum / (double)observed;
}

static double loss(void *context, const qd_batch *batch, const float *outputs, float *gradient)
{
    const lesson *l = context;
    const size_t rows = batch->packing.rows;
    if (gradient != NULL) {
        memset(gradient, 0, qd_packing_total(&batch->packing) * l->forecaster->likelihood->parameters * sizeof(float));
    }
    double sum = 0;
    for (size_t r = 0; r < rows; r++) {
        sum += sample_loss(l, batch, r, outputs, 1 / (double)rows, gradient);
    }
    return sum;
}

/* --------------------------------------------------------------------------------------------- training */

/* Where the epochs were not given: so many updates, but no more epochs than so unless these are very few updates. */
enum { UPDATES = 240, MOST_EPOCHS = 20, FEWEST_UPDATES = 80 };

static qd_status allocate_lesson(lesson *l, qd_error *error)
{
    const qd_forecast_inputs *inputs = &l->forecaster->inputs;
    const size_t longest = inputs->context + inputs->horizon;
    const size_t batch = (size_t)qd_settings_integer(l->forecaster->settings, "batch");
    l->rows = batch < l->count ? batch : l->count;
    l->x = qd_mem_new(l->rows, longest * qd_forecast_width(inputs) * sizeof(float));
    l->row_x = qd_mem_new(l->rows, sizeof *l->row_x);
    l->lengths = qd_mem_new(l->rows, sizeof *l->lengths);
    l->numbers = qd_mem_new(l->rows, sizeof *l->numbers);
    l->scale = qd_mem_new(l->rows, sizeof *l->scale);
    l->targets = qd_mem_new(l->rows, sizeof *l->targets);
    return l->x == NULL || l->row_x == NULL || l->lengths == NULL || l->numbers == NULL || l->scale == NULL ||
                   l->targets == NULL
               ? qd_fail_memory(error, l->rows * longest * qd_forecast_width(inputs) * sizeof(float), "a batch")
               : QD_OK;
}

static void lesson_clear(lesson *l)
{
    qd_mem_free(l->samples);
    qd_mem_free(l->x);
    qd_mem_free(l->row_x);
    qd_mem_free(l->lengths);
    qd_mem_free(l->numbers);
    qd_mem_free(l->scale);
    qd_mem_free(l->targets);
    qd_mem_free((double *)l->backwards.y);
    qd_mem_free((size_t *)l->view.token);
}

/* Epochs: as given, or as many as make a fair number of updates. */
static qd_status set_epochs(qd_settings *settings, size_t samples, qd_error *error)
{
    if (qd_settings_given(settings, "epochs")) {
        return QD_OK;
    }
    const size_t updates = qd_train_batches(settings, samples);
    const size_t fewest = (FEWEST_UPDATES + updates - 1) / updates, most = fewest > MOST_EPOCHS ? fewest : MOST_EPOCHS;
    size_t epochs = (UPDATES + updates - 1) / updates;
    epochs = epochs < 3 ? 3 : epochs > most ? most : epochs;
    char text[32];
    qd_text_format(text, sizeof text, "%zu", epochs);
    return qd_settings_set(settings, "epochs", text, error);
}

qd_status qd_forecast_network(qd_forecaster *f, qd_error *error)
{
    const size_t vocabulary = f->series + 1;
    const size_t units = f->series == 1 ? 1 : (size_t)fmin(16, 2 + sqrt((double)vocabulary));
    const char *layers = qd_settings_text(f->settings, "layers");
    const size_t size = strlen(layers) + 64;
    char *list = qd_mem_new(size, 1);
    if (list == NULL) {
        return qd_fail_memory(error, size, "layers");
    }
    qd_text_format(list, size, "embed:%zu+vocabulary=%zu,%s", units, vocabulary, layers);
    const qd_status status =
        qd_network_new(list, qd_settings_real(f->settings, "dropout"), qd_forecast_width(&f->inputs),
                       f->likelihood->parameters, true, &f->network, error);
    qd_mem_free(list);
    return status == QD_OK ? qd_forecast_check_fed(f->settings, f->network, error) : status;
}

/* Network m of those that are trained here; `before` were trained before them. */
static qd_status train_member(lesson *l, const qd_sessions *sessions, size_t before, size_t m, const float *initial,
                              qd_error *error)
{
    qd_forecaster *f = l->forecaster;
    const size_t n = qd_network_parameters(f->network);
    const qd_problem problem = {
        .context = l,
        .count = l->count,
        .valid_count = l->valid_count,
        .steps = f->inputs.context + f->inputs.horizon,
        .load = load,
        .loss = loss,
    };
    const qd_sessions_member member = {.number = before + m + 1,
                                       .seed = m,
                                       .network = f->network,
                                       .problem = &problem,
                                       .initial = initial != NULL ? initial + m * n : NULL};
    l->seed = qd_sessions_seed(f->settings, m);
    return qd_sessions_train(sessions, &member, f->parameters + m * n, &f->history, error);
}

static qd_status train_members(lesson *l, const qd_sessions *given, size_t before, qd_error *error)
{
    qd_forecaster *f = l->forecaster;
    const size_t n = qd_network_parameters(f->network);
    qd_sessions sessions = *given;
    float *initial = NULL;
    sessions.settings = f->settings;
    sessions.fingerprint = qd_panel_fingerprint(l->view.panel, l->view.y, l->until);
    f->parameters = qd_mem_new(f->members, n * sizeof *f->parameters);
    if (f->parameters == NULL) {
        return qd_fail_memory(error, f->members * n * sizeof *f->parameters, "weights");
    }
    qd_status status = QD_OK;
    if (before == 0) { /* those of the calibration must not have seen what it holds back */
        status = qd_sessions_initial(f->settings, f->network, f->members, &initial, &sessions.fingerprint, error);
    }
    for (size_t m = 0; m < f->members && status == QD_OK; m++) {
        status = train_member(l, &sessions, before, m, initial, error);
    }
    qd_mem_free(initial);
    return status;
}

/* The series' names and, before anything has been learned about them, the network alone. */
static qd_status begin_series(qd_forecaster *f, const qd_panel *panel, qd_error *error)
{
    f->series = panel->series;
    f->key = qd_mem_new(panel->series, sizeof *f->key);
    f->blend = qd_mem_new(panel->series + 1, QD_FORECAST_PARTS * sizeof *f->blend);
    f->spread = qd_mem_new(f->inputs.horizon, sizeof *f->spread);
    if (f->key == NULL || f->blend == NULL || f->spread == NULL) {
        return qd_fail_memory(error, panel->series * sizeof *f->blend, "series");
    }
    for (size_t s = 0; s < panel->series; s++) {
        const qd_status status = qd_forecast_key(panel, s, &f->key[s], error);
        if (status != QD_OK) {
            return status;
        }
    }
    for (size_t s = 0; s <= panel->series; s++) {
        f->blend[s * QD_FORECAST_PARTS] = 1;
    }
    for (size_t h = 0; h < f->inputs.horizon; h++) {
        f->spread[h] = 1;
    }
    return QD_OK;
}

static qd_status learn(lesson *l, const qd_sessions *sessions, size_t before, qd_error *error)
{
    qd_forecaster *f = l->forecaster;
    qd_status status = find_samples(l, error);
    if (status == QD_OK) {
        status = allocate_lesson(l, error);
    }
    if (status == QD_OK) {
        status = turn_back(l, error);
    }
    if (status == QD_OK) {
        learn_covariates(&f->inputs, l->view.panel, l->until);
        learn_level(&f->inputs, &l->view, l->until, l->x);
        status = set_epochs(f->settings, l->count, error);
    }
    if (status == QD_OK) {
        status = qd_forecast_network(f, error);
    }
    return status == QD_OK ? train_members(l, sessions, before, error) : status;
}

/* The first time of the validation part; `until` without one. */
static size_t cut_of(const qd_settings *settings, size_t until)
{
    double fraction;
    if (!qd_forecast_valid(settings, &fraction) || fraction == 0) {
        return until;
    }
    const size_t held = (size_t)((double)until * fraction + 0.5);
    return until - (held > 0 ? held : 1);
}

qd_status qd_forecast_train_networks(const qd_sessions *sessions, const qd_panel *panel, const double *y, size_t origin,
                                     size_t before, size_t members, qd_forecaster **out, qd_error *error)
{
    const qd_settings *settings = sessions->settings;
    qd_forecaster *f = qd_mem_new(1, sizeof *f);
    if (f == NULL) {
        return qd_fail_memory(error, sizeof *f, "a forecaster");
    }
    f->members = members;
    f->likelihood = qd_likelihood_find(qd_settings_text(settings, "likelihood"));
    qd_status status = qd_settings_copy(settings, &f->settings, error);
    if (status == QD_OK) {
        status = qd_forecast_horizons(settings, panel, &f->horizons, error);
    }
    if (status == QD_OK) {
        f->inputs.horizon = (size_t)(f->horizons.last + f->horizons.lead);
        status = begin_series(f, panel, error);
    }
    if (status == QD_OK) {
        status = qd_forecast_grid_of(panel, origin, &f->grid, error);
    }
    if (status == QD_OK) {
        status = learn_inputs(f, panel, origin, error);
    }
    lesson l = {.forecaster = f, .view = {.panel = panel, .y = y, .until = origin}, .until = origin};
    l.cut = cut_of(settings, origin);
    if (status == QD_OK) {
        status = qd_forecast_tokens(f, panel, (size_t **)&l.view.token, error);
    }
    if (status == QD_OK) {
        status = learn(&l, sessions, before, error);
    }
    lesson_clear(&l);
    if (status != QD_OK) {
        qd_forecaster_free(f);
        return status;
    }
    *out = f;
    return QD_OK;
}
