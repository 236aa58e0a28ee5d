/* Files into strains: each record is encoded, dated, weighted and merged; what is odd is told in notes.  And the wild
   types that are to be mutated, which are kept one by one. */
#include "base/mem.h"
#include "base/text.h"
#include "data/strains_parts.h"

#include <string.h>

enum { NAMED = 20 }; /* records with frame errors that are told by name */

typedef struct reader {
    const qd_strains_options *options;
    qd_notes *notes;
    qd_encoder encoder;
    qd_origin origin;
    qd_merger merger;
    const char *const *paths;
    uint32_t file; /* of paths, that is being read */
    size_t records, broken, too_early, too_late, weightless;
    size_t slots; /* headers that were seen: hash and record, 16 bytes each */
    struct seen {
        uint64_t hash;
        uint32_t record, file; /* record 0: free */
    } * seen;
} reader;

/* ---------------------------------------------------------------------------------------- repeated headers */

static struct seen *seen_slot(struct seen *seen, size_t slots, uint64_t hash)
{
    size_t at = (size_t)(hash ^ hash >> 32) & (slots - 1);
    while (seen[at].record != 0 && seen[at].hash != hash) {
        at = (at + 1) & (slots - 1);
    }
    return &seen[at];
}

static qd_status grow_seen(reader *r, qd_error *error)
{
    if (2 * (r->records + 1) <= r->slots) {
        return QD_OK;
    }
    const size_t slots = r->slots == 0 ? 128 : 2 * r->slots;
    struct seen *seen = qd_mem_new(slots, sizeof *seen);
    if (seen == NULL) {
        return qd_fail_memory(error, slots * sizeof *seen, "the names of sequences");
    }
    for (size_t i = 0; i < r->slots; i++) {
        if (r->seen[i].record != 0) {
            *seen_slot(seen, slots, r->seen[i].hash) = r->seen[i];
        }
    }
    qd_mem_free(r->seen);
    r->seen = seen;
    r->slots = slots;
    return QD_OK;
}

/* Two headers of one hash are taken for one: among a million different ones that happens once in 4e7 runs. */
static qd_status check_header(reader *r, const qd_fasta *fasta, const qd_fasta_record *record, qd_error *error)
{
    const qd_status status = grow_seen(r, error);
    if (status != QD_OK) {
        return status;
    }
    struct seen *slot = seen_slot(r->seen, r->slots, qd_hash(record->header, strlen(record->header)));
    if (slot->record != 0) {
        const bool here = slot->file == r->file;
        return qd_fasta_fail(fasta, record, 0, error, "record %lu%s%.200s has the same name",
                             (unsigned long)slot->record, here ? "" : " of ", here ? "" : r->paths[slot->file]);
    }
    r->records++;
    *slot = (struct seen){qd_hash(record->header, strlen(record->header)), (uint32_t)record->number, r->file};
    return QD_OK;
}

/* --------------------------------------------------------------------------------------------------- records */

static qd_status note_frame(reader *r, const qd_fasta *fasta, const qd_fasta_record *record, qd_error *error)
{
    r->broken++;
    if (r->broken > NAMED) {
        return QD_OK;
    }
    return qd_notes_add(r->notes, error, "%.200s:%llu: record %llu '%.80s' is left out, a frame error: %s",
                        qd_fasta_path(fasta), (unsigned long long)record->line, (unsigned long long)record->number,
                        record->header, r->encoder.why);
}

static qd_status add_record(reader *r, const qd_fasta *fasta, const qd_fasta_record *record, qd_error *error)
{
    const qd_strains_options *o = r->options;
    int64_t day = QD_UNDATED;
    double weight = 1;
    qd_status status = check_header(r, fasta, record, error);
    if (status == QD_OK) {
        status = qd_encode(&r->encoder, fasta, record, error);
    }
    if (status == QD_OK) {
        status = qd_origin_find(&r->origin, fasta, record, &day, &weight, error);
    }
    if (status != QD_OK) {
        return status;
    }
    const bool dated = day != QD_UNDATED;
    if (r->encoder.frame_error) {
        return note_frame(r, fasta, record, error);
    }
    if (o->until != QD_UNDATED && (!dated || day > o->until)) {
        r->too_late += dated;
        return QD_OK;
    }
    if (o->after != QD_UNDATED && (!dated || day <= o->after)) {
        r->too_early += dated;
        return QD_OK;
    }
    if (weight == 0) {
        r->weightless++;
        return QD_OK;
    }
    return qd_merger_add(&r->merger, r->encoder.code, r->encoder.length, weight, day, record->header, error);
}

static qd_status read_records(reader *r, qd_fasta *fasta, qd_error *error)
{
    qd_fasta_record record;
    for (bool more = true; more;) {
        qd_status status = qd_fasta_next(fasta, &record, &more, error);
        if (status == QD_OK && more) {
            status = add_record(r, fasta, &record, error);
        }
        if (status != QD_OK) {
            return status;
        }
    }
    return QD_OK;
}

/* ----------------------------------------------------------------------------------------------------- notes */

