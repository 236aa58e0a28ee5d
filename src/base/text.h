/* Text: numbers read and written without regard to the locale, and the nearest word to a misspelt one. */
#ifndef QD_BASE_TEXT_H
#define QD_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole of text[0 .. length) as a decimal number ("-1.5", "1e9", "inf", "nan"; surrounding blanks allowed; no
   hexadecimal), correctly rounded.  False where it is anything else or out of a double's range. */
bool qd_text_to_double(const char *text, size_t length, double *value);
bool qd_text_to_integer(const char *text, size_t length, int64_t *value);

/* The shortest decimal text that reads back as the same number, with '.'; returns its length.  `size` >= 32 is enough.
 */
size_t qd_text_from_double(double value, char *text, size_t size);
size_t qd_text_from_float(float value, char *text, size_t size);

/* snprintf in the C locale; returns as snprintf. */
int qd_text_format(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int qd_text_format_list(char *text, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* Index of the candidate with the smallest edit distance to `word` (at most a third of its length, at least 2), or
   `count` where none is near. */
size_t qd_text_nearest(const char *word, const char *const *candidates, size_t count);

#endif
