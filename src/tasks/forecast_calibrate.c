/* What stands beside the networks: weights of the naive forecasts for each series, and how wide the quantiles must be
   for each horizon, both learned on origins that the networks of the calibration did not see. */
#include "base/mem.h"
#include "eval/tally.h"
#include "tasks/forecast_parts.h"

#include <math.h>
#include <string.h>

enum {
    MEMBERS = 2,  /* networks of the calibration */
    ORIGINS = 16, /* at most */
    STEPS = 8,    /* weights are multiples of 1 / STEPS */
    CAUTION = 2,  /* what the score must gain for weights that differ from the network alone by 1 (squared) */
    POOLED = 60,  /* scored cells that a series needs to weigh as much as all series together */
    LEVELS = 11,
    SPREADS = 23 /* factors tried */
};

static const double levels[LEVELS] = {0.01, 0.025, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.975, 0.99};

/* The forecasts of all parts at all origins, and what came. */
typedef struct study {
    const qd_forecaster *f;
    const qd_panel *panel;
    const double *y;
    size_t origins, origin[ORIGINS], until;
    size_t each;       /* quantiles of a part at one origin: series * horizon * LEVELS */
    double *quantiles; /* [origins][QD_FORECAST_PARTS][series][horizon][LEVELS] */
    double *naive;     /* [series]: mean score of the last value, what scores are relative to */
    size_t *cells;     /* [series]: scored */
} study;

static void combined(const study *st, size_t o, size_t s, size_t h, const double *weight, double spread, double *out)
{
    const double *first = st->quantiles + o * QD_FORECAST_PARTS * st->each;
    const size_t at = (s * st->f->inputs.horizon + h) * LEVELS;
    const double *part[QD_FORECAST_PARTS];
    for (size_t k = 0; k < QD_FORECAST_PARTS; k++) {
        part[k] = first + k * st->each + at;
    }
    qd_forecast_combine(part, weight, spread, st->f->likelihood->support == QD_SUPPORT_COUNTS,
                        st->f->inputs.nonnegative, LEVELS, levels, out);
}

/* Sum of a series' scores over origins and horizons; h_only < horizon: of that horizon alone. */
static double series_score(const study *st, size_t s, const double *weight, const double *spread, size_t h_only,
                           size_t *cells)
{
    const size_t horizon = st->f->inputs.horizon;
    double sum = 0;
    *cells = 0;
    for (size_t o = 0; o < st->origins; o++) {
        for (size_t h = 0; h < horizon && st->origin[o] + h < st->until; h++) {
            const double y = st->y[s * st->panel->times + st->origin[o] + h];
            if (isnan(y) || (h_only < horizon && h != h_only)) {
                continue;
            }
            double quantiles[LEVELS];
            combined(st, o, s, h, weight, spread[h], quantiles);
            sum += qd_wis(y, LEVELS, levels, quantiles);
            (*cells)++;
        }
    }
    return sum;
}

/* The i-th point of the grid of weights; false past the last. */
static bool grid_weight(size_t i, double weight[QD_FORECAST_PARTS])
{
    for (size_t a = 0; a <= STEPS; a++) {
        for (size_t b = 0; a + b <= STEPS; b++) {
            if (i-- == 0) {
                weight[0] = (double)a / STEPS;
                weight[1] = (double)b / STEPS;
                weight[2] = (double)(STEPS - a - b) / STEPS;
                return true;
            }
        }
    }
    return false;
}

enum { GRID = (STEPS + 1) * (STEPS + 2) / 2 };

/* How far weights are from the network alone, squared. */
static double from_network(const double weight[QD_FORECAST_PARTS])
{
    return (1 - weight[0]) * (1 - weight[0]) + weight[1] * weight[1] + weight[2] * weight[2];
}

/* Each series takes the weights that were best for it and for all series, the more for itself the more was scored; of
   the network less than it is worth is seen here, since those of the calibration know less than those that forecast,
   so that the naive forecasts must be better by some margin. */
