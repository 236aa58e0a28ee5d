/* What every test program includes first: cmocka with the headers that it wants before it. */
#ifndef QD_TEST_H
#define QD_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#endif
