/* The plot: a grid of cells, 2 by 4 dots each.  The observations are a line of dots through the grid (braille) or a
   star a cell (ASCII); a prediction is one mark in its cell; bands are shades of the cells that are else empty. */
#include "plot.h"

#include "base/text.h"
#include <langinfo.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS = 72, LINES = 14, DOTS_X = 2 * COLUMNS };

typedef struct grid {
    int lines;
    unsigned char dots[QD_PLOT_LINES][COLUMNS]; /* braille pattern of the observations */
    char mark[QD_PLOT_LINES][COLUMNS];          /* there is a prediction here */
    char shade[QD_PLOT_LINES][COLUMNS];         /* 1: in the outer band, 2: in the inner one */
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
        const double values[] = {plot->observed[i], plot->predicted[i],
                                 plot->outer.low != NULL ? plot->outer.low[i] : (double)NAN,
                                 plot->outer.high != NULL ? plot->outer.high[i] : (double)NAN};
        for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
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
static int dot_y(const grid *g, range r, double value)
{
    return (int)((r.high - value) / (r.high - r.low) * (4 * g->lines - 1) + 0.5);
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
            int x = dot_x(plot, i), y = dot_y(g, r, plot->observed[i]);
            int before = joined && i > 0 && isfinite(plot->observed[i - 1]);
            line(g, before ? dot_x(plot, i - 1) : x, before ? dot_y(g, r, plot->observed[i - 1]) : y, x, y);
        }
        if (isfinite(plot->predicted[i])) {
            g->mark[dot_y(g, r, plot->predicted[i]) / 4][dot_x(plot, i) / 2] = 1;
        }
    }
}

/* The value of a band's edge at a place between its times; NaN beyond its ends. */
static double edge(const double *values, size_t count, double place)
{
    const size_t i = (size_t)place, next = i + 1 < count ? i + 1 : i;
    const double part = place - (double)i;
    if (isfinite(values[i]) && isfinite(values[next])) {
        return values[i] + part * (values[next] - values[i]);
    }
    return part < 0.5 ? values[i] : values[next];
}

static void shade(grid *g, const qd_plot *plot, qd_plot_band band, range r, char depth)
{
    for (int column = 0; column < COLUMNS && band.low != NULL && band.high != NULL; column++) {
        const double place = (2 * column + 0.5) * (double)(plot->count - 1) / (DOTS_X - 1);
        const double low = edge(band.low, plot->count, place), high = edge(band.high, plot->count, place);
        if (!isfinite(low) || !isfinite(high)) {
            continue;
        }
        for (int row = dot_y(g, r, high) / 4; row <= dot_y(g, r, low) / 4; row++) {
            g->shade[row][column] = depth;
        }
    }
}

static void print_shade(char depth, int utf8, FILE *out)
{
    static const char *const ascii[] = {" ", ".", ":"};
    static const char *const blocks[] = {" ", "\x1b[36m\xe2\x96\x91\x1b[0m", "\x1b[36m\xe2\x96\x92\x1b[0m"};
    fputs(utf8 ? blocks[(int)depth] : ascii[(int)depth], out);
}

static void print_cell(const grid *g, int row, int column, int utf8, FILE *out)
{
    unsigned char dots = g->dots[row][column];
    if (utf8 && g->mark[row][column]) {
        fputs("\x1b[33m\xe2\x97\x8f\x1b[0m", out); /* a disc in yellow */
    } else if (utf8 && dots != 0) {
        fprintf(out, "\xe2%c%c", 0xA0 | (dots >> 6), 0x80 | (dots & 0x3F)); /* U+2800 + dots */
    } else if (g->mark[row][column] || dots != 0) {
        fputc(g->mark[row][column] ? (dots != 0 ? '@' : 'o') : '*', out);
    } else {
        print_shade(g->shade[row][column], utf8, out);
    }
}

static void print_title(const qd_plot *plot, int utf8, FILE *out)
{
    if (plot->outer.low == NULL) {
        fprintf(out, "%s   %s\n", plot->title,
                utf8 ? "line: observed, \xe2\x97\x8f: predicted" : "*: observed, o: predicted, @: both");
    } else {
        fprintf(out, "%s   %s\n", plot->title,
                utf8 ? "line: observed, \xe2\x97\x8f: median, \xe2\x96\x92: 50%, \xe2\x96\x91: 95%"
                     : "* observed, o median, @ both, : 50%, . 95%");
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
    g.lines = plot->lines < 2 || plot->lines > QD_PLOT_LINES ? LINES : (int)plot->lines;
    shade(&g, plot, plot->outer, r, 1);
    shade(&g, plot, plot->inner, r, 2);
    fill(&g, plot, r, utf8);
    print_title(plot, utf8, out);
    for (int row = 0; row < g.lines; row++) {
        char label[16] = "";
        if (row == 0 || row == g.lines - 1 || row == g.lines / 2) {
            double value = r.high - (r.high - r.low) * row / (g.lines - 1);
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
