/* A plot of observations and predictions in the terminal: braille dots in UTF-8, plain ASCII where the locale or a pipe
   asks for it. */
#ifndef QD_CLI_PLOT_H
#define QD_CLI_PLOT_H

#include <stddef.h>
#include <stdio.h>

typedef struct qd_plot {
    const double *observed;  /* [count]; NaN where there is none */
    const double *predicted; /* [count]; likewise */
    size_t count;
    const char *first, *last; /* labels of the ends of the horizontal axis */
    const char *title;
} qd_plot;

/* utf8: braille and dots; else ASCII.  Draws nothing where no value is finite. */
void qd_plot_draw(const qd_plot *plot, int utf8, FILE *out);

/* Can this stream show UTF-8: a terminal, in a UTF-8 locale? */
int qd_plot_utf8(FILE *out);

#endif
