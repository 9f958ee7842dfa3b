/* Records, in order, what a program writes to the files of a database, when it syncs them, and what it prints.
 * cc -shared -fPIC -O2 -o record.so record.c -ldl;  LD_PRELOAD=record.so RECORD_TO=file RECORD_BELOW=folder program
 * One record: kind (W write, T truncate, S sync, D delete, P print), name length (2), offset (8), size (4), name, data;
 * little-endian as the machine. Shared memory (-shm) is left out: it does not outlive the machine. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int out = -1;
static const char *below;

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

static void put(char kind, const char *name, uint64_t offset, const void *data, uint32_t size) {
  static ssize_t (*real_write)(int, const void *, size_t);
  if (!real_write) real_write = REAL(write);
  if (out < 0) {
    const char *to = getenv("RECORD_TO");
    if (!to) return;
    out = open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
  uint16_t length = strlen(name);
  char *record = malloc(15 + length + size), *at = record;
  *at++ = kind;
  memcpy(at, &length, 2); at += 2;
  memcpy(at, &offset, 8); at += 8;
  memcpy(at, &size, 4); at += 4;
  memcpy(at, name, length); at += length;
  if (size) memcpy(at, data, size);
  if (real_write(out, record, 15 + length + size) < 0) abort();
  free(record);
}

/* The name of an open file if it is one of the database's, else NULL. */
static const char *named(int fd, char *path, size_t room) {
  char link[64];
  if (!below && !(below = getenv("RECORD_BELOW"))) return NULL;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, room - 1);
  if (length <= 0) return NULL;
  path[length] = 0;
  if (strncmp(path, below, strlen(below)) || strstr(path, "-shm")) return NULL;
  return strrchr(path, '/') + 1;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
  char path[4096];
  const char *name = named(fd, path, sizeof path);
  if (!name) return REAL(pwrite64)(fd, data, size, offset);
  pthread_mutex_lock(&lock);
  ssize_t done = REAL(pwrite64)(fd, data, size, offset);
  if (done > 0) put('W', name, offset, data, done);
  pthread_mutex_unlock(&lock);
  return done;
}

int ftruncate64(int fd, off64_t size) {
  char path[4096];
  const char *name = named(fd, path, sizeof path);
  pthread_mutex_lock(&lock);
  int done = REAL(ftruncate64)(fd, size);
  if (!done && name) put('T', name, size, NULL, 0);
  pthread_mutex_unlock(&lock);
  return done;
}

static int synced(int fd, int (*real)(int)) {
  char path[4096];
  const char *name = named(fd, path, sizeof path);
  if (!name) return real(fd);
  pthread_mutex_lock(&lock);
  int done = real(fd);
  if (!done) put('S', name, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return done;
}

int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

int unlink(const char *path) {
  int done = REAL(unlink)(path);
  if (!done && (below || (below = getenv("RECORD_BELOW"))) && !strncmp(path, below, strlen(below))) {
    pthread_mutex_lock(&lock);
    put('D', strrchr(path, '/') + 1, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
  }
  return done;
}

ssize_t write(int fd, const void *data, size_t size) {
  if (fd == 1 && getenv("RECORD_TO")) {
    pthread_mutex_lock(&lock);
    put('P', "", 0, data, size);
    pthread_mutex_unlock(&lock);
  }
  return REAL(write)(fd, data, size);
}
