/* The checksum of quadrat's own files: where it stands, and what it should be. */
#include "base/text.h"
#include "store/safetensors_parts.h"

#include <string.h>
#include <zlib.h>

static size_t skip(const char *bytes, size_t at, size_t end, const char *characters)
{
    while (at < end && bytes[at] != '\0' && strchr(characters, bytes[at]) != NULL) {
        at++;
    }
    return at;
}

size_t qd_crc_find(const char *bytes, size_t size)
{
    static const char key[] = "\"crc32\"", blanks[] = " \t\r\n", hex[] = "0123456789abcdef";
    enum { KEY = sizeof key - 1 };
    for (size_t i = QD_HEADER_LENGTH; i + KEY <= size; i++) {
        const char *quote = memchr(bytes + i, '"', size - KEY + 1 - i);
        if (quote == NULL) {
            return 0;
        }
        i = (size_t)(quote - bytes);
        if (memcmp(quote, key, KEY) != 0) {
            continue;
        }
        size_t at = skip(bytes, i + KEY, size, blanks);
        if (at == size || bytes[at] != ':') {
            continue;
        }
        at = skip(bytes, at + 1, size, blanks);
        size_t digits = at + 1;
        if (at < size && bytes[at] == '"' && skip(bytes, digits, size, hex) == digits + QD_CRC_DIGITS &&
            digits + QD_CRC_DIGITS < size && bytes[digits + QD_CRC_DIGITS] == '"') {
            return digits;
        }
    }
    return 0;
}

uint32_t qd_crc_of(const char *bytes, size_t size, size_t digits)
{
    const unsigned char *b = (const unsigned char *)bytes;
    size_t after = digits + QD_CRC_DIGITS;
    uLong crc = crc32_z(0, b, digits);
    crc = crc32_z(crc, (const unsigned char *)"00000000", QD_CRC_DIGITS);
    return (uint32_t)crc32_z(crc, b + after, size - after);
}

void qd_crc_print(uint32_t crc, char digits[QD_CRC_DIGITS])
{
    char text[QD_CRC_DIGITS + 1];
    qd_text_format(text, sizeof text, "%08lx", (unsigned long)crc);
    memcpy(digits, text, QD_CRC_DIGITS);
}
