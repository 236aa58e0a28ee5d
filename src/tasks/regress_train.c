/* Training a regression: from sequences to a model. */
#include "base/mem.h"
#include "base/text.h"
#include "store/session.h"
#include "tasks/regress.h"
#include "train/feed.h"

#include <string.h>

/* What one training works with. */
typedef struct training {
    const qd_settings *settings;
    qd_sequences *train, *valid; /* owned, scaled copies; valid may be NULL */
    qd_scaling scaling;
    qd_network *network;
    float *initial; /* weights, or NULL */
    qd_train_state *state;
    qd_feed *feed;
    char *checkpoint; /* path, or NULL */
    uint32_t fingerprint;
} training;

/* ---------------------------------------------------------------------------------------------- settings */

static bool valid_fraction(const qd_settings *settings, double *fraction)
{
    const char *valid = qd_settings_text(settings, "valid");
    return qd_text_to_double(valid, strlen(valid), fraction);
}

static qd_status check_settings(const qd_settings *settings, qd_error *error)
{
    double fraction;
    if (valid_fraction(settings, &fraction) && !(fraction > 0 && fraction < 1)) {
        return qd_fail(error, QD_ERR_VALUE, "valid: %s is not a fraction between 0 and 1",
                       qd_settings_text(settings, "valid"));
    }
    if (qd_settings_real(settings, "step-factor") >= 1 &&
        strcmp(qd_settings_text(settings, "schedule"), "plateau") == 0) {
        return qd_fail(error, QD_ERR_VALUE, "step-factor: a plateau needs a factor below 1");
    }
    qd_layer_spec *layers;
    size_t count;
    qd_status status = qd_layer_specs_parse(qd_settings_text(settings, "layers"), &layers, &count, error);
    if (status == QD_OK) {
        qd_mem_free(layers);
    }
    return status;
}

qd_status qd_regress_settings(const qd_settings *settings, bool table, qd_settings **out, qd_error *error)
{
    qd_settings *copy;
    qd_status status = qd_settings_copy(settings, &copy, error);
    if (status != QD_OK) {
        return status;
    }
    if (strcmp(qd_settings_text(copy, "scale"), "auto") == 0) {
        status = qd_settings_set(copy, "scale", table ? "standard" : "none", error);
    }
    if (status == QD_OK) {
        status = check_settings(copy, error);
    }
    if (status != QD_OK) {
        qd_settings_free(copy);
        return status;
    }
    *out = copy;
    return QD_OK;
}

/* -------------------------------------------------------------------------------------------------- data */

static qd_status check_targets(const qd_settings *settings, const qd_sequences *sequences, qd_error *error)
{
    const qd_loss *loss = qd_loss_find(qd_settings_text(settings, "loss"));
    if (sequences->count == 0 || sequences->outputs == 0) {
        return qd_fail(error, QD_ERR_VALUE, "training needs at least one sequence with its targets");
    }
    for (size_t n = 0; loss->check != NULL && n < sequences->count; n++) {
        const char *expected = loss->check(sequences->outputs, sequences->y + n * sequences->outputs);
        if (expected != NULL) {
            return qd_fail(error, QD_ERR_VALUE, "sequence %zu: the loss %s expects %s", n, loss->name, expected);
        }
    }
    return QD_OK;
}

/* The parts to train and to validate on, as copies that scaling may change: a validation set of its own, or the last
   fraction of the sequences, rounded to at least one on either side. */
static qd_status split(training *t, const qd_sequences *train, const qd_sequences *valid, qd_error *error)
{
    double fraction;
    size_t cut = train->count;
    const char *named = qd_settings_text(t->settings, "valid");
    if (valid == NULL && *named != '\0' && !valid_fraction(t->settings, &fraction)) {
        return qd_fail(error, QD_ERR_VALUE, "valid: %s is no fraction, and its sequences were not given", named);
    }
    if (valid == NULL && valid_fraction(t->settings, &fraction)) {
        size_t held = (size_t)((double)train->count * fraction + 0.5);
        held = held == 0 ? 1 : held;
        if (held >= train->count) {
            return qd_fail(error, QD_ERR_VALUE, "valid: %zu sequences are too few to hold back a part", train->count);
        }
        cut = train->count - held;
    }
    qd_status status = qd_sequences_slice(train, 0, cut, &t->train, error);
    if (status == QD_OK && valid != NULL) {
        status = qd_sequences_slice(valid, 0, valid->count, &t->valid, error);
    } else if (status == QD_OK && cut < train->count) {
        status = qd_sequences_slice(train, cut, train->count, &t->valid, error);
    }
    if (status == QD_OK && t->valid == NULL && qd_settings_integer(t->settings, "patience") > 0) {
        return qd_fail(error, QD_ERR_VALUE, "patience: early stopping watches the validation loss; give valid too");
    }
    return status;
}

