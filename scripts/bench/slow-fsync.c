/* The model disk: every fsync and fdatasync takes 1 ms more, as on a cloud volume. Loaded with LD_PRELOAD over a
   Postgres whose data is in memory, so that the same run gives the same ratios on any machine. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void one_millisecond(void) {
  struct timespec left = {0, 1000000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

int fsync(int fd) {
  one_millisecond();
  return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
  one_millisecond();
  return (int)syscall(SYS_fdatasync, fd);
}
