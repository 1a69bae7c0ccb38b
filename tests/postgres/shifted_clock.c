// Why: the database's clock decides what is expired, so tests move it: preloaded into the server,
// this adds the number in a shared file to the time of day. Any thread.
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t* offset_us;

__attribute__((constructor)) static void Map(void) {
  const char* path = getenv("COOLKIT_SHIFTED_CLOCK");
  if (path == NULL) return;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void* mapped = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED) offset_us = mapped;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
  (void)zone;
  struct timespec real;
  clock_gettime(CLOCK_REALTIME, &real);
  int64_t us = (int64_t)real.tv_sec * 1000000 + real.tv_nsec / 1000;
  if (offset_us != NULL) us += *offset_us;
  now->tv_sec = us / 1000000;
  now->tv_usec = us % 1000000;
  return 0;
}
