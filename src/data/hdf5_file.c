/* HDF5 files, through libhdf5, quietly: what it would print becomes the message. */
#include "data/hdf5_file.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

#ifdef QD_HAVE_HDF5
#include <hdf5.h>

struct qd_hdf5 {
    const char *name;
    hid_t file;
    H5E_auto2_t print; /* how errors were told before, and are again afterwards */
    void *print_to;
};

static herr_t keep_first(unsigned n, const H5E_error2_t *what, void *text)
{
    if (n == 0 && what->desc != NULL) {
        qd_text_format(text, 160, "%s", what->desc);
    }
    return 0;
}

/* What the library says of its last failure. */
static void last_problem(char text[160])
{
    qd_text_format(text, 160, "%s", "it is truncated or damaged");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, text);
}

static qd_status refuse(const qd_hdf5 *file, const char *path, qd_error *error)
{
    char problem[160];
    last_problem(problem);
    return qd_fail_at(error, QD_ERR_FORMAT, file->name, 0, 0, "%s cannot be read from the HDF5 file: %s", path,
                      problem);
}

qd_status qd_hdf5_open(const char *name, const char *bytes, size_t size, qd_hdf5 **out, qd_error *error)
{
    qd_hdf5 *file = qd_mem_new(1, sizeof *file);
    if (file == NULL) {
        return qd_fail_memory(error, sizeof *file, name);
    }
    file->name = name;
    file->file = H5I_INVALID_HID;
    H5Eget_auto2(H5E_DEFAULT, &file->print, &file->print_to);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    char problem[160] = "";
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access >= 0 && H5Pset_fapl_core(access, 1 << 16, false) >= 0 &&
        H5Pset_file_image(access, (void *)(uintptr_t)bytes, size) >= 0) {
        file->file = H5Fopen("image", H5F_ACC_RDONLY, access);
    }
    if (file->file < 0) {
        last_problem(problem); /* before the next call clears it */
    }
    if (access >= 0) {
        H5Pclose(access);
    }
    if (file->file < 0) {
        qd_hdf5_close(file);
        return qd_fail_at(error, QD_ERR_FORMAT, name, 0, 0, "the HDF5 file cannot be read: %s", problem);
    }
    *out = file;
    return QD_OK;
}

void qd_hdf5_close(qd_hdf5 *file)
{
    if (file != NULL) {
        if (file->file >= 0) {
            H5Fclose(file->file);
        }
        H5Eset_auto2(H5E_DEFAULT, file->print, file->print_to);
        qd_mem_free(file);
    }
}

bool qd_hdf5_has(const qd_hdf5 *file, const char *path)
{
    char part[256];
    for (const char *slash = strchr(path, '/');; slash = strchr(slash + 1, '/')) {
        const size_t length = slash != NULL ? (size_t)(slash - path) : strlen(path);
        if (length >= sizeof part) {
            return false;
        }
        memcpy(part, path, length);
        part[length] = '\0';
        if (H5Lexists(file->file, part, H5P_DEFAULT) <= 0) {
            return false;
        }
        if (slash == NULL) {
            return true;
        }
    }
}

/* Shape and type of an open dataset. */
static qd_status read_shape(const qd_hdf5 *file, hid_t set, const char *path, size_t least, uint64_t limit,
                            size_t *rows, size_t *columns, qd_error *error)
{
    const hid_t space = H5Dget_space(set), type = H5Dget_type(set);
    hsize_t size[2] = {0, 1};
    const int rank = space >= 0 ? H5Sget_simple_extent_ndims(space) : -1;
    const H5T_class_t class = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;
    if (rank >= 1 && rank <= 2) {
        H5Sget_simple_extent_dims(space, size, NULL);
    }
    if (space >= 0) {
        H5Sclose(space);
    }
    if (type >= 0) {
        H5Tclose(type);
    }
    if ((class != H5T_INTEGER && class != H5T_FLOAT) || rank < 1 || rank > 2 || size[1] < least) {
        return qd_fail_at(error, QD_ERR_FORMAT, file->name, 0, 0, "the dataset %s is no table of numbers%s", path,
                          size[1] < least ? " with enough columns" : "");
    }
    if (size[0] > limit / 8 / (size[1] + 1)) {
        return qd_fail_at(error, QD_ERR_FORMAT, file->name, 0, 0, "the dataset %s has more than %llu bytes", path,
                          (unsigned long long)limit);
    }
    *rows = (size_t)size[0];
    *columns = (size_t)size[1];
    return QD_OK;
}

