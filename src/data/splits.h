/*
 * Splits of tracks into training, validation and test parts, or into folds.  A split depends on texts of the tracks and
 * on the seed, never on the order of the rows.  A text that is no split is QD_ERR_USE.
 */
#ifndef QD_DATA_SPLITS_H
#define QD_DATA_SPLITS_H

#include "data/tracks.h"

typedef enum qd_part { QD_PART_NONE, QD_PART_TRAIN, QD_PART_VALID, QD_PART_TEST } qd_part;

/* FNV-1a, 32 bits, of a text (at most its first `length` bytes; 0: all): offset 2166136261, prime 16777619. */
uint32_t qd_split_hash(const char *text, size_t length);

/* The columns, "a,b", that a split needs from the tracks' reader: what to put into qd_track_options.keep.  group,
   split and folds as below, "" for none.  The result is released with qd_mem_free. */
QD_CHECKED qd_status qd_split_columns(const char *group, const char *split, const char *folds, char **columns,
                                      qd_error *error);

/* The part of each track, part[count]:
     hash:COLUMN[:LENGTH]   qd_split_hash(value) % 100: below 70 train, below 85 validation, else test
     file:PATH:ID:SET       a table with a row an id and its set (train|training, valid|validation|dev, test); a track
                            that it does not name has no part
   Tracks of one group (key; "": none) that would be parted are QD_ERR_VALUE, and so is an empty training part. */
QD_CHECKED qd_status qd_split_parts(const qd_tracks *tracks, const char *split, const char *group, uint64_t limit,
                                    qd_part *part, qd_error *error);

/* The fold of each track, fold[count], below *folds:
     K                  stratified by class (of a group, the rarest of its classes), groups ("": none) kept together,
                        drawn by the seed
     hash:COLUMN:K      qd_split_hash(value) % K */
QD_CHECKED qd_status qd_split_folds(const qd_tracks *tracks, const char *text, const char *group, uint64_t seed,
                                    size_t *fold, size_t *folds, qd_error *error);

#endif
