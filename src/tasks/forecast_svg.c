/* A picture of forecasts: small multiples of history, median and bands of 50 and 95%, as SVG that stands alone: no
   script, no font, no style sheet. */
#include "base/file.h"
#include "base/text.h"
#include "tasks/forecast_write_parts.h"

#include <math.h>
#include <string.h>

enum { MOST_PANELS = 24, TOP = 64 };

typedef struct picture {
    const qd_forecast *forecast;
    const double *y;
    const char *title;
    qd_file *file;
    qd_error *error;
    qd_status status;
    int64_t first, last;      /* times shown */
    size_t columns, panels;   /* a row; in all */
    double width, height;     /* of a panel, with its margins */
    double left, top;         /* of the plot of the panel at hand */
    double across, down;      /* size of that plot */
    double low, high, spread; /* range of its axis; distance of its ticks */
    bool later;               /* something that came after the origin is shown */
} picture;

/* ----------------------------------------------------------------------------------------------- writing */

static void put(picture *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(picture *p, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    const int length = qd_text_format_list(text, sizeof text, format, arguments);
    va_end(arguments);
    if (p->status == QD_OK && length > 0) {
        p->status =
            qd_file_write(p->file, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1, p->error);
    }
}

/* Text as XML has it, at most so many characters; what XML has not becomes '?'. */
static void put_text(picture *p, const char *text, size_t most)
{
    for (size_t n = 0; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        n += (c & 0xC0) != 0x80; /* the first byte of a character */
        if (n > most) {
            put(p, "\xe2\x80\xa6");
            return;
        }
        if (c == '&' || c == '<' || c == '>' || c == '"') {
            put(p, "&#%d;", c);
        } else {
            put(p, "%c", c < ' ' ? '?' : c);
        }
    }
}

/* ------------------------------------------------------------------------------------------------- scales */

static double x_of(const picture *p, double t)
{
    return p->left + p->across * (t - (double)p->first + 0.5) / (double)(p->last - p->first + 1);
}

static double y_of(const picture *p, double value)
{
    return p->top + p->down * (p->high - value) / (p->high - p->low);
}

static double known(const picture *p, size_t series, int64_t t)
{
    const int64_t times = (int64_t)p->forecast->panel->times;
    return t >= 0 && t < times && t <= p->forecast->origin ? p->y[(int64_t)series * times + t] : (double)NAN;
}

/* What came after the origin, where the data have it. */
static double came(const picture *p, size_t series, int64_t t)
{
    const int64_t times = (int64_t)p->forecast->panel->times;
    return t > p->forecast->origin && t >= 0 && t < times ? p->forecast->panel->y[(int64_t)series * times + t]
                                                          : (double)NAN;
}

/* 1, 2 or 5 times a power of ten, so that about four of them fill the range. */
static double nice_step(double range)
{
    const double raw = range / 4, power = pow(10, floor(log10(raw))), part = raw / power;
    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

/* Widens a range, which is empty where low > high, by a value. */
static void include(double value, double *low, double *high, bool *whole)
{
    if (!isnan(value)) {
        *low = fmin(*low, value);
        *high = fmax(*high, value);
        *whole = *whole && value == floor(value);
    }
}

/* The range of a panel: all that is shown in it; counts are read from zero, and have no halves. */
static void find_range(picture *p, size_t series)
{
    double low = HUGE_VAL, high = -HUGE_VAL;
    bool whole = true;
    for (int64_t t = p->first; t <= p->last; t++) {
        include(known(p, series, t), &low, &high, &whole);
        include(came(p, series, t), &low, &high, &whole);
    }
    for (size_t h = 0; h < p->forecast->horizons; h++) {
        include(qd_forecast_quantile(p->forecast, series, h, 0.025), &low, &high, &whole);
        include(qd_forecast_quantile(p->forecast, series, h, 0.975), &low, &high, &whole);
    }
    low = low > 0 && low < 0.5 * high ? 0 : low;
    high = high > low ? high : low + 1;
    p->spread = fmax(nice_step(high - low), whole ? 1 : 0);
    p->low = floor(low / p->spread + 1e-9) * p->spread;
    p->high = ceil(high / p->spread - 1e-9) * p->spread;
}

/* -------------------------------------------------------------------------------------------------- axes */

static void put_axes(picture *p)
{
    const double right = p->left + p->across, bottom = p->top + p->down;
    const int steps = (int)((p->high - p->low) / p->spread + 0.5);
    for (int i = 0; i <= steps; i++) {
        const double value = p->low + i * p->spread, y = y_of(p, value);
        char label[32];
        qd_text_format(label, sizeof label, "%.10g", fabs(value) < 1e-9 * p->spread ? 0 : value);
        put(p, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#e4e7eb\"/>", p->left, y, right);
        put(p, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" fill=\"#5f6b76\">%s</text>\n", p->left - 5, y + 3.5,
            label);
    }
    put(p, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#9aa5b1\"/>\n", p->left, bottom, right);
    const int64_t span = p->last - p->first;
    const int most = (int)(p->across / 90), ticks = span < most ? (int)span : most;
    for (int i = 0; i <= ticks; i++) {
        const int64_t t = p->first + (ticks > 0 ? (int64_t)((double)span * i / ticks + 0.5) : 0);
        char label[QD_TIME_SIZE];
        if (p->forecast->panel->kind != QD_TIME_INDEX || !qd_forecast_date(p->forecast->panel, t, false, label)) {
            qd_panel_time_text(p->forecast->panel, t, label, sizeof label);
        }
        put(p, "<path d=\"M%.1f %.1fv4\" stroke=\"#9aa5b1\"/>", x_of(p, (double)t), bottom);
        put(p, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#5f6b76\">", x_of(p, (double)t), bottom + 15);
        put_text(p, label, 40);
        put(p, "</text>\n");
    }
}

/* ------------------------------------------------------------------------------------------------ a panel */

/* A line through the quantiles of a level, from the first time to the last or back; half a step longer at both ends, so
   that one time is seen too. */
static void put_line(picture *p, size_t series, double level, bool back, char begin)
{
    const size_t n = p->forecast->horizons;
    for (size_t i = 0; i < n; i++) {
        const size_t h = back ? n - 1 - i : i;
        const double t = (double)qd_forecast_time(p->forecast, h), half = back ? -0.5 : 0.5;
        const double y = y_of(p, qd_forecast_quantile(p->forecast, series, h, level));
        if (i == 0) {
            put(p, "%c%.1f %.1f", begin, x_of(p, t - half), y);
        }
        put(p, "L%.1f %.1f", x_of(p, t), y);
        if (i == n - 1) {
            put(p, "L%.1f %.1f", x_of(p, t + half), y);
        }
    }
}

static void put_band(picture *p, size_t series, double low, double high, const char *fill)
{
    put(p, "<path fill=\"%s\" d=\"", fill);
    put_line(p, series, high, false, 'M');
    put_line(p, series, low, true, 'L');
    put(p, "Z\"/>\n");
}

static void put_median(picture *p, size_t series)
{
    put(p, "<path fill=\"none\" stroke=\"#0b4f8a\" stroke-width=\"1.8\" d=\"");
    put_line(p, series, 0.5, false, 'M');
    put(p, "\"/>\n");
}

/* A line through neighbouring observations; gaps stay gaps, one alone is a dot. */
static void put_history(picture *p, size_t series)
{
    put(p, "<path fill=\"none\" stroke=\"#323f4b\" stroke-width=\"1.1\" stroke-linejoin=\"round\" d=\"M%.1f %.1f",
        p->left, p->top);
    for (int64_t t = p->first; t <= p->last; t++) {
        const double value = known(p, series, t);
        if (!isnan(value)) {
            put(p, "%c%.1f %.1f", isnan(known(p, series, t - 1)) || t == p->first ? 'M' : 'L', x_of(p, (double)t),
                y_of(p, value));
        }
    }
    put(p, "\"/>\n");
    for (int64_t t = p->first; t <= p->last; t++) {
        const double value = known(p, series, t);
        if (!isnan(value) && isnan(known(p, series, t - 1)) && isnan(known(p, series, t + 1))) {
            put(p, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"1.6\" fill=\"#323f4b\"/>\n", x_of(p, (double)t),
                y_of(p, value));
        }
        if (!isnan(came(p, series, t))) {
            put(p, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.1\" fill=\"#fff\" stroke=\"#c2410c\"/>\n", x_of(p, (double)t),
                y_of(p, came(p, series, t)));
        }
    }
}

static void put_panel(picture *p, size_t place, size_t series)
{
    char name[256];
    qd_forecast_series_text(p->forecast->panel, series, p->title, name, sizeof name);
    p->left = (double)(place % p->columns) * p->width + 56;
    p->top = (double)(place / p->columns) * p->height + TOP + 24;
    p->across = p->width - 90; /* a date under the last tick is 56 wide */
    p->down = p->height - 60;
    find_range(p, series);
    put(p, "<g><text x=\"%.1f\" y=\"%.1f\" font-size=\"12\" font-weight=\"bold\" fill=\"#1f2933\">", p->left,
        p->top - 8);
    put_text(p, name, (size_t)(p->across / 7.5));
    put(p, "</text>\n");
    put_axes(p);
    put_band(p, series, 0.025, 0.975, "#cfe2f3");
    put_band(p, series, 0.25, 0.75, "#86b6e0");
    const double now = x_of(p, (double)p->forecast->origin + 0.5);
    put(p, "<path d=\"M%.1f %.1fV%.1f\" stroke=\"#9aa5b1\" stroke-dasharray=\"3 3\"/>\n", now, p->top,
        p->top + p->down);
    put_median(p, series);
    put_history(p, series);
    put(p, "</g>\n");
}

/* ---------------------------------------------------------------------------------------------- the whole */

static void put_legend(picture *p)
{
    const int y = 43;
    put(p, "<g fill=\"#323f4b\"><path d=\"M56 %dh22\" stroke=\"#323f4b\" stroke-width=\"1.1\"/>", y);
    put(p, "<text x=\"83\" y=\"%d\">observed</text>", y + 4);
    put(p, "<path d=\"M146 %dh22\" stroke=\"#0b4f8a\" stroke-width=\"1.8\"/>", y);
    put(p, "<text x=\"173\" y=\"%d\">median</text>", y + 4);
    put(p, "<path d=\"M226 %dh22v10h-22z\" fill=\"#86b6e0\"/><text x=\"253\" y=\"%d\">50%%</text>", y - 5, y + 4);
    put(p, "<path d=\"M290 %dh22v10h-22z\" fill=\"#cfe2f3\"/><text x=\"317\" y=\"%d\">95%%</text>", y - 5, y + 4);
    if (p->later) {
        put(p, "<circle cx=\"363\" cy=\"%d\" r=\"2.1\" fill=\"#fff\" stroke=\"#c2410c\"/>", y);
        put(p, "<text x=\"371\" y=\"%d\">came later</text>", y + 4);
    }
    put(p, "</g>\n");
}

static void put_picture(picture *p, const size_t *chosen)
{
    const size_t rows = (p->panels + p->columns - 1) / p->columns;
    const double width = fmax(460, (double)p->columns * p->width), height = (double)rows * p->height + TOP;
    char from[2 * QD_TIME_SIZE + 4], date[QD_TIME_SIZE];
    qd_panel_time_text(p->forecast->panel, p->forecast->reference, from, sizeof from);
    if (p->forecast->panel->kind == QD_TIME_INDEX &&
        qd_forecast_date(p->forecast->panel, p->forecast->reference, false, date)) {
        const size_t used = strlen(from);
        qd_text_format(from + used, sizeof from - used, " (%s)", date);
    }
    put(p, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" ", width,
        height, width, height);
    put(p, "role=\"img\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"10\">\n<title>");
    put_text(p, p->title, 48);
    put(p, ": forecast from %s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", from);
    put(p, "<text x=\"56\" y=\"24\" font-size=\"15\" font-weight=\"bold\" fill=\"#1f2933\">");
    put_text(p, p->title, 48);
    put(p, ", forecast from %s</text>\n", from);
    put_legend(p);
    for (size_t i = 0; i < p->panels; i++) {
        put_panel(p, i, chosen[i]);
    }
    put(p, "</svg>\n");
}

static void lay_out(picture *p, const size_t *chosen)
{
    const qd_forecast *f = p->forecast;
    const size_t n = p->panels;
    p->first = f->origin - (int64_t)qd_forecast_shown(f) + 1;
    p->last = qd_forecast_time(f, f->horizons - 1);
    p->columns = n <= 1 ? 1 : n <= 4 ? 2 : n <= 9 ? 3 : 4;
    p->width = n <= 1 ? 760 : n <= 4 ? 440 : 320;
    p->height = n <= 1 ? 380 : n <= 4 ? 250 : 190;
    for (size_t i = 0; i < n; i++) {
        for (int64_t t = p->first; t <= p->last; t++) {
            p->later = p->later || !isnan(came(p, chosen[i], t));
        }
    }
}

qd_status qd_forecast_write_svg(const qd_forecast *forecast, const double *y, const char *title, size_t most,
                                const char *path, qd_error *error)
{
    picture p = {.forecast = forecast, .y = y, .title = title, .error = error, .status = QD_OK};
    most = most == 0 || most > MOST_PANELS ? MOST_PANELS : most;
    size_t chosen[MOST_PANELS];
    p.panels = qd_forecast_choose(forecast, y, qd_forecast_shown(forecast), most, chosen);
    if (p.panels == 0) {
        return qd_fail(error, QD_ERR_VALUE, "plot: there is no forecast to draw");
    }
    const qd_status status = qd_file_create(path, &p.file, error);
    if (status != QD_OK) {
        return status;
    }
    lay_out(&p, chosen);
    put_picture(&p, chosen);
    if (p.status != QD_OK) {
        qd_file_close(p.file);
        return p.status;
    }
    return qd_file_commit(p.file, error);
}
