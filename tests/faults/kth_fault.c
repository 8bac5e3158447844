/* The k-th call on a file of some folders fails with an error, once or from then on, or does half; to be preloaded.

   MMPT_KTH_UNDER names the folders, with ':' between them. MMPT_KTH_CONTROL is a file that all processes share, of `struct told`:
   calls so far, the one that fails (from 1; 0: none), its errno (0: a short read or write, EIO elsewhere), whether all later ones
   fail, too, and the name and the path of the call that failed last. A close that fails has closed. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

enum { MOST = 1024, LENGTH = 192 };
struct told {
    long calls, which, number, for_good;
    char call[32], path[LENGTH];
};
static char watched[MOST], names[MOST][LENGTH];
static struct told alone, *shared;

static struct told *control(void) {
    if (!shared) {
        REAL(int, "open", const char *, int, ...);
        const char *name = getenv("MMPT_KTH_CONTROL");
        int file = name ? real(name, O_RDWR | O_CLOEXEC) : -1;
        void *found = file < 0 ? MAP_FAILED : mmap(NULL, sizeof alone, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (file >= 0) close(file);
        shared = found == MAP_FAILED ? &alone : found;
    }
    return shared;
}

static int inside(const char *path) {
    const char *folder = getenv("MMPT_KTH_UNDER");
    while (path && folder && *folder) {
        size_t length = strcspn(folder, ":");
        if (length && !strncmp(path, folder, length) && (path[length] == '/' || !path[length])) return 1;
        folder += length + (folder[length] == ':');
    }
    return 0;
}

static int kept(int file) { return file >= 0 && file < MOST && watched[file]; }

/* Whether a path that starts from a folder is to be looked at. */
static int inside_at(int folder, const char *path) {
    return path && (*path == '/' || folder == AT_FDCWD ? inside(path) : kept(folder));
}

/* Count a call; true if it fails. */
static int fails(const char *name, const char *path) {
    struct told *told = control();
    long now = __atomic_add_fetch(&told->calls, 1, __ATOMIC_SEQ_CST), which = told->which;
    if (!which || (told->for_good ? now < which : now != which)) return 0;
    snprintf(told->call, sizeof told->call, "%s", name);
    snprintf(told->path, sizeof told->path, "%s", path ? path : "");
    errno = told->number ? (int)told->number : EIO;
    return 1;
}

