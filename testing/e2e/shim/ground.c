/* The ground that a process under test stands on: its disk and its wall clock, changed from outside
 * while it runs. Loaded before the C library (LD_PRELOAD) by testing/e2e/src/ground.rs, which writes
 * what is to happen into a small file that is mapped here: a box that has closed itself to the file
 * system can not be asked to open anything later.
 *
 * C, because only a C function can stand in the place of a C library's, and a Rust one would need as
 * much unsafe code as it has lines. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WELL, FULL, READ_ONLY, SYNC_FAILS };

struct ground {
    volatile int64_t disk;    /* one of the above */
    volatile int64_t wall_ms; /* added to the wall clock */
    volatile int64_t syncs;   /* syncs that still fail */
};

static struct ground *ground;
static const char *folder; /* files beneath it are on the disk */

__attribute__((constructor)) static void attach(void) {
    const char *path = getenv("INDICIA_TEST_GROUND");
    folder = getenv("INDICIA_TEST_GROUND_FOLDER");
    if (!path) return;
    int file = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    if (file < 0) abort();
    void *at = mmap(0, sizeof(struct ground), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (at == MAP_FAILED) abort();
    syscall(SYS_close, file);
    ground = at;
}

static int64_t disk(void) { return ground ? ground->disk : WELL; }

/* Files only: a full disk fills no socket, and what is said on stderr is no data. */
static int is_data(int fd) {
    struct stat about;
    return fd > 2 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

/* Why a change of this file fails now; 0: it does not. */
static int refused(int fd) {
    int64_t how = disk();
    if ((how != FULL && how != READ_ONLY) || !is_data(fd)) return 0;
    return how == FULL ? ENOSPC : EROFS;
}

static long fail(int why) {
    errno = why;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    int why = refused(fd);
    return why ? fail(why) : syscall(SYS_write, fd, bytes, count);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) {
    int why = refused(fd);
    return why ? fail(why) : syscall(SYS_pwrite64, fd, bytes, count, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    return pwrite64(fd, bytes, count, offset);
}

int ftruncate64(int fd, off_t length) {
    int why = disk() == READ_ONLY ? refused(fd) : 0;
    return why ? fail(why) : syscall(SYS_ftruncate, fd, length);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int sync_fails(void) {
    if (disk() != SYNC_FAILS || ground->syncs <= 0) return 0;
    ground->syncs--;
    return 1;
}

int fsync(int fd) { return sync_fails() ? fail(EIO) : syscall(SYS_fsync, fd); }

int fdatasync(int fd) { return sync_fails() ? fail(EIO) : syscall(SYS_fdatasync, fd); }

static int open_on(int at, const char *path, int flags, mode_t mode) {
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
    int ours = folder && strncmp(path, folder, strlen(folder)) == 0;
    if (ours && writes && disk() == READ_ONLY) return fail(EROFS);
    return syscall(SYS_openat, at, path, flags, mode);
}

#define MODE_OF(flags, mode)                                                                       \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        mode = va_arg(more, mode_t);                                                               \
        va_end(more);                                                                              \
    }

int open64(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_on(AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_on(AT_FDCWD, path, flags, mode);
}

int clock_gettime(clockid_t clock, struct timespec *out) {
    int result = syscall(SYS_clock_gettime, clock, out);
    if (result == 0 && ground && clock == CLOCK_REALTIME) {
        int64_t ms = ground->wall_ms;
        int64_t ns = out->tv_nsec + (ms % 1000) * 1000000;
        out->tv_sec += ms / 1000 + (ns < 0 ? -1 : ns / 1000000000);
        out->tv_nsec = ns < 0 ? ns + 1000000000 : ns % 1000000000;
    }
    return result;
}
