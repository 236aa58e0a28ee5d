/* Memory: aligned, zeroed blocks with checked sizes, and the hook that lets a test fail any of them. */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, HUGE_PAGE = 1 << 21 };

static qd_mem_hook hook;
static void *hook_context;

void qd_mem_set_hook(qd_mem_hook new_hook, void *context)
{
    hook = new_hook;
    hook_context = context;
}

/* Bytes of an array, rounded up to whole lines of the cache; 0 where the product overflows. */
static size_t block_bytes(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > (size_t)PTRDIFF_MAX - ALIGNMENT) {
        return 0;
    }
    return bytes == 0 ? ALIGNMENT : (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void *qd_mem_new(size_t count, size_t size)
{
    size_t bytes = block_bytes(count, size);
    if (bytes == 0 || (hook != NULL && !hook(hook_context, bytes))) {
        return NULL;
    }
    /* What a pass saves is read row by row, each in a page of its own: with small pages, addresses would be looked up
       as often as numbers are fetched (3% of a training at 256 units). */
    const int huge = bytes >= 2 * HUGE_PAGE;
    void *block;
    if (posix_memalign(&block, huge ? HUGE_PAGE : ALIGNMENT, bytes) != 0) {
        block = NULL;
    } else {
#ifdef MADV_HUGEPAGE
        if (huge) {
            (void)madvise(block, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE); /* a wish */
        }
#endif
        memset(block, 0, bytes);
    }
    return block;
}

void *qd_mem_resize(void *block, size_t old_count, size_t count, size_t size)
{
    void *grown = qd_mem_new(count, size);
    if (grown != NULL && block != NULL) {
        memcpy(grown, block, (old_count < count ? old_count : count) * size);
        qd_mem_free(block);
    }
    return grown;
}

char *qd_mem_string(const char *text)
{
    size_t length = strlen(text);
    char *copy = qd_mem_new(length + 1, 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
    }
    return copy;
}

void qd_mem_free(void *block)
{
    free(block);
}