static void learn_blend(study *st, qd_forecaster *f, double *own, double *pooled)
{
    const size_t series = st->panel->series;
    static const double last[QD_FORECAST_PARTS] = {0, 1, 0};
    double weight[QD_FORECAST_PARTS];
    size_t scored = 0;
    memset(pooled, 0, GRID * sizeof *pooled);
    for (size_t s = 0; s < series; s++) {
        const double naive = series_score(st, s, last, f->spread, f->inputs.horizon, &st->cells[s]);
        st->naive[s] = st->cells[s] > 0 ? naive / (double)st->cells[s] : 0;
        if (!(st->naive[s] > 0)) {
            continue; /* nothing to learn where the last value is always right */
        }
        scored++;
        for (size_t g = 0; grid_weight(g, weight); g++) {
            size_t cells;
            const double sum = series_score(st, s, weight, f->spread, f->inputs.horizon, &cells);
            own[s * GRID + g] = sum / (double)cells / st->naive[s];
            pooled[g] += own[s * GRID + g];
        }
    }
    for (size_t s = 0; s <= series && scored > 0; s++) {
        const bool seen = s < series && st->naive[s] > 0;
        const double trust = seen ? (double)st->cells[s] / ((double)st->cells[s] + POOLED) : 0;
        double best = HUGE_VAL;
        for (size_t g = 0; g < GRID; g++) {
            grid_weight(g, weight);
            const double value = trust * (seen ? own[s * GRID + g] : 0) + (1 - trust) * pooled[g] / (double)scored +
                                 CAUTION * from_network(weight);
            if (value < best) {
                best = value;
                memcpy(f->blend + s * QD_FORECAST_PARTS, weight, sizeof weight);
            }
        }
    }
}

/* The factor of each horizon that makes the relative scores of all series smallest, halfway to that of all horizons; and
   halfway to 1, since the networks of the calibration know less than those that forecast, and so must be wider. */
static void learn_spread(const study *st, qd_forecaster *f)
{
    const size_t horizon = f->inputs.horizon;
    double all = 1;
    for (size_t h = 0; h <= horizon; h++) {
        const size_t only = h == 0 ? horizon : h - 1; /* first all together */
        double best = HUGE_VAL, chosen = 1;
        for (size_t k = 0; k < SPREADS; k++) {
            const double factor = 0.6 + 0.05 * (double)k;
            double sum = 0;
            double *spread = f->spread;
            for (size_t i = 0; i < horizon; i++) {
                spread[i] = i == only || only == horizon ? factor : spread[i];
            }
            for (size_t s = 0; s < st->panel->series; s++) {
                size_t cells;
                const double own = series_score(st, s, f->blend + s * QD_FORECAST_PARTS, spread, only, &cells);
                sum += st->naive[s] > 0 && cells > 0 ? own / st->naive[s] / (double)cells : 0;
            }
            if (sum < best) {
                best = sum;
                chosen = factor;
            }
        }
        if (h == 0) {
            all = chosen;
        }
        for (size_t i = 0; i < horizon; i++) {
            f->spread[i] = h == 0 ? all : i == only ? 0.5 * (chosen + all) : f->spread[i];
        }
    }
    for (size_t h = 0; h < horizon; h++) {
        f->spread[h] = 0.5 * (1 + f->spread[h]);
    }
}

static qd_status run_study(study *st, const qd_forecaster *trained, qd_error *error)
{
    qd_forecast_work *work = NULL;
    qd_status status = qd_forecast_work_new(trained, st->panel, 0, &work, error);
    for (size_t o = 0; o < st->origins && status == QD_OK; o++) {
        status = qd_forecast_parts(work, st->y, st->origin[o], LEVELS, levels,
                                   st->quantiles + o * QD_FORECAST_PARTS * st->each, NULL, error);
    }
    qd_forecast_work_free(work);
    return status;
}

