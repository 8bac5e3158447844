/* One look at the files of a folder fails, once, with an error of the machine; to be preloaded.

   MMPT_FAULT_UNDER is the folder, MMPT_FAULT_CONTROL a file of three numbers that all processes share: how many looks were taken,
   which of them fails (from 1; 0: none), and with what errno. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

enum { MOST = 1024 };
static char watched[MOST];
static volatile long *control;

static long *numbers(void) {
    if (!control) {
        REAL(int, "open", const char *, int, ...);
        const char *name = getenv("MMPT_FAULT_CONTROL");
        int file = name ? real(name, O_RDWR) : -1;
        if (file < 0) return NULL;
        void *found = mmap(NULL, 3 * sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
        if (found == MAP_FAILED) return NULL;
        control = found;
    }
    return (long *)control;
}

static int inside(const char *path) {
    const char *folder = getenv("MMPT_FAULT_UNDER");
    size_t length = folder ? strlen(folder) : 0;
    return length && path && !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
}

/* Count a look; true if it is the one that fails. */
static int fails(void) {
    long *found = numbers();
    if (!found || __atomic_add_fetch(&found[0], 1, __ATOMIC_SEQ_CST) != found[1]) return 0;
    errno = (int)found[2];
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
        return fails() ? -1 : keep(real(path, flags, mode)); \
    }
OPEN(open)
OPEN(open64)

#define STAT(name, kind) \
    int name(const char *restrict path, struct kind *restrict found) { \
        REAL(int, #name, const char *, struct kind *); \
        return inside(path) && fails() ? -1 : real(path, found); \
    }
STAT(stat, stat)
STAT(stat64, stat64)
STAT(lstat, stat)
STAT(lstat64, stat64)

#define FSTAT(name, kind) \
    int name(int file, struct kind *found) { \
        REAL(int, #name, int, struct kind *); \
        return kept(file) && fails() ? -1 : real(file, found); \
    }
FSTAT(fstat, stat)
FSTAT(fstat64, stat64)

int access(const char *path, int mode) {
    REAL(int, "access", const char *, int);
    return inside(path) && fails() ? -1 : real(path, mode);
}

ssize_t read(int file, void *bytes, size_t count) {
    REAL(ssize_t, "read", int, void *, size_t);
    return kept(file) && fails() ? -1 : real(file, bytes, count);
}

void *mmap64(void *at, size_t length, int protection, int flags, int file, off64_t offset) {
    REAL(void *, "mmap64", void *, size_t, int, int, int, off64_t);
    return kept(file) && fails() ? MAP_FAILED : real(at, length, protection, flags, file, offset);
}

DIR *opendir(const char *path) {
    REAL(DIR *, "opendir", const char *);
    if (!inside(path)) return real(path);
    if (fails()) return NULL;
    DIR *found = real(path);
    if (found) keep(dirfd(found));
    return found;
}

#define READDIR(name, kind) \
    struct kind *name(DIR *folder) { \
        REAL(struct kind *, #name, DIR *); \
        return kept(dirfd(folder)) && fails() ? NULL : real(folder); \
    }
READDIR(readdir, dirent)
READDIR(readdir64, dirent64)

int close(int file) {
    REAL(int, "close", int);
    if (file >= 0 && file < MOST) watched[file] = 0;
    return real(file);
}

int closedir(DIR *folder) {
    REAL(int, "closedir", DIR *);
    int file = dirfd(folder);
    if (file >= 0 && file < MOST) watched[file] = 0;
    return real(folder);
}
