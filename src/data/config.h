/* Settings from a YAML file (--config): flat `name: value` pairs, read with libyaml.  Nested maps, lists, anchors, tags
   and a key given twice are refused with line and column; an unknown key names the nearest known one.  A file of more
   than 64 KiB is refused; one without any pair sets nothing. */
#ifndef QD_DATA_CONFIG_H
#define QD_DATA_CONFIG_H

#include "base/settings.h"

/* Sets what the file says, except what `settings` was given already (a flag outranks the file): all of it, or nothing
   where something in it is wrong.  QD_ERR_MISSING in a build without libyaml, naming the package. */
QD_CHECKED qd_status qd_config_read(const char *path, qd_settings *settings, qd_error *error);

/* The same from memory; `name` stands in messages. */
QD_CHECKED qd_status qd_config_parse(const char *name, const char *text, size_t size, qd_settings *settings,
                                     qd_error *error);

#endif