/* Times of the past that the networks of the calibration do not see; 0: the past is too short for any. */
static size_t held_out(const qd_panel *panel, size_t origin, size_t horizon)
{
    /* A quarter of the past, and a whole season where that leaves half. */
    const size_t season = (size_t)ceil(panel->season), most = origin / 2;
    size_t held = origin / 4 > horizon + 2 ? origin / 4 : horizon + 2;
    held = held > season ? held : season < most ? season : most;
    return origin < 2 * held || origin - held < horizon + 4 ? 0 : held;
}

size_t qd_forecast_networks(const qd_settings *settings, const qd_panel *panel, size_t origin)
{
    qd_horizons h = {0};
    qd_error ignored;
    const size_t members = (size_t)qd_settings_integer(settings, "ensemble");
    const bool known = qd_forecast_horizons(settings, panel, &h, &ignored) == QD_OK;
    return members + (known && held_out(panel, origin, (size_t)(h.last + h.lead)) > 0 ? MEMBERS : 0);
}

qd_status qd_forecast_calibrate(qd_forecaster *f, const qd_sessions *sessions, const qd_panel *panel, const double *y,
                                size_t origin, qd_error *error)
{
    const size_t horizon = f->inputs.horizon;
    const size_t held = held_out(panel, origin, horizon);
    if (held == 0) {
        static const double cautious[QD_FORECAST_PARTS] = {0.5, 0.25, 0.25};
        for (size_t s = 0; s <= panel->series; s++) {
            memcpy(f->blend + s * QD_FORECAST_PARTS, cautious, sizeof cautious);
        }
        return QD_OK; /* too short a past to learn more than the network from */
    }
    study st = {.f = f, .panel = panel, .y = y, .until = origin};
    const size_t cut = origin - held, step = (held + ORIGINS - 1) / ORIGINS;
    for (size_t o = cut; o < origin && st.origins < ORIGINS; o += step) {
        st.origin[st.origins++] = o;
    }
    st.each = panel->series * horizon * LEVELS;
    st.quantiles = qd_mem_new(st.origins * QD_FORECAST_PARTS, st.each * sizeof *st.quantiles);
    st.naive = qd_mem_new(panel->series, sizeof *st.naive);
    st.cells = qd_mem_new(panel->series, sizeof *st.cells);
    double *own = qd_mem_new(panel->series + 1, GRID * sizeof *own);
    qd_forecaster *trained = NULL;
    qd_status status =
        st.quantiles == NULL || st.naive == NULL || st.cells == NULL || own == NULL
            ? qd_fail_memory(error, st.origins * QD_FORECAST_PARTS * st.each * sizeof(double), "the calibration")
            : qd_forecast_train_networks(sessions, panel, y, cut, f->members, MEMBERS, &trained, error);
    if (status == QD_OK) {
        status = run_study(&st, trained, error);
    }
    if (status == QD_OK) {
        learn_blend(&st, f, own, own + panel->series * GRID);
        learn_spread(&st, f);
    }
    qd_forecaster_free(trained);
    qd_mem_free(own);
    qd_mem_free(st.cells);
    qd_mem_free(st.naive);
    qd_mem_free(st.quantiles);
    return status;
}

qd_status qd_forecast_train(const qd_settings *settings, const qd_panel *panel, const double *y, size_t origin,
                            bool keep, qd_monitor monitor, void *context, qd_forecaster **out, qd_error *error)
{
    qd_forecaster *f;
    const qd_sessions sessions = {.settings = settings,
                                  .networks = keep ? qd_forecast_networks(settings, panel, origin) : 0,
                                  .monitor = monitor,
                                  .context = context};
    const size_t members = (size_t)qd_settings_integer(settings, "ensemble");
    qd_status status = qd_forecast_train_networks(&sessions, panel, y, origin, 0, members, &f, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_forecast_calibrate(f, &sessions, panel, y, origin, error);
    if (status != QD_OK) {
        qd_forecaster_free(f);
        return status;
    }
    *out = f;
    return QD_OK;
}
