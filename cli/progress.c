/* Progress of training, and the signals that stop it. */
#include "progress.h"
#include "cli.h"

#include "base/text.h"
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

qd_progress_display qd_progress_begin(const char *what)
{
    /* The first signal asks to stop after the batch under way; a second one ends the program at once. */
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return (qd_progress_display){
        .what = what, .shown = -1, .terminal = isatty(STDERR_FILENO) && !qd_log_json() && !qd_log_quiet()};
}

/* "0.0123" or, with a validation part, "0.0123, validation 0.0145". */
static void loss_text(const qd_progress *progress, char *text, size_t size)
{
    char valid[64] = "";
    if (!isnan(progress->valid_loss)) {
        qd_text_format(valid, sizeof valid, ", validation %.5g", progress->valid_loss);
    }
    qd_text_format(text, size, "loss %.5g%s", progress->loss, valid);
}

static void draw_bar(qd_progress_display *display, const qd_progress *progress)
{
    enum { WIDTH = 24 };
    size_t done = (progress->epoch - 1) * progress->batches + progress->batch;
    size_t all = progress->epochs * progress->batches;
    size_t filled = (size_t)(WIDTH * (double)done / (double)all);
    if (progress->seconds - display->shown < 0.1 && done < all) {
        return;
    }
    char loss[160], bar[WIDTH + 1];
    loss_text(progress, loss, sizeof loss);
    memset(bar, '.', WIDTH);
    memset(bar, '#', filled);
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %s %zu/%zu  %s  %.0f s left\x1b[K", bar, display->what, progress->epoch, progress->epochs,
            loss, ceil(progress->seconds_left));
    display->shown = progress->seconds;
    display->drawn = 1;
}

/* About ten lines in all. */
static void print_line(const qd_progress_display *display, const qd_progress *progress)
{
    size_t every = progress->epochs / 10 > 0 ? progress->epochs / 10 : 1;
    if (progress->epoch == 1 || progress->epoch % every == 0 || progress->epoch == progress->epochs) {
        char loss[160];
        loss_text(progress, loss, sizeof loss);
        fprintf(stderr, "%s %zu/%zu  %s  %.1f s, %.1f s left\n", display->what, progress->epoch, progress->epochs, loss,
                progress->seconds, progress->seconds_left);
    }
}

static void print_json(const qd_progress_display *display, const qd_progress *progress)
{
    char text[5][40];
    const double values[5] = {progress->loss, progress->valid_loss, progress->learning_rate, progress->gradient_norm,
                              progress->seconds};
    for (int i = 0; i < 5; i++) {
        if (isfinite(values[i])) {
            qd_text_from_double(values[i], text[i], sizeof text[i]);
        } else {
            strcpy(text[i], "null");
        }
    }
    fprintf(stderr,
            "{\"event\":\"%s\",\"%s\":%zu,\"%ss\":%zu,\"loss\":%s,\"valid_loss\":%s,\"lr\":%s,"
            "\"gradient_norm\":%s,\"seconds\":%s}\n",
            display->what, display->what, progress->epoch, display->what, progress->epochs, text[0], text[1], text[2],
            text[3], text[4]);
}

int qd_progress_monitor(void *context, const qd_progress *progress)
{
    qd_progress_display *display = context;
    int epoch_ended = progress->batch == progress->batches;
    if (display->terminal) {
        draw_bar(display, progress);
    } else if (epoch_ended && !qd_log_quiet()) {
        (qd_log_json() ? print_json : print_line)(display, progress);
    }
    return stop;
}

int qd_progress_stopped(void)
{
    return stop;
}

void qd_progress_end(qd_progress_display *display)
{
    if (display->drawn) {
        fprintf(stderr, "\r\x1b[K");
        display->drawn = 0;
    }
}
