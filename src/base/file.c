/* Files: reading, and writing that either happens whole or not at all.  Every system call on a file passes `refused`,
   where the tests' hook may make it fail. */
#define _GNU_SOURCE /* O_CLOEXEC on older systems, F_FULLFSYNC on macOS */
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 65536 };

struct qd_file {
    int descriptor;
    bool borrowed; /* standard input or output: not ours to close */
    bool sized;    /* a regular file, of `size` bytes when it was opened */
    uint64_t size;
    char *path;      /* as the caller named it */
    char *target;    /* writing atomically: the file to replace, symbolic links followed; else NULL */
    char *temporary; /* writing atomically: what is written until then */
    char *buffer;    /* writing: bytes not yet handed to the system */
    size_t used;
};

static qd_file_hook hook;
static void *hook_context;

void qd_file_set_hook(qd_file_hook new_hook, void *context)
{
    hook = new_hook;
    hook_context = context;
}

/* Asks the hook; when it refuses, errno is set as the system call would. */
static bool refused(const char *operation)
{
    int failure = hook != NULL ? hook(hook_context, operation) : 0;
    if (failure != 0) {
        errno = failure;
    }
    return failure != 0;
}

static qd_status file_new(const char *path, qd_file **out, qd_error *error)
{
    qd_file *file = qd_mem_new(1, sizeof *file);
    char *copy = qd_mem_string(path);
    if (file == NULL || copy == NULL) {
        qd_mem_free(file);
        qd_mem_free(copy);
        return qd_fail_memory(error, sizeof *file, "a file");
    }
    file->descriptor = -1;
    file->path = copy;
    *out = file;
    return QD_OK;
}

