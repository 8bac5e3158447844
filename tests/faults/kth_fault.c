/* The k-th call on a file of one folder fails with an error, once or from then on, or writes half; to be preloaded.

   MMPT_KTH_UNDER is the folder. Whoever counts sets the four numbers by `kth_fault`: calls so far, the one that fails (from 1; 0: none),
   its errno (0: a short read or write, EIO elsewhere), and whether all later ones fail, too. A close that fails has closed. */
#define _GNU_SOURCE
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
#include <sys/types.h>
#include <unistd.h>

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

enum { MOST = 1024 };
static char watched[MOST];
static const char *last = "";
long kth_fault[4];
/* The name of the call that failed. */
const char *kth_call(void) { return last; }

static int inside(const char *path) {
    const char *folder = getenv("MMPT_KTH_UNDER");
    size_t length = folder ? strlen(folder) : 0;
    return length && path && !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
}

/* Count a call; true if it fails. */
static int fails(const char *name) {
    long now = ++kth_fault[0], which = kth_fault[1];
    if (!which || (kth_fault[3] ? now < which : now != which)) return 0;
    last = name;
    errno = kth_fault[2] ? (int)kth_fault[2] : EIO;
    return 1;
}

static int keep(int file) {
    if (file >= 0 && file < MOST) watched[file] = 1;
    return file;
}

static int kept(int file) { return file >= 0 && file < MOST && watched[file]; }

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, #name, const char *, int, ...); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        if (!inside(path)) return real(path, flags, mode); \
        return fails("open") ? -1 : keep(real(path, flags, mode)); \
    }
OPEN(open)
OPEN(open64)

#define ON_PATH(name) \
    int name(const char *path) { \
        REAL(int, #name, const char *); \
        return inside(path) && fails(#name) ? -1 : real(path); \
    }
ON_PATH(unlink)
ON_PATH(rmdir)

#define STAT(name, kind) \
    int name(const char *restrict path, struct kind *restrict found) { \
        REAL(int, #name, const char *, struct kind *); \
        return inside(path) && fails("stat") ? -1 : real(path, found); \
    }
STAT(stat, stat)
STAT(stat64, stat64)
STAT(lstat, stat)
STAT(lstat64, stat64)

int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t);
    return inside(path) && fails("mkdir") ? -1 : real(path, mode);
}

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    return inside(from) && fails("rename") ? -1 : real(from, to);
}

int flock(int file, int kind) {
    REAL(int, "flock", int, int);
    return kept(file) && fails("flock") ? -1 : real(file, kind);
}

int fsync(int file) {
    REAL(int, "fsync", int);
    return kept(file) && fails("fsync") ? -1 : real(file);
}

ssize_t read(int file, void *bytes, size_t count) {
    REAL(ssize_t, "read", int, void *, size_t);
    if (!kept(file) || !fails("read")) return real(file, bytes, count);
    return kth_fault[2] ? -1 : real(file, bytes, count > 1 ? count / 2 : count);
}

ssize_t write(int file, const void *bytes, size_t count) {
    REAL(ssize_t, "write", int, const void *, size_t);
    if (!kept(file) || !fails("write")) return real(file, bytes, count);
    return kth_fault[2] ? -1 : real(file, bytes, count > 1 ? count / 2 : count);
}

void *mmap64(void *at, size_t length, int protection, int flags, int file, off64_t offset) {
    REAL(void *, "mmap64", void *, size_t, int, int, int, off64_t);
    return kept(file) && fails("mmap") ? MAP_FAILED : real(at, length, protection, flags, file, offset);
}

int close(int file) {
    REAL(int, "close", int);
    int failed = kept(file) && fails("close");
    if (file >= 0 && file < MOST) watched[file] = 0;
    int said = real(file);
    if (!failed) return said;
    errno = kth_fault[2] ? (int)kth_fault[2] : EIO;
    return -1;
}