/* "gaps, taken out: 12": a line for each kind of oddity that there was. */
static qd_status note_counts(reader *r, qd_error *error)
{
    const qd_odd_letters *odd = &r->encoder.odd;
    const qd_origin *origin = &r->origin;
    const bool limited = r->options->until != QD_UNDATED || r->options->after != QD_UNDATED;
    const bool dated = origin->by_date_regex || origin->date != SIZE_MAX;
    const bool weighted = origin->by_weight_regex || origin->weight != SIZE_MAX;
    const struct {
        size_t count;
        const char *what;
    } kinds[] = {
        {odd->unknown, "ambiguous or rare letters (X, B, Z, J, U, O; IUPAC codes), taken for unknown"},
        {odd->inner_stops, "stops within a sequence, taken for unknown residues"},
        {odd->end_stops, "stops at the end of a sequence, taken off"},
        {odd->gaps, "gaps, taken out"},
        {r->broken, "records with a frame error, left out"},
        {origin->unlisted, "records without a row in the metadata"},
        {r->too_late, "records after the last day, left out"},
        {r->too_early, "records up to the day from which is counted, left out"},
        {limited ? origin->undated : 0, "records without a date, left out"},
        {!limited && dated ? origin->undated : 0, "records of which no date is known"},
        {weighted ? origin->unweighted : 0, "records of which no weight is known, which count once"},
        {r->weightless, "records with a weight of 0, left out"},
    };
    qd_status status = QD_OK;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && status == QD_OK; i++) {
        if (kinds[i].count > 0) {
            status = qd_notes_add(r->notes, error, "%s: %zu", kinds[i].what, kinds[i].count);
        }
    }
    return status;
}

static qd_status note_all(reader *r, const char *path, qd_error *error)
{
    const qd_strains *s = r->merger.strains;
    char more[40] = "";
    if (r->file > 0) {
        qd_text_format(more, sizeof more, " and %lu more", (unsigned long)r->file);
    }
    qd_status status = qd_notes_add(
        r->notes, error, "%.200s%s: %s%s; %zu records, %zu different sequences, %zu copies merged", path, more,
        r->encoder.alphabet == &qd_dna ? "nucleotides" : "proteins",
        r->encoder.translate ? ", translated from coding sequences" : "", r->records, s->count, r->merger.merged);
    if (status == QD_OK) {
        status = note_counts(r, error);
    }
    if (status == QD_OK && s->count == 0) {
        return qd_fail_at(
            error, QD_ERR_FORMAT, path, 0, 0,
            "no sequence is left of %zu: %zu with a frame error, %zu too late, %zu too early, %zu without "
            "a date",
            r->records, r->broken, r->too_late, r->too_early, r->origin.undated);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------- all files */

static qd_status begin(reader *r, const qd_strains_options *options, qd_notes *notes, qd_error *error)
{
    *r = (reader){.options = options, .notes = notes};
    r->encoder = (qd_encoder){.alphabet = options->alphabet,
                              .translate = options->translate,
                              .lanl = options->lanl,
                              .genetic_code = options->genetic_code};
    r->merger.strains = qd_mem_new(1, sizeof *r->merger.strains);
    if (r->merger.strains == NULL) {
        return qd_fail_memory(error, sizeof *r->merger.strains, "sequences");
    }
    return qd_origin_open(options, &r->origin, error);
}

/* Ends a reading that went so far with `status`. */
static qd_status end(reader *r, const char *path, qd_status status, qd_strains **out, qd_error *error)
{
    if (status == QD_OK) {
        r->merger.strains->alphabet = r->encoder.alphabet;
        status = note_all(r, path, error);
    }
    if (status == QD_OK) {
        *out = r->merger.strains;
    } else {
        qd_strains_free(r->merger.strains);
    }
    qd_encoder_clear(&r->encoder);
    qd_origin_clear(&r->origin);
    qd_mem_free(r->merger.slot);
    qd_mem_free(r->seen);
    return status;
}

qd_status qd_strains_read(const char *const *paths, size_t count, const qd_strains_options *options, qd_strains **out,
                          qd_notes *notes, qd_error *error)
{
    reader r;
    qd_status status = begin(&r, options, notes, error);
    r.paths = paths;
    for (size_t i = 0; i < count && status == QD_OK; i++) {
        qd_fasta *fasta = NULL;
        r.file = (uint32_t)i;
        status = qd_fasta_open(paths[i], options->longest, &fasta, error);
        if (status == QD_OK) {
            status = read_records(&r, fasta, error);
        }
        qd_fasta_close(fasta);
    }
    return end(&r, paths[0], status, out, error);
}

qd_status qd_strains_parse(const char *name, const char *text, size_t size, const qd_strains_options *options,
                           qd_strains **out, qd_notes *notes, qd_error *error)
{
    reader r;
    qd_fasta *fasta = NULL;
    qd_status status = begin(&r, options, notes, error);
    if (status == QD_OK) {
        status = qd_fasta_open_text(name, text, size, options->longest, &fasta, error);
    }
    if (status == QD_OK) {
        status = read_records(&r, fasta, error);
    }
    qd_fasta_close(fasta);
    return end(&r, name, status, out, error);
}