/* Opens, trying again when a signal interrupts. */
static int open_retry(const char *path, int flags, mode_t mode)
{
    if (refused("open")) {
        return -1;
    }
    int descriptor;
    do {
        descriptor = open(path, flags | O_CLOEXEC, mode);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

/* --------------------------------------------------------------------------------------------- reading */

qd_status qd_file_open(const char *path, qd_file **out, qd_error *error)
{
    qd_file *file = NULL;
    qd_status status = file_new(path, &file, error);
    if (status != QD_OK) {
        return status;
    }
    if (strcmp(path, "-") == 0) {
        file->descriptor = STDIN_FILENO;
        file->borrowed = true;
    } else {
        file->descriptor = open_retry(path, O_RDONLY, 0);
    }
    struct stat about;
    if (file->descriptor < 0 || refused("stat") || fstat(file->descriptor, &about) != 0) {
        status = qd_fail_errno(error, path, "open", errno);
    } else if (S_ISDIR(about.st_mode)) {
        status = qd_fail_errno(error, path, "read", EISDIR);
    } else {
        file->sized = S_ISREG(about.st_mode);
        file->size = (uint64_t)about.st_size;
        *out = file;
        return QD_OK;
    }
    qd_file_close(file);
    return status;
}

qd_status qd_file_read(qd_file *file, void *buffer, size_t size, size_t *got, qd_error *error)
{
    *got = 0;
    while (*got < size) {
        ssize_t n = refused("read") ? -1 : read(file->descriptor, (char *)buffer + *got, size - *got);
        if (n == 0) {
            break;
        }
        if (n < 0 && errno != EINTR) {
            return qd_fail_errno(error, file->path, "read", errno);
        }
        *got += n > 0 ? (size_t)n : 0;
    }
    return QD_OK;
}

qd_status qd_file_lend(qd_file *file, int *descriptor, qd_error *error)
{
    *descriptor = refused("open") ? -1 : fcntl(file->descriptor, F_DUPFD_CLOEXEC, 0);
    return *descriptor < 0 ? qd_fail_errno(error, file->path, "open", errno) : QD_OK;
}

qd_status qd_file_permit(qd_file *file, const char *operation, qd_error *error)
{
    return refused(operation) ? qd_fail_errno(error, file->path, operation, errno) : QD_OK;
}

/* The rest of an open file into a block that grows as needed. */
static qd_status read_rest(qd_file *file, uint64_t limit, char **data, size_t *size, qd_error *error)
{
    /* One byte more than the file is said to hold, so that its end is seen without growing; and one for the NUL. */
    size_t capacity = file->sized && file->size < limit ? (size_t)file->size + 1 : BUFFER;
    char *block = NULL;
    size_t used = 0;
    qd_status status = QD_OK;
    for (;;) {
        char *grown = qd_mem_resize(block, used, capacity + 1, 1);
        if (grown == NULL) {
            status = qd_fail_memory(error, capacity, file->path);
            break;
        }
        block = grown;
        size_t got;
        status = qd_file_read(file, block + used, capacity - used, &got, error);
        used += got;
        if (status == QD_OK && used > limit) {
            status =
                qd_fail_at(error, QD_ERR_FORMAT, file->path, 0, 0, "more than %llu bytes", (unsigned long long)limit);
        }
        if (status != QD_OK || used < capacity) {
            break;
        }
        capacity *= 2;
    }
    if (status != QD_OK) {
        qd_mem_free(block);
        return status;
    }
    block[used] = '\0';
    *data = block;
    *size = used;
    return QD_OK;
}

qd_status qd_file_read_all(const char *path, uint64_t limit, char **data, size_t *size, qd_error *error)
{
    qd_file *file;
    qd_status status = qd_file_open(path, &file, error);
    if (status == QD_OK) {
        if (file->sized && file->size > limit) {
            status = qd_fail_at(error, QD_ERR_FORMAT, path, 0, 0, "%llu bytes: at most %llu are read",
                                (unsigned long long)file->size, (unsigned long long)limit);
        } else {
            status = read_rest(file, limit, data, size, error);
        }
        qd_file_close(file);
    }
    return status;
}

bool qd_file_exists(const char *path)
{
    struct stat about;
    return (!refused("stat") && stat(path, &about) == 0) || (errno != ENOENT && errno != ENOTDIR);
}

bool qd_file_same(const char *path, const char *other)
{
    struct stat a, b;
    return strcmp(path, other) == 0 || (!refused("stat") && stat(path, &a) == 0 && S_ISREG(a.st_mode) &&
                                        stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

bool qd_file_folder(const char *path)
{
    struct stat about;
    return !refused("stat") && stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

qd_status qd_file_remove(const char *path, qd_error *error)
{
    if ((refused("unlink") || unlink(path) != 0) && errno != ENOENT) {
        return qd_fail_errno(error, path, "remove", errno);
    }
    return QD_OK;
}

/* --------------------------------------------------------------------------------------------- writing */

enum { ATTEMPTS = 100 };

/* Follows symbolic links by hand, so that a link to a file that does not exist yet works too.  *target: a new string.
 */
static qd_status follow_links(const char *path, char **target, qd_error *error)
{
    char *now = qd_mem_string(path);
    char link[PATH_MAX];
    for (int depth = 0; now != NULL; depth++) {
        ssize_t length = refused("readlink") ? -1 : readlink(now, link, sizeof link - 1);
        if (length < 0 && (errno == EINVAL || errno == ENOENT)) { /* no link, or nothing there yet */
            *target = now;
            return QD_OK;
        }
        if (length < 0) {
            int failure = errno;
            qd_mem_free(now);
            return qd_fail_errno(error, path, "write", failure);
        }
        link[length] = '\0';
        const char *slash = strrchr(now, '/');
        /* A relative link counts from the folder of the link itself. */
        size_t folder = link[0] == '/' || slash == NULL ? 0 : (size_t)(slash - now) + 1;
        char *next = depth < 40 ? qd_mem_new(folder + (size_t)length + 1, 1) : NULL;
        if (next != NULL) {
            memcpy(next, now, folder);
            memcpy(next + folder, link, (size_t)length);
        }
        qd_mem_free(now);
        if (depth >= 40) {
            return qd_fail_errno(error, path, "write", ELOOP);
        }
        now = next;
    }
    return qd_fail_memory(error, PATH_MAX, "a path");
}

/* Opens TARGET.PID-COUNT.tmp, which nobody else has. */
static qd_status open_temporary(qd_file *file, mode_t mode, qd_error *error)
{
    static atomic_uint counter;
    size_t size = strlen(file->target) + 64;
    file->temporary = qd_mem_new(size, 1);
    if (file->temporary == NULL) {
        return qd_fail_memory(error, size, "a path");
    }
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        qd_text_format(file->temporary, size, "%s.%ld-%u.tmp", file->target, (long)getpid(),
                       atomic_fetch_add(&counter, 1));
        file->descriptor = open_retry(file->temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
        if (file->descriptor >= 0) {
            return QD_OK;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    int failure = errno;
    qd_mem_free(file->temporary); /* not ours to remove */
    file->temporary = NULL;
    return qd_fail_errno(error, file->path, "write", failure);
}

/* Chooses between replacing atomically and writing through, and opens. */
static qd_status open_for_writing(qd_file *file, qd_error *error)
{
    struct stat about;
    bool exists = !refused("stat") && stat(file->path, &about) == 0;
    if (!exists && errno != ENOENT) {
        return qd_fail_errno(error, file->path, "write", errno);
    }
    if (exists && S_ISDIR(about.st_mode)) {
        return qd_fail_errno(error, file->path, "write", EISDIR);
    }
    if (exists && !S_ISREG(about.st_mode)) {
        file->descriptor = open_retry(file->path, O_WRONLY, 0);
        return file->descriptor < 0 ? qd_fail_errno(error, file->path, "write", errno) : QD_OK;
    }
    /* The rename would replace a file that the user has made read-only. */
    if (exists && (refused("access") || access(file->path, W_OK) != 0)) {
        return qd_fail_errno(error, file->path, "write", errno);
    }
    qd_status status = follow_links(file->path, &file->target, error);
    if (status == QD_OK) {
        status = open_temporary(file, 0666, error);
    }
    if (status == QD_OK && exists && (refused("fchmod") || fchmod(file->descriptor, about.st_mode & 07777) != 0)) {
        status = qd_fail_errno(error, file->path, "write", errno);
    }
    return status;
}

qd_status qd_file_create(const char *path, qd_file **out, qd_error *error)
{
    qd_file *file = NULL;
    qd_status status = file_new(path, &file, error);
    if (status != QD_OK) {
        return status;
    }
    file->buffer = qd_mem_new(BUFFER, 1);
    if (file->buffer == NULL) {
        status = qd_fail_memory(error, BUFFER, path);
    } else if (strcmp(path, "-") == 0) {
        file->descriptor = STDOUT_FILENO;
        file->borrowed = true;
    } else {
        status = open_for_writing(file, error);
    }
    if (status != QD_OK) {
        qd_file_close(file);
        return status;
    }
    *out = file;
    return QD_OK;
}

static qd_status write_all(qd_file *file, const char *data, size_t size, qd_error *error)
{
    while (size > 0) {
        ssize_t n = refused("write") ? -1 : write(file->descriptor, data, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return qd_fail_errno(error, file->path, "write", n < 0 ? errno : ENOSPC);
        }
        data += n;
        size -= (size_t)n;
    }
    return QD_OK;
}

static qd_status flush(qd_file *file, qd_error *error)
{
    size_t used = file->used;
    file->used = 0;
    return write_all(file, file->buffer, used, error);
}

qd_status qd_file_write(qd_file *file, const void *data, size_t size, qd_error *error)
{
    if (size <= BUFFER - file->used) {
        memcpy(file->buffer + file->used, data, size);
        file->used += size;
        return QD_OK;
    }
    qd_status status = flush(file, error);
    if (status == QD_OK && size <= BUFFER) {
        return qd_file_write(file, data, size, error);
    }
    return status == QD_OK ? write_all(file, data, size, error) : status;
}

qd_status qd_file_printf(qd_file *file, qd_error *error, const char *format, ...)
{
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = qd_text_format_list(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof line) {
        return qd_fail(error, QD_ERR_VALUE, "a text of more than %zu bytes", sizeof line);
    }
    return qd_file_write(file, line, (size_t)length, error);
}

static int sync_descriptor(int descriptor)
{
    if (refused("fsync")) {
        return -1;
    }
#ifdef F_FULLFSYNC
    /* macOS: fsync leaves the data in the drive's cache. */
    if (fcntl(descriptor, F_FULLFSYNC) == 0) {
        return 0;
    }
#endif
    return fsync(descriptor);
}

/* Makes the rename itself durable.  A file system that cannot sync folders (EINVAL) has nothing more to offer. */
static int sync_folder(char *path)
{
    char *slash = strrchr(path, '/');
    int descriptor;
    if (slash == NULL) {
        descriptor = open_retry(".", O_RDONLY | O_DIRECTORY, 0);
    } else {
        char after = slash[1];
        slash[1] = '\0';
        descriptor = open_retry(path, O_RDONLY | O_DIRECTORY, 0);
        slash[1] = after;
    }
    if (descriptor < 0) {
        return errno == EACCES ? 0 : -1; /* a folder may be writable without being readable */
    }
    int failed = sync_descriptor(descriptor) != 0 && errno != EINVAL ? errno : 0;
    close(descriptor);
    errno = failed;
    return failed == 0 ? 0 : -1;
}

static int close_descriptor(qd_file *file)
{
    int descriptor = file->descriptor;
    file->descriptor = -1;
    if (descriptor < 0 || file->borrowed) {
        return 0;
    }
    int failed = close(descriptor);
    return refused("close") ? -1 : failed;
}

qd_status qd_file_commit(qd_file *file, qd_error *error)
{
    qd_status status = flush(file, error);
    bool atomic = file->temporary != NULL;
    if (status == QD_OK && ((atomic && sync_descriptor(file->descriptor) != 0) || close_descriptor(file) != 0 ||
                            (atomic && (refused("rename") || rename(file->temporary, file->target) != 0)))) {
        status = qd_fail_errno(error, file->path, "write", errno);
    }
    if (status == QD_OK && atomic) {
        qd_mem_free(file->temporary); /* it has become the target */
        file->temporary = NULL;
        if (sync_folder(file->target) != 0) {
            status = qd_fail_errno(error, file->path, "make durable", errno);
        }
    }
    qd_file_close(file);
    return status;
}

void qd_file_close(qd_file *file)
{
    if (file == NULL) {
        return;
    }
    if (file->descriptor >= 0 && !file->borrowed) {
        close(file->descriptor);
    }
    if (file->temporary != NULL) {
        unlink(file->temporary);
    }
    qd_mem_free(file->temporary);
    qd_mem_free(file->target);
    qd_mem_free(file->buffer);
    qd_mem_free(file->path);
    qd_mem_free(file);
}

qd_status qd_file_probe(const char *path, qd_error *error)
{
    struct stat about;
    if (strcmp(path, "-") == 0 ||
        (!refused("stat") && stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode))) {
        return QD_OK;
    }
    qd_file *file;
    qd_status status = qd_file_create(path, &file, error);
    if (status == QD_OK) {
        qd_file_close(file);
    }
    return status;
}
