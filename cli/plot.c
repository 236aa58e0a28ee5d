/* The plot: a grid of cells, 2 by 4 dots each.  The observations are a line of dots through the grid (braille) or a
   star a cell (ASCII); a prediction is one mark in its cell. */
#include "plot.h"

#include "base/text.h"
#include <langinfo.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS = 72, LINES = 14, DOTS_X = 2 * COLUMNS, DOTS_Y = 4 * LINES };

typedef struct grid {
    unsigned char dots[LINES][COLUMNS]; /* braille pattern of the observations */
    char mark[LINES][COLUMNS];          /* there is a prediction here */
} grid;

typedef struct range {
    double low, high;
} range;

int qd_plot_utf8(FILE *out)
{
    return isatty(fileno(out)) && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static range range_of(const qd_plot *plot)
{
    range r = {HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; i < plot->count; i++) {
        const double values[2] = {plot->observed[i], plot->predicted[i]};
        for (int k = 0; k < 2; k++) {
            if (isfinite(values[k])) {
                r.low = fmin(r.low, values[k]);
                r.high = fmax(r.high, values[k]);
            }
        }
    }
    if (r.low > 0 && r.low < 0.5 * r.high) {
        r.low = 0; /* counts are read from zero */
    }
    if (r.low == r.high) {
        r.high = r.low + 1;
    }
    return r;
}

static int dot_x(const qd_plot *plot, size_t i)
{
    return plot->count < 2 ? 0 : (int)((double)i * (DOTS_X - 1) / (double)(plot->count - 1) + 0.5);
}

/* From the top. */
static int dot_y(range r, double value)
{
    return (int)((r.high - value) / (r.high - r.low) * (DOTS_Y - 1) + 0.5);
}

/* Unicode 3.0, block Braille Patterns: bits of the dots of a cell, [row][column]. */
static const unsigned char braille_bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

static void set_dot(grid *g, int x, int y)
{
    g->dots[y / 4][x / 2] |= braille_bit[y % 4][x % 2];
}

static void line(grid *g, int x0, int y0, int x1, int y1)
{
    int dx = x1 - x0, dy = y1 - y0;
    int steps = dx > (dy < 0 ? -dy : dy) ? dx : (dy < 0 ? -dy : dy);
    for (int s = 0; s <= steps; s++) {
        double part = steps > 0 ? (double)s / steps : 0;
        set_dot(g, x0 + (int)(dx * part + 0.5), y0 + (int)floor(dy * part + 0.5));
    }
}

/* joined: a line from each observation to the next; else a dot each. */
static void fill(grid *g, const qd_plot *plot, range r, int joined)
{
    for (size_t i = 0; i < plot->count; i++) {
        if (isfinite(plot->observed[i])) {
            int x = dot_x(plot, i), y = dot_y(r, plot->observed[i]);
            int before = joined && i > 0 && isfinite(plot->observed[i - 1]);
            line(g, before ? dot_x(plot, i - 1) : x, before ? dot_y(r, plot->observed[i - 1]) : y, x, y);
        }
        if (isfinite(plot->predicted[i])) {
            g->mark[dot_y(r, plot->predicted[i]) / 4][dot_x(plot, i) / 2] = 1;
        }
    }
}

static void print_cell(const grid *g, int row, int column, int utf8, FILE *out)
{
    unsigned char dots = g->dots[row][column];
    if (utf8 && g->mark[row][column]) {
        fputs("\x1b[33m\xe2\x97\x8f\x1b[0m", out); /* a disc in yellow */
    } else if (utf8 && dots != 0) {
        fprintf(out, "\xe2%c%c", 0xA0 | (dots >> 6), 0x80 | (dots & 0x3F)); /* U+2800 + dots */
    } else {
        fputc(g->mark[row][column] ? (dots != 0 ? '@' : 'o') : dots != 0 ? '*' : ' ', out);
    }
}

void qd_plot_draw(const qd_plot *plot, int utf8, FILE *out)
{
    range r = range_of(plot);
    if (plot->count == 0 || !(r.high > r.low) || !isfinite(r.high - r.low)) {
        return;
    }
    grid g;
    memset(&g, 0, sizeof g);
    fill(&g, plot, r, utf8);
    fprintf(out, "%s   %s\n", plot->title,
            utf8 ? "line: observed, \xe2\x97\x8f: predicted" : "*: observed, o: predicted, @: both");
    for (int row = 0; row < LINES; row++) {
        char label[16] = "";
        if (row == 0 || row == LINES - 1 || row == LINES / 2) {
            double value = r.high - (r.high - r.low) * row / (LINES - 1);
            qd_text_format(label, sizeof label, "%.4g", value);
        }
        fprintf(out, "%10s |", label);
        for (int column = 0; column < COLUMNS; column++) {
            print_cell(&g, row, column, utf8, out);
        }
        fputc('\n', out);
    }
    fprintf(out, "%10s +", "");
    for (int column = 0; column < COLUMNS; column++) {
        fputc('-', out);
    }
    size_t used = strlen(plot->first) + strlen(plot->last);
    int gap = used < COLUMNS ? (int)(COLUMNS - used) : 1;
    fprintf(out, "\n%12s%s%*s%s\n", "", plot->first, gap, "", plot->last);
}
