/* The table of layers, the list that names them, and making a layer with those around it. */
#include "nn/layer.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

extern const qd_layer_kind qd_layer_lstm, qd_layer_bilstm, qd_layer_rnn, qd_layer_birnn, qd_layer_dense, qd_layer_embed,
    qd_layer_apart, qd_layer_around, qd_layer_conv, qd_layer_norm, qd_layer_relu, qd_layer_mean, qd_layer_max,
    qd_layer_attention;

/* What --layers may name. */
const qd_layer_kind *const qd_layer_kinds[] = {
    &qd_layer_lstm,  &qd_layer_bilstm, &qd_layer_rnn,    &qd_layer_birnn,     &qd_layer_dense,
    &qd_layer_embed, &qd_layer_apart,  &qd_layer_around, &qd_layer_conv,      &qd_layer_norm,
    &qd_layer_relu,  &qd_layer_mean,   &qd_layer_max,    &qd_layer_attention,
};
const size_t qd_layer_kinds_count = sizeof qd_layer_kinds / sizeof qd_layer_kinds[0];

/* What modifiers put around a layer. */
extern const qd_layer_kind qd_layer_dropout, qd_layer_residual;

const qd_layer_kind *qd_layer_kind_find(const char *name)
{
    for (size_t i = 0; i < qd_layer_kinds_count; i++) {
        if (strcmp(qd_layer_kinds[i]->name, name) == 0) {
            return qd_layer_kinds[i];
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------------------------------- the list */

typedef struct reader {
    const char *list, *at; /* at: the next character */
    size_t element;        /* from 1 */
    qd_error *error;
} reader;

/* "layers, element 2, character 9: ..." about the character at `place`. */
__attribute__((format(printf, 3, 4))) static qd_status refuse(const reader *r, const char *place, const char *format,
                                                              ...)
{
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    qd_text_format_list(what, sizeof what, format, arguments);
    va_end(arguments);
    return qd_fail(r->error, QD_ERR_VALUE, "layers, element %zu, character %zu: %s", r->element,
                   (size_t)(place - r->list) + 1, what);
}

/* The characters up to the next separator; cut where it is longer than a name can be. */
static void read_word(reader *r, char *word, size_t size)
{
    const size_t length = strcspn(r->at, ":+=, ");
    const size_t kept = length < size ? length : size - 1;
    memcpy(word, r->at, kept);
    word[kept] = '\0';
    r->at += length;
}

static qd_status refuse_kind(const reader *r, const char *place, const char *word)
{
    enum { MOST = 64 };
    const char *names[MOST];
    char known[256];
    size_t count = 0, used = 0;
    for (; count < qd_layer_kinds_count && count < MOST && used < sizeof known; count++) {
        names[count] = qd_layer_kinds[count]->name;
        used += (size_t)qd_text_format(known + used, sizeof known - used, "%s%s", count > 0 ? ", " : "", names[count]);
    }
    if (*word == '\0') {
        return refuse(r, place, "expected a kind of layer: %s", known);
    }
    const size_t nearest = qd_text_nearest(word, names, count);
    if (nearest < count) {
        return refuse(r, place, "\"%s\" is no kind of layer; did you mean \"%s\"?", word, names[nearest]);
    }
    return refuse(r, place, "\"%s\" is no kind of layer; known are %s", word, known);
}

/* ":UNITS" */
static qd_status read_units(reader *r, qd_layer_spec *spec)
{
    if (*r->at != ':') {
        return refuse(r, r->at, "expected ':' and the number of units, as in %s:50", spec->kind);
    }
    const char *place = ++r->at;
    char word[32];
    int64_t units;
    read_word(r, word, sizeof word);
    if (!qd_text_to_integer(word, strlen(word), &units) || units < 1 || units > QD_MOST_UNITS) {
        return refuse(r, place, "\"%s\" units, expected a whole number from 1 to %d", word, QD_MOST_UNITS);
    }
    spec->units = (size_t)units;
    return QD_OK;
}

/* "=VALUE" */
static qd_status read_value(reader *r, const char *modifier, double low, double below, double *value)
{
    if (*r->at != '=') {
        return refuse(r, r->at, "expected '=' and a number after %s", modifier);
    }
    const char *place = ++r->at;
    char word[32];
    read_word(r, word, sizeof word);
    if (!qd_text_to_double(word, strlen(word), value) || !(*value >= low && *value < below)) {
        return refuse(r, place, "%s of \"%s\", expected a number from %g to less than %g", modifier, word, low, below);
    }
    return QD_OK;
}

/* A whole number from 1 to less than `below`, which a double and a float hold. */
static qd_status read_count(const reader *r, const char *place, double value, size_t *count)
{
    if (value != (double)(size_t)value) {
        return refuse(r, place, "%g, expected a whole number", value);
    }
    *count = (size_t)value;
    return QD_OK;
}

/* "+residual", "+dropout=RATE", "+vocabulary=N", "+kernel=K", "+dilation=D" or "+causal" */
static qd_status read_modifier(reader *r, qd_layer_spec *spec)
{
    static const char *const names[] = {"residual", "causal", "dropout", "vocabulary", "kernel", "dilation"};
    enum { NAMES = sizeof names / sizeof names[0] };
    static const double below[NAMES] = {[3] = 0x1p24 /* float32 holds no more whole numbers */, 1024, 1024};
    size_t *const counts[NAMES] = {[3] = &spec->vocabulary, &spec->kernel, &spec->dilation};
    const char *place = ++r->at;
    char word[32];
    read_word(r, word, sizeof word);
    size_t which = 0;
    while (which < NAMES && strcmp(word, names[which]) != 0) {
        which++;
    }
    double value = 0;
    qd_status status;
    switch (which) {
    case 0:
        spec->residual = true;
        return QD_OK;
    case 1:
        spec->causal = true;
        return QD_OK;
    case 2:
        return read_value(r, word, 0, 1, &spec->dropout);
    case 3:
    case 4:
    case 5:
        status = read_value(r, word, 1, below[which], &value);
        return status == QD_OK ? read_count(r, place, value, counts[which]) : status;
    default:
        break;
    }
    const size_t nearest = qd_text_nearest(word, names, NAMES);
    return nearest < NAMES
               ? refuse(r, place, "\"%s\" is no modifier; did you mean \"%s\"?", word, names[nearest])
               : refuse(r, place,
                        "\"%s\" is no modifier; known are residual, dropout=RATE, vocabulary=N, kernel=K, dilation=D "
                        "and causal",
                        word);
}

static void skip_blanks(reader *r)
{
    r->at += strspn(r->at, " ");
}

/* One element, up to the comma or the end. */
static qd_status read_element(reader *r, qd_layer_spec *spec)
{
    skip_blanks(r);
    const char *place = r->at;
    read_word(r, spec->kind, sizeof spec->kind);
    spec->dropout = -1;
    const qd_layer_kind *kind = qd_layer_kind_find(spec->kind);
    if (kind == NULL) {
        return refuse_kind(r, place, spec->kind);
    }
    qd_status status = kind->takes_units ? read_units(r, spec) : QD_OK;
    while (status == QD_OK && *r->at == '+') {
        status = read_modifier(r, spec);
    }
    skip_blanks(r);
    if (status == QD_OK && *r->at != '\0' && *r->at != ',') {
        return refuse(r, r->at, "\"%c\", expected '+', a comma or the end", *r->at);
    }
    return status;
}

qd_status qd_layer_specs_parse(const char *list, qd_layer_spec **specs, size_t *count, qd_error *error)
{
    size_t elements = 1;
    for (const char *p = list; *p != '\0'; p++) {
        elements += *p == ',';
    }
    qd_layer_spec *all = qd_mem_new(elements, sizeof *all);
    if (all == NULL) {
        return qd_fail_memory(error, elements * sizeof *all, "the list of layers");
    }
    reader r = {.list = list, .at = list, .error = error};
    for (size_t i = 0; i < elements; i++) {
        r.element = i + 1;
        const qd_status status = read_element(&r, &all[i]);
        if (status != QD_OK) {
            qd_mem_free(all);
            return status;
        }
        r.at++; /* the comma */
    }
    *specs = all;
    *count = elements;
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------- the tree */

qd_status qd_layer_make(const qd_layer_kind *kind, const qd_layer_spec *spec, size_t inputs, bool last_only,
                        qd_layer *child, qd_layer **out, qd_error *error)
{
    qd_layer *layer = qd_mem_new(1, sizeof *layer);
    if (layer == NULL) {
        qd_layer_free(child);
        return qd_fail_memory(error, sizeof *layer, "a layer");
    }
    layer->kind = kind;
    layer->inputs = inputs;
    layer->last_only = last_only;
    layer->child[0] = child;
    const qd_status status = kind->configure(layer, spec, error);
    if (status != QD_OK) {
        qd_layer_free(layer);
        return status;
    }
    *out = layer;
    return QD_OK;
}

qd_status qd_layer_new(const qd_layer_spec *spec, size_t inputs, bool last_only, qd_layer **out, qd_error *error)
{
    qd_layer *layer = NULL;
    qd_status status = qd_layer_make(qd_layer_kind_find(spec->kind), spec, inputs, last_only, NULL, &layer, error);
    if (status == QD_OK && spec->dropout > 0) {
        status = qd_layer_make(&qd_layer_dropout, spec, inputs, last_only, layer, &layer, error);
    }
    if (status == QD_OK && spec->residual) {
        status = qd_layer_make(&qd_layer_residual, spec, inputs, last_only, layer, &layer, error);
    }
    if (status == QD_OK) {
        *out = layer;
    }
    return status;
}

void qd_layer_free(qd_layer *layer)
{
    if (layer != NULL) {
        qd_layer_free(layer->child[0]);
        qd_layer_free(layer->child[1]);
        qd_mem_free(layer);
    }
}
