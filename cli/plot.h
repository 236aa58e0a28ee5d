/* A plot of observations and predictions in the terminal: braille dots in UTF-8, plain ASCII where the locale or a pipe
   asks for it. */
#ifndef QD_CLI_PLOT_H
#define QD_CLI_PLOT_H

#include <stddef.h>
#include <stdio.h>

/* Values between which a prediction lies: [count] each, NaN where there is none. */
typedef struct qd_plot_band {
    const double *low, *high; /* NULL: no such band */
} qd_plot_band;

typedef struct qd_plot {
    const double *observed;    /* [count]; NaN where there is none */
    const double *predicted;   /* [count]; likewise */
    qd_plot_band inner, outer; /* 50% and 95% */
    size_t count;
    size_t lines;             /* height; 0: 14; at most QD_PLOT_LINES */
    const char *first, *last; /* labels of the ends of the horizontal axis */
    const char *title;
} qd_plot;

enum { QD_PLOT_LINES = 24 };

/* utf8: braille and dots; else ASCII.  Draws nothing where no value is finite. */
void qd_plot_draw(const qd_plot *plot, int utf8, FILE *out);

/* Can this stream show UTF-8: a terminal, in a UTF-8 locale? */
int qd_plot_utf8(FILE *out);

#endif
