/* quadrat evaluate: a rolling-origin backtest, or the scores of somebody's forecasts. */
#include "cli.h"

#include "tasks/forecast_evaluate.h"
#include <stdio.h>
#include <string.h>

static void print_row(const qd_backtest *b, size_t m, size_t lo, size_t hi)
{
    qd_tally t = {0}, last = {0};
    for (size_t k = 0; k < b->origins; k++) {
        for (size_t s = lo; s < hi; s++) {
            for (size_t h = 0; h < b->horizons; h++) {
                qd_tally_merge(&t, &b->tally[((m * b->origins + k) * b->series + s) * b->horizons + h]);
                qd_tally_merge(&last, &b->tally[((1 * b->origins + k) * b->series + s) * b->horizons + h]);
            }
        }
    }
    double n = (double)t.n;
    printf("%s,%zu,%.5f,%.4f,%.4f,%.3f,%.3f,%.3f,%.4f,%.4f\n", b->model[m], t.n, t.wis / n, t.absolute / n, t.bias / n,
           t.inside[0] / n, t.inside[1] / n, t.inside[2] / n, qd_tally_pit(&t), t.wis / last.wis);
}

static int evaluate_forecast(const qd_arguments *arguments)
{
    qd_error error;
    qd_panel *panel = NULL;
    qd_settings *settings = NULL;
    qd_backtest result = {0};
    qd_status status = qd_forecast_read(arguments->settings, arguments->paths[1], &panel, &error);
    if (status == QD_OK) {
        status = qd_forecast_settings(arguments->settings, panel, &settings, &error);
    }
    if (status == QD_OK) {
        qd_backtest_options options = {.every = qd_settings_integer(settings, "every"),
                                       .refit = (size_t)qd_settings_integer(settings, "refit")};
        qd_panel_time_find(panel, qd_settings_text(settings, "from"), &options.from);
        qd_panel_time_find(panel, qd_settings_text(settings, "until"), &options.until);
        status = qd_backtest_run(settings, panel, &options, NULL, NULL, &result, &error);
    }
    if (status == QD_OK) {
        printf("model,n,wis,mae,bias,cov50,cov80,cov95,pit,rel_wis\n");
        for (size_t m = 0; m < QD_BACKTEST_MODELS; m++) {
            print_row(&result, m, 0, result.series);
        }
        if (strcmp(qd_settings_text(settings, "by"), "series") == 0) {
            for (size_t s = 0; s < result.series; s++) {
                printf("%s:", panel->key[s * panel->keys]);
                print_row(&result, 0, s, s + 1);
            }
        }
        fprintf(stderr, "training %.1f s\n", result.seconds);
    }
    qd_backtest_clear(&result);
    qd_settings_free(settings);
    qd_panel_free(panel);
    return status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
}

int qd_cmd_evaluate(const qd_arguments *arguments)
{
    if (*qd_settings_text(arguments->settings, "forecasts") != '\0') {
        return qd_evaluate_hub(arguments);
    }
    if (arguments->count < 2) {
        return qd_tell_usage("evaluate what?");
    }
    return evaluate_forecast(arguments);
}
