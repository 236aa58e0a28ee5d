/* Progress of training on standard error: a bar with the time left on a terminal, lines otherwise, JSON objects with
   --log json, nothing with --quiet.  Also what a signal asks for: qd_progress_monitor is the monitor that stops
   training. */
#ifndef QD_CLI_PROGRESS_H
#define QD_CLI_PROGRESS_H

#include <quadrat.h>

typedef struct qd_progress_display {
    const char *what;
    double shown; /* seconds at which the bar was drawn last */
    int terminal;
    int drawn; /* there is a bar to wipe */
} qd_progress_display;

/* what: "epoch", or what else a training counts. */
qd_progress_display qd_progress_begin(const char *what);

/* A qd_monitor; the context is a qd_progress_display.  Non-zero once SIGINT or SIGTERM has come. */
int qd_progress_monitor(void *context, const qd_progress *progress);

/* Has a signal asked to stop? */
int qd_progress_stopped(void);

/* Wipes the bar. */
void qd_progress_end(qd_progress_display *display);

#endif