qd_status qd_hdf5_read(const qd_hdf5 *file, const char *path, size_t least, uint64_t limit, double **data, size_t *rows,
                       size_t *columns, qd_error *error)
{
    if (!qd_hdf5_has(file, path)) {
        return qd_fail_at(error, QD_ERR_FORMAT, file->name, 0, 0, "the dataset %s is missing", path);
    }
    const hid_t set = H5Dopen2(file->file, path, H5P_DEFAULT);
    if (set < 0) {
        return refuse(file, path, error);
    }
    qd_status status = read_shape(file, set, path, least, limit, rows, columns, error);
    double *values = NULL;
    if (status == QD_OK) {
        values = qd_mem_new(*rows, *columns * sizeof *values);
        status = values == NULL ? qd_fail_memory(error, *rows * *columns * sizeof *values, path) : QD_OK;
    }
    if (status == QD_OK && *rows > 0 && H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
        status = refuse(file, path, error);
    }
    H5Dclose(set);
    if (status != QD_OK) {
        qd_mem_free(values);
        return status;
    }
    *data = values;
    return QD_OK;
}

bool qd_hdf5_link(const qd_hdf5 *file, const char *group, size_t i, char *name, size_t size)
{
    if (!qd_hdf5_has(file, group)) {
        return false;
    }
    const ssize_t length =
        H5Lget_name_by_idx(file->file, group, H5_INDEX_NAME, H5_ITER_INC, i, name, size, H5P_DEFAULT);
    return length > 0 && (size_t)length < size;
}

bool qd_hdf5_attribute(const qd_hdf5 *file, const char *path, const char *attribute, char *text, size_t size)
{
    if (!qd_hdf5_has(file, path) || H5Aexists_by_name(file->file, path, attribute, H5P_DEFAULT) <= 0) {
        return false;
    }
    const hid_t set = H5Aopen_by_name(file->file, path, attribute, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t type = set >= 0 ? H5Aget_type(set) : H5I_INVALID_HID;
    bool read = false;
    text[0] = '\0';
    if (type >= 0 && H5Tget_class(type) == H5T_STRING) {
        if (H5Tis_variable_str(type) > 0) {
            char *value = NULL;
            const hid_t memory = H5Tcopy(H5T_C_S1);
            if (memory >= 0 && H5Tset_size(memory, H5T_VARIABLE) >= 0 && H5Tset_cset(memory, H5Tget_cset(type)) >= 0 &&
                H5Aread(set, memory, &value) >= 0 && value != NULL) {
                qd_text_format(text, size, "%s", value);
                H5free_memory(value);
                read = true;
            }
            H5Tclose(memory);
        } else if (H5Tget_size(type) < size) {
            read = H5Aread(set, type, text) >= 0;
            text[H5Tget_size(type)] = '\0';
        }
    }
    if (type >= 0) {
        H5Tclose(type);
    }
    if (set >= 0) {
        H5Aclose(set);
    }
    return read;
}

#else

qd_status qd_hdf5_open(const char *name, const char *bytes, size_t size, qd_hdf5 **out, qd_error *error)
{
    (void)bytes;
    (void)size;
    (void)out;
    return qd_fail_at(error, QD_ERR_MISSING, name, 0, 0,
                      "this quadrat was built without HDF5 (package libhdf5-dev), which this file needs");
}

void qd_hdf5_close(qd_hdf5 *file)
{
    (void)file;
}

bool qd_hdf5_has(const qd_hdf5 *file, const char *path)
{
    (void)file;
    (void)path;
    return false;
}

qd_status qd_hdf5_read(const qd_hdf5 *file, const char *path, size_t least, uint64_t limit, double **data, size_t *rows,
                       size_t *columns, qd_error *error)
{
    (void)file;
    (void)least;
    (void)limit;
    (void)data;
    (void)rows;
    (void)columns;
    return qd_fail_at(error, QD_ERR_MISSING, path, 0, 0, "this quadrat was built without HDF5");
}

bool qd_hdf5_link(const qd_hdf5 *file, const char *group, size_t i, char *name, size_t size)
{
    (void)file;
    (void)group;
    (void)i;
    (void)name;
    (void)size;
    return false;
}

bool qd_hdf5_attribute(const qd_hdf5 *file, const char *path, const char *attribute, char *text, size_t size)
{
    (void)file;
    (void)path;
    (void)attribute;
    (void)text;
    (void)size;
    return false;
}

#endif
