/* Memory: every allocation of quadrat's own passes here, so that sizes are checked for overflow in one place and a
   test can make the nth one fail.  All blocks are zeroed, aligned to 64 bytes and released with qd_mem_free. */
#ifndef QD_BASE_MEM_H
#define QD_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

/* count * size zeroed bytes, or NULL when that overflows, the hook refuses or memory is out.  count or size 0 gives a
   valid pointer to nothing. */
void *qd_mem_new(size_t count, size_t size);

/* Grows (or shrinks) a block of old_count elements; what is new is zero.  NULL leaves the old block as it was. */
void *qd_mem_resize(void *block, size_t old_count, size_t count, size_t size);

/* A copy of a string; NULL as qd_mem_new. */
char *qd_mem_string(const char *text);

void qd_mem_free(void *block);

/* Asked before every allocation; false makes it fail.  NULL: none.  For tests, set while one thread runs. */
typedef bool (*qd_mem_hook)(void *context, size_t bytes);
void qd_mem_set_hook(qd_mem_hook hook, void *context);

#endif
