/*
 * What looking at images costs without Node: for each path of a list, a stat; then a stat, an open, one page read at
 * the beginning, and a close. Prints the milliseconds of processor time of the fastest and of the middle one of so many rounds.
 *
 *     cc -O2 -o disk-floor disk-floor.c && ./disk-floor LIST ROUNDS [wall]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Of this process, as others on the same machine do not count; or what passes, where the machine is quiet. */
static clockid_t clock_id = CLOCK_PROCESS_CPUTIME_ID;

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(clock_id, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int ascending(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return (difference > 0) - (difference < 0);
}

int main(int count, char **arguments) {
  if (count == 4 && strcmp(arguments[3], "wall") == 0) clock_id = CLOCK_MONOTONIC;
  else if (count != 3) return 2;
  FILE *list = fopen(arguments[1], "r");
  int rounds = atoi(arguments[2]);
  if (list == NULL || rounds < 1) return 2;
  char **paths = NULL;
  char *line = NULL;
  size_t capacity = 0, paths_count = 0;
  for (ssize_t length; (length = getline(&line, &capacity, list)) > 0;) {
    line[length - 1] = 0;
    paths = realloc(paths, (paths_count + 1) * sizeof *paths);
    paths[paths_count++] = strdup(line);
  }
  double *stats = malloc((size_t)rounds * sizeof *stats);
  double *reads = malloc((size_t)rounds * sizeof *reads);
  long long sum = 0;
  char page[4096];
  struct stat facts;
  for (int round = -1; round < rounds; round++) {
    double start = milliseconds();
    for (size_t i = 0; i < paths_count; i++) {
      if (stat(paths[i], &facts) == 0) sum += facts.st_size;
    }
    double middle = milliseconds();
    for (size_t i = 0; i < paths_count; i++) {
      if (stat(paths[i], &facts) != 0) continue;
      int file = open(paths[i], O_RDONLY | O_CLOEXEC);
      sum += pread(file, page, sizeof page, 0);
      close(file);
    }
    double end = milliseconds();
    /* The first round only warms the caches. */
    if (round >= 0) {
      stats[round] = middle - start;
      reads[round] = end - middle;
    }
  }
  qsort(stats, (size_t)rounds, sizeof *stats, ascending);
  qsort(reads, (size_t)rounds, sizeof *reads, ascending);
  printf("{\"stat\":[%f,%f],\"read\":[%f,%f],\"sum\":%lld}\n", stats[0], stats[rounds / 2], reads[0], reads[rounds / 2], sum);
  return 0;
}
