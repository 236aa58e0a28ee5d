/* Parts of the safetensors format that reading and writing share. */
#ifndef QD_STORE_SAFETENSORS_PARTS_H
#define QD_STORE_SAFETENSORS_PARTS_H

#include "base/error.h"

/* The format's own limit of the header, a length of 8 bytes before it, and the digits of the checksum. */
enum { QD_HEADER_MOST = 100000000, QD_HEADER_LENGTH = 8, QD_CRC_DIGITS = 8 };

/* Byte of the first digit of "crc32": "xxxxxxxx" in a file, or in the beginning of one that holds the header; 0 where
   there is none.  The names of tensors and the strings of metadata cannot look like it: their quotes are escaped. */
size_t qd_crc_find(const char *bytes, size_t size);

/* CRC-32 of `size` bytes with the digits at `digits` read as "00000000". */
uint32_t qd_crc_of(const char *bytes, size_t size, size_t digits);

/* The digits of a checksum, without a NUL. */
void qd_crc_print(uint32_t crc, char digits[QD_CRC_DIGITS]);

#endif
