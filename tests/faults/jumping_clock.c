/* A wall clock that jumps a day forward, a day back and home again, every few readings; to be preloaded. Monotonic clocks stay. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <semaphore.h>
#include <sys/time.h>
#include <time.h>

static long days(void) {
    static long readings;
    static const long order[] = {0, 1, -1};
    return order[__atomic_add_fetch(&readings, 1, __ATOMIC_RELAXED) / 5 % 3];
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += 86400 * days();
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (now) *now = found.tv_sec;
    return found.tv_sec;
}

/* The kernel's clock does not jump, so a deadline that was told by ours is brought back to its day. */
int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict deadline) {
    static int (*real)(sem_t *, const struct timespec *);
    static int (*clock)(clockid_t, struct timespec *);
    if (!real) clock = dlsym(RTLD_NEXT, "clock_gettime"), real = dlsym(RTLD_NEXT, "sem_timedwait");
    struct timespec now, meant = *deadline;
    clock(CLOCK_REALTIME, &now);
    while (meant.tv_sec > now.tv_sec + 43200) meant.tv_sec -= 86400;
    while (meant.tv_sec < now.tv_sec - 43200) meant.tv_sec += 86400;
    return real(semaphore, &meant);
}