static int keep(int file, const char *path) {
    if (file >= 0 && file < MOST) {
        watched[file] = 1;
        snprintf(names[file], LENGTH, "%s", path);
    }
    return file;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, #name, const char *, int, ...); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        if (!inside(path)) return real(path, flags, mode); \
        return fails("open", path) ? -1 : keep(real(path, flags, mode), path); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        REAL(int, #name, int, const char *, int, ...); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        if (!inside_at(folder, path)) return real(folder, path, flags, mode); \
        return fails("openat", path) ? -1 : keep(real(folder, path, flags, mode), path); \
    }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name) \
    FILE *name(const char *path, const char *mode) { \
        REAL(FILE *, #name, const char *, const char *); \
        return inside(path) && fails("open", path) ? NULL : real(path, mode); \
    }
FOPEN(fopen)
FOPEN(fopen64)

/* Calls on paths: whether they look at ours, then what they give. */
#define ON_CALL(type, failed, name, told, given, passed, looks, path) \
    type name given { \
        REAL(type, #name, LIST given); \
        return (looks) && fails(told, path) ? failed : real passed; \
    }
#define LIST(...) __VA_ARGS__
#define ON_PATH(type, name, given, passed, looks, path) ON_CALL(type, -1, name, #name, given, passed, looks, path)
ON_PATH(int, unlink, (const char *path), (path), inside(path), path)
ON_PATH(int, rmdir, (const char *path), (path), inside(path), path)
ON_PATH(int, unlinkat, (int at, const char *path, int flags), (at, path, flags), inside_at(at, path), path)
ON_PATH(int, mkdir, (const char *path, mode_t mode), (path, mode), inside(path), path)
ON_PATH(int, mkdirat, (int at, const char *path, mode_t mode), (at, path, mode), inside_at(at, path), path)
ON_PATH(int, chmod, (const char *path, mode_t mode), (path, mode), inside(path), path)
ON_PATH(int, access, (const char *path, int mode), (path, mode), inside(path), path)
ON_PATH(int, rename, (const char *from, const char *to), (from, to), inside(from) || inside(to), from)
ON_PATH(int, renameat, (int a, const char *from, int b, const char *to),
    (a, from, b, to), inside_at(a, from) || inside_at(b, to), from)
ON_PATH(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
    (a, from, b, to, flags), inside_at(a, from) || inside_at(b, to), from)
ON_PATH(int, link, (const char *from, const char *to), (from, to), inside(from) || inside(to), from)
ON_PATH(int, symlink, (const char *from, const char *to), (from, to), inside(to), to)
ON_PATH(ssize_t, readlink, (const char *restrict path, char *restrict to, size_t size), (path, to, size), inside(path), path)
ON_PATH(int, utimensat, (int at, const char *path, const struct timespec when[2], int flags),
    (at, path, when, flags), inside_at(at, path), path)
ON_PATH(int, stat, (const char *restrict path, struct stat *restrict found), (path, found), inside(path), path)
ON_PATH(int, stat64, (const char *restrict path, struct stat64 *restrict found), (path, found), inside(path), path)
ON_PATH(int, lstat, (const char *restrict path, struct stat *restrict found), (path, found), inside(path), path)
ON_PATH(int, lstat64, (const char *restrict path, struct stat64 *restrict found), (path, found), inside(path), path)
ON_PATH(int, fstatat, (int at, const char *restrict path, struct stat *restrict found, int flags),
    (at, path, found, flags), inside_at(at, path), path)
ON_PATH(int, fstatat64, (int at, const char *restrict path, struct stat64 *restrict found, int flags),
    (at, path, found, flags), inside_at(at, path), path)
ON_PATH(int, statx, (int at, const char *restrict path, int flags, unsigned mask, struct statx *restrict found),
    (at, path, flags, mask, found), inside_at(at, path), path)
ON_PATH(int, statvfs, (const char *restrict path, struct statvfs *restrict found), (path, found), inside(path), path)
ON_PATH(int, statvfs64, (const char *restrict path, struct statvfs64 *restrict found), (path, found), inside(path), path)

/* Calls on open files. */
#define ON_FILE(type, failed, name, told, given, passed) \
    ON_CALL(type, failed, name, told, given, passed, kept(file), names[file])
ON_FILE(int, -1, flock, "flock", (int file, int kind), (file, kind))
ON_FILE(int, -1, fsync, "fsync", (int file), (file))
ON_FILE(int, -1, fdatasync, "fsync", (int file), (file))
ON_FILE(int, -1, fstat, "stat", (int file, struct stat *found), (file, found))
ON_FILE(int, -1, fstat64, "stat", (int file, struct stat64 *found), (file, found))
ON_FILE(int, -1, fchmod, "chmod", (int file, mode_t mode), (file, mode))
ON_FILE(int, -1, ftruncate, "truncate", (int file, off_t size), (file, size))
ON_FILE(int, -1, ftruncate64, "truncate", (int file, off64_t size), (file, size))
ON_FILE(void *, MAP_FAILED, mmap, "mmap", (void *at, size_t length, int may, int flags, int file, off_t from),
    (at, length, may, flags, file, from))
ON_FILE(void *, MAP_FAILED, mmap64, "mmap", (void *at, size_t length, int may, int flags, int file, off64_t from),
    (at, length, may, flags, file, from))

/* Reading and writing, which may do half. */
#define MOVES(name, told, given, passed, halved) \
    ssize_t name given { \
        REAL(ssize_t, #name, LIST given); \
        if (!kept(file) || !fails(told, names[file])) return real passed; \
        return control()->number ? -1 : real halved; \
    }
#define HALF (count > 1 ? count / 2 : count)
MOVES(read, "read", (int file, void *bytes, size_t count), (file, bytes, count), (file, bytes, HALF))
MOVES(write, "write", (int file, const void *bytes, size_t count), (file, bytes, count), (file, bytes, HALF))
MOVES(pread, "read", (int file, void *bytes, size_t count, off_t at), (file, bytes, count, at), (file, bytes, HALF, at))
MOVES(pread64, "read", (int file, void *bytes, size_t count, off64_t at), (file, bytes, count, at), (file, bytes, HALF, at))
MOVES(pwrite, "write", (int file, const void *bytes, size_t count, off_t at), (file, bytes, count, at), (file, bytes, HALF, at))
MOVES(pwrite64, "write", (int file, const void *bytes, size_t count, off64_t at), (file, bytes, count, at), (file, bytes, HALF, at))

ssize_t sendfile64(int to, int file, off64_t *at, size_t count) {
    REAL(ssize_t, "sendfile64", int, int, off64_t *, size_t);
    if (!(kept(to) || kept(file)) || !fails("write", names[kept(to) ? to : file])) return real(to, file, at, count);
    return control()->number ? -1 : real(to, file, at, HALF);
}

/* Folders. */
static DIR *listed(DIR *found, const char *path) {
    if (found) keep(dirfd(found), path);
    return found;
}

DIR *opendir(const char *path) {
    REAL(DIR *, "opendir", const char *);
    if (!inside(path)) return real(path);
    return fails("opendir", path) ? NULL : listed(real(path), path);
}

#define READDIR(name, kind) \
    struct kind *name(DIR *folder) { \
        REAL(struct kind *, #name, DIR *); \
        return kept(dirfd(folder)) && fails("readdir", names[dirfd(folder)]) ? NULL : real(folder); \
    }
READDIR(readdir, dirent)
READDIR(readdir64, dirent64)

int closedir(DIR *folder) {
    REAL(int, "closedir", DIR *);
    int file = dirfd(folder);
    if (file >= 0 && file < MOST) watched[file] = 0;
    return real(folder);
}

int close(int file) {
    REAL(int, "close", int);
    int failed = kept(file) && fails("close", names[file]);
    if (file >= 0 && file < MOST) watched[file] = 0;
    int said = real(file);
    if (!failed) return said;
    errno = control()->number ? (int)control()->number : EIO;
    return -1;
}