static qd_scaling_kind scaling_kind(const qd_settings *settings)
{
    const char *scale = qd_settings_text(settings, "scale");
    return strcmp(scale, "standard") == 0 ? QD_SCALING_STANDARD
           : strcmp(scale, "log1p") == 0  ? QD_SCALING_LOG1P
                                          : QD_SCALING_NONE;
}

static qd_status scale(training *t, qd_error *error)
{
    const qd_loss *loss = qd_loss_find(qd_settings_text(t->settings, "loss"));
    qd_status status = qd_scaling_learn(scaling_kind(t->settings), t->train, !loss->labels, &t->scaling, error);
    if (status == QD_OK) {
        status = qd_scaling_apply(&t->scaling, t->train, error);
    }
    if (status == QD_OK && t->valid != NULL) {
        status = qd_scaling_apply(&t->scaling, t->valid, error);
    }
    return status;
}

static qd_status prepare_data(training *t, const qd_sequences *train, const qd_sequences *valid, qd_error *error)
{
    if (valid != NULL && (valid->inputs != train->inputs || valid->outputs != train->outputs)) {
        return qd_fail(error, QD_ERR_VALUE,
                       "the validation data have %zu inputs and %zu targets, the training data %zu and %zu",
                       valid->inputs, valid->outputs, train->inputs, train->outputs);
    }
    qd_status status = check_targets(t->settings, train, error);
    if (status == QD_OK && valid != NULL) {
        status = check_targets(t->settings, valid, error);
    }
    if (status == QD_OK) {
        status = split(t, train, valid, error);
    }
    if (status == QD_OK) {
        t->fingerprint = qd_sequences_fingerprint(t->train);
        if (t->valid != NULL) {
            uint32_t other = qd_sequences_fingerprint(t->valid);
            t->fingerprint ^= (other << 1) | (other >> 31);
        }
        status = scale(t, error);
    }
    return status;
}

/* ---------------------------------------------------------------------------------------------- training */

static qd_status prepare_network(training *t, qd_error *error)
{
    qd_status status = qd_network_new(qd_settings_text(t->settings, "layers"), qd_settings_real(t->settings, "dropout"),
                                      t->train->inputs, t->train->outputs, false, &t->network, error);
    if (status == QD_OK) {
        status = qd_regress_check(t->network, error);
    }
    if (status == QD_OK) {
        status = qd_session_initial(t->settings, t->network, &t->initial, error);
    }
    return status == QD_OK ? qd_session_path(t->settings, 0, &t->checkpoint, error) : status;
}

static void training_clear(training *t)
{
    qd_sequences_free(t->train);
    qd_sequences_free(t->valid);
    qd_scaling_clear(&t->scaling);
    qd_network_free(t->network);
    qd_mem_free(t->initial);
    qd_train_state_free(t->state);
    qd_feed_free(t->feed);
    qd_mem_free(t->checkpoint);
}

qd_status qd_regress_train(const qd_settings *settings, const qd_sequences *train, const qd_sequences *valid,
                           const char *columns, qd_monitor monitor, void *context, qd_model **out, qd_error *error)
{
    *out = NULL;
    training t = {.settings = settings};
    qd_status status = prepare_data(&t, train, valid, error);
    if (status == QD_OK) {
        status = prepare_network(&t, error);
    }
    if (status == QD_OK) {
        const size_t batch = (size_t)qd_settings_integer(settings, "batch");
        status = qd_feed_new(settings, batch < t.train->count ? batch : t.train->count, t.train, t.valid,
                             t.train->outputs, &t.feed, error);
    }
    if (status == QD_OK) {
        const qd_problem problem = qd_feed_problem(t.feed);
        const qd_session session = {
            .settings = settings,
            .network = t.network,
            .problem = &problem,
            .initial = t.initial,
            .checkpoint = t.checkpoint,
            .fingerprint = t.fingerprint,
            .monitor = monitor,
            .context = context,
            .history = qd_settings_text(settings, "history"),
        };
        status = qd_session_run(&session, &t.state, error);
    }
    if (t.state != NULL) {
        /* A failure here must not hide why training ended early. */
        qd_status made = qd_model_new("regress", settings, t.train->inputs, t.train->outputs, t.state->parameters,
                                      &t.scaling, &t.state->history, columns, out, status == QD_OK ? error : NULL);
        status = status == QD_OK ? made : status;
    }
    training_clear(&t);
    return status;
}

qd_status qd_train_regress(const qd_settings *settings, const qd_sequences *train, const qd_sequences *valid,
                           qd_monitor monitor, void *context, qd_model **out, qd_error *error)
{
    *out = NULL;
    qd_settings *resolved;
    qd_status status = qd_regress_settings(settings, false, &resolved, error);
    if (status == QD_OK) {
        status = qd_regress_train(resolved, train, valid, "", monitor, context, out, error);
        qd_settings_free(resolved);
    }
    return status;
}
