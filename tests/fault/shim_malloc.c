/* Preloaded into the program: the QD_FAIL_ALLOCATIONth allocation of the whole process fails, be it quadrat's own, a
   library's or the C library's; with QD_FAIL_FOREVER=1 every later one too.  The file named by QD_FAIL_STRUCK is made
   when it happens. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The real ones. */
static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void *(*next_aligned_alloc)(size_t, size_t);
static int (*next_posix_memalign)(void **, size_t, size_t);
static void (*next_free)(void *);

static atomic_ulong allocations;
static unsigned long failing; /* number of the one that fails, from 1; 0: none */
static bool for_ever;

/* What dlsym itself asks for before the real ones are known; never given back. */
static _Alignas(64) char early[4096];
static size_t early_used;

static void *early_new(size_t size)
{
    size_t rounded = (size + 63) / 64 * 64;
    if (rounded > sizeof early - early_used) {
        return NULL;
    }
    early_used += rounded;
    return early + early_used - rounded;
}

static bool is_early(const void *block)
{
    return (const char *)block >= early && (const char *)block < early + sizeof early;
}

/* ISO C has no conversion from void * to a function. */
static void find(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

__attribute__((constructor)) static void begin(void)
{
    find("calloc", &next_calloc);
    find("malloc", &next_malloc);
    find("realloc", &next_realloc);
    find("aligned_alloc", &next_aligned_alloc);
    find("posix_memalign", &next_posix_memalign);
    find("free", &next_free);
    const char *number = getenv("QD_FAIL_ALLOCATION");
    failing = number != NULL ? strtoul(number, NULL, 10) : 0;
    for_ever = getenv("QD_FAIL_FOREVER") != NULL;
}

static bool fails(void)
{
    unsigned long n = atomic_fetch_add(&allocations, 1) + 1;
    if (failing == 0 || n < failing || (n > failing && !for_ever)) {
        return false;
    }
    const char *path = getenv("QD_FAIL_STRUCK");
    int descriptor = n == failing && path != NULL ? open(path, O_WRONLY | O_CREAT, 0600) : -1;
    if (descriptor >= 0) {
        close(descriptor);
    }
    errno = ENOMEM;
    return true;
}

#pragma GCC visibility push(default)

void *malloc(size_t size)
{
    return next_malloc == NULL ? early_new(size) : fails() ? NULL : next_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    /* The early block is zero, and what asks for it is small. */
    return next_calloc == NULL ? early_new(count * size) : fails() ? NULL : next_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    if (next_realloc == NULL || fails()) {
        return NULL;
    }
    if (!is_early(block)) {
        return next_realloc(block, size);
    }
    char *copy = next_malloc(size);
    size_t left = (size_t)(early + sizeof early - (char *)block);
    return copy == NULL ? NULL : memcpy(copy, block, size < left ? size : left);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return next_aligned_alloc == NULL || fails() ? NULL : next_aligned_alloc(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    return next_posix_memalign == NULL || fails() ? ENOMEM : next_posix_memalign(block, alignment, size);
}

void free(void *block)
{
    if (next_free != NULL && !is_early(block)) {
        next_free(block);
    }
}

#pragma GCC visibility pop
