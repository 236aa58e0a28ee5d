/* The fuzz harnesses: one function each, which libFuzzer calls with inputs it makes up and replay.c with a corpus. */
#ifndef QD_TESTS_FUZZ_H
#define QD_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
