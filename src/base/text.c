/* Text: numbers and formats in the C locale, whatever the process has set, and edit distance. */
#include "base/text.h"

#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* Enters the C locale on this thread; give what it returns to uselocale afterwards.  Should there be no memory for a
   locale object (glibc needs none for "C") the thread keeps its own. */
static locale_t enter_c_locale(void)
{
    pthread_once(&c_locale_once, make_c_locale);
    return uselocale(c_locale);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Longest text that is still taken for a number: the smallest double written in full has 1077 characters. */
enum { NUMBER_LENGTH = 1280 };

/* Copies the text without its surrounding blanks into a terminated buffer; false where that cannot be a number. */
static bool trim(const char *text, size_t length, char out[NUMBER_LENGTH])
{
    while (length > 0 && blank(text[0])) {
        text++;
        length--;
    }
    while (length > 0 && blank(text[length - 1])) {
        length--;
    }
    if (length == 0 || length >= NUMBER_LENGTH || memchr(text, '\0', length) != NULL) {
        return false;
    }
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

/* Most numbers of tables are a whole number below 2^53 times or over a power of ten up to 10^22.  Both are doubles, and
   one multiplication or division rounds once: the answer is the correctly rounded one (Clinger 1990), without strtod.
 */
static bool read_short(const char *text, size_t length, double *value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const bool negative = length > 0 && text[0] == '-';
    uint64_t whole = 0;
    size_t digits = 0, decimals = 0;
    bool point = false;
    for (size_t i = negative; i < length; i++) {
        if (text[i] == '.' && !point) {
            point = true;
        } else if (text[i] >= '0' && text[i] <= '9' && digits < 19) {
            whole = 10 * whole + (uint64_t)(text[i] - '0');
            digits++;
            decimals += point;
        } else {
            return false;
        }
    }
    if (digits == 0 || whole > UINT64_C(9007199254740992)) {
        return false;
    }
    const double number = (double)whole / powers[decimals];
    *value = negative ? -number : number;
    return true;
}

bool qd_text_to_double(const char *text, size_t length, double *value)
{
    char number[NUMBER_LENGTH];
    if (read_short(text, length, value)) {
        return true;
    }
    /* strtod would skip line breaks, and read hexadecimal and "nan(...)". */
    if (!trim(text, length, number) || strpbrk(number, "xX()\n\r\v\f") != NULL) {
        return false;
    }
    locale_t before = enter_c_locale();
    char *end;
    errno = 0;
    double parsed = strtod(number, &end);
    bool overflow = errno == ERANGE && isinf(parsed);
    uselocale(before);
    if (end == number || *end != '\0' || overflow) {
        return false;
    }
    *value = parsed;
    return true;
}

bool qd_text_to_integer(const char *text, size_t length, int64_t *value)
{
    char number[NUMBER_LENGTH];
    if (!trim(text, length, number) || strpbrk(number, "\n\r\v\f") != NULL) {
        return false;
    }
    char *end;
    errno = 0;
    long long parsed = strtoll(number, &end, 10);
    if (end == number || *end != '\0' || errno == ERANGE) {
        return false;
    }
    *value = parsed;
    return true;
}

int qd_text_format_list(char *text, size_t size, const char *format, va_list arguments)
{
    locale_t before = enter_c_locale();
    int length = vsnprintf(text, size, format, arguments);
    uselocale(before);
    return length;
}

int qd_text_format(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = qd_text_format_list(text, size, format, arguments);
    va_end(arguments);
    return length;
}

/* 1e-07 to 1e-7 and 1e+22 to 1e22. */
static void shorten_exponent(char *text)
{
    char *to = strchr(text, 'e');
    if (to == NULL) {
        return;
    }
    const char *from = ++to;
    to += *from == '-';
    from += *from == '-' || *from == '+';
    from += strspn(from, "0"); /* the exponent is not 0: %g would have left it out */
    memmove(to, from, strlen(from) + 1);
}

/* The fewest digits, from `least` to `most`, that read back as the same number. */
static size_t shortest(double value, bool is_float, int least, int most, char *text, size_t size)
{
    if (isnan(value)) {
        return (size_t)qd_text_format(text, size, "nan"); /* whatever its sign bit */
    }
    locale_t before = enter_c_locale();
    for (int digits = least; digits <= most; digits++) {
        snprintf(text, size, "%.*g", digits, value);
        if ((is_float ? (double)strtof(text, NULL) : strtod(text, NULL)) == value) {
            break;
        }
    }
    uselocale(before);
    shorten_exponent(text);
    return strlen(text);
}

/* What is a whole number of millionths of moderate size, without printf; 0: it is not.  At most 15 digits that read
   back as the value are the shortest text of it, and a whole number over 10^6 is rounded once, as a reader rounds it.
 */
static size_t write_short(double value, char *text, size_t size)
{
    enum { LONGEST = 18 }; /* a sign, nine digits, a point, six digits, the end */
    const double size_of = fabs(value);
    if (!(size_of >= 1e-4 && size_of < 1e9) || size < LONGEST) { /* %g writes smaller ones with an exponent */
        return 0;
    }
    uint64_t left = (uint64_t)(size_of * 1e6 + 0.5);
    if ((double)left / 1e6 != size_of) {
        return 0;
    }
    char digits[LONGEST];
    size_t at = sizeof digits, decimals = 6;
    for (; decimals > 0 && left % 10 == 0; decimals--) {
        left /= 10;
    }
    for (; decimals > 0; decimals--, left /= 10) {
        digits[--at] = (char)('0' + left % 10);
        if (decimals == 1) {
            digits[--at] = '.';
        }
    }
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    memcpy(text, digits + at, sizeof digits - at);
    text[sizeof digits - at] = '\0';
    return sizeof digits - at;
}

/* 15 and 6 digits survive in every normal number, so that fewer come out by themselves; denormal ones hold fewer. */
size_t qd_text_from_double(double value, char *text, size_t size)
{
    const size_t length = write_short(value, text, size);
    return length > 0 ? length : shortest(value, false, fabs(value) < DBL_MIN ? 1 : DBL_DIG, 17, text, size);
}

size_t qd_text_from_float(float value, char *text, size_t size)
{
    return shortest((double)value, true, fabsf(value) < FLT_MIN ? 1 : FLT_DIG, 9, text, size);
}

enum { WORD_LENGTH = 64 }; /* longer words are near nothing */

/* Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours (Damerau 1964). */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][WORD_LENGTH + 1]; /* of the table: two before, one before, this one */
    size_t *two = rows[0], *one = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b_length; j++) {
        one[j] = j;
        two[j] = 0;
    }
    for (size_t i = 1; i <= a_length; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = one[j - 1] + (a[i - 1] != b[j - 1]);
            best = one[j] + 1 < best ? one[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && two[j - 2] + 1 < best) {
                best = two[j - 2] + 1;
            }
            now[j] = best;
        }
        size_t *oldest = two;
        two = one;
        one = now;
        now = oldest;
    }
    return one[b_length];
}

size_t qd_text_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t length = strlen(word);
    size_t best = length / 3 > 2 ? length / 3 : 2;
    size_t found = count;
    for (size_t i = 0; i < count; i++) {
        size_t candidate_length = strlen(candidates[i]);
        if (length > WORD_LENGTH || candidate_length > WORD_LENGTH) {
            continue;
        }
        size_t distance = edit_distance(word, length, candidates[i], candidate_length);
        /* A word all of whose letters change is not near, however short. */
        if (distance < length && (found == count ? distance <= best : distance < best)) {
            best = distance;
            found = i;
        }
    }
    return found;
}
