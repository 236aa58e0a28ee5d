/* Lines of text that grow in number. */
#include "data/notes.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdarg.h>

qd_status qd_notes_add(qd_notes *notes, qd_error *error, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    qd_text_format_list(text, sizeof text, format, arguments);
    va_end(arguments);
    char *copy = qd_mem_string(text);
    char **line = copy != NULL ? qd_mem_resize(notes->line, notes->count, notes->count + 1, sizeof *line) : NULL;
    if (line == NULL) {
        qd_mem_free(copy);
        return qd_fail_memory(error, sizeof text, "a note");
    }
    notes->line = line;
    notes->line[notes->count++] = copy;
    return QD_OK;
}

void qd_notes_clear(qd_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++) {
        qd_mem_free(notes->line[i]);
    }
    qd_mem_free(notes->line);
    *notes = (qd_notes){0};
}
