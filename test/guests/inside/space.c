// Writes to filesystems, and notes how full they are, in a guest whose free space is read from outside.
//   space load KIND FOLDER                until /run/stop is there
//   space note FILE DEVICE...             filesystems at /m/DEVICE, until /run/done is there; records to FILE
//   space clock                           the clock of the records, in milliseconds
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fsmap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

static int going(void) { return access("/run/stop", F_OK) != 0; }
static void pause_ms(int ms) { usleep(ms * 1000); }
static char path[512];
static const char *name(const char *folder, const char *kind, int number) {
  snprintf(path, sizeof path, "%s/%s.%d", folder, kind, number);
  return path;
}

static char block[1 << 18];
// Appends; -1 when nothing is left.
static int put(const char *file, int flags, long bytes, int confirmed) {
  int fd = open(file, O_CREAT | O_WRONLY | flags, 0644);
  if (fd < 0) return -1;
  int failed = 0;
  while (bytes > 0 && !failed) {
    ssize_t wrote = write(fd, block, bytes < (long)sizeof block ? bytes : (long)sizeof block);
    failed = wrote <= 0;
    if (!failed) bytes -= wrote;
  }
  if (confirmed) fsync(fd);
  close(fd);
  return failed ? -1 : 0;
}

// Until nothing is left; then all is deleted.
static void fill(const char *folder) {
  while (going()) {
    int files = 0;
    while (going() && put(name(folder, "fill", files), 0, 6 << 20, 0) == 0) files++, pause_ms(300);
    pause_ms(4000);
    for (; files >= 0; files--) unlink(name(folder, "fill", files));
    pause_ms(3000);
  }
}

// Many small files, in folders that come and go.
static void small(const char *folder) {
  for (int number = 0; going(); number++) {
    char inner[256];
    snprintf(inner, sizeof inner, "%s/%d", folder, number);
    mkdir(inner, 0755);
    for (int i = 0; i < 80; i++) put(name(inner, "small", i), 0, 100 + 97 * i, 0);
    if (number >= 6) {
      snprintf(inner, sizeof inner, "%s/%d", folder, number - 6);
      for (int i = 0; i < 80; i++) unlink(name(inner, "small", i));
      rmdir(inner);
    }
    pause_ms(250);
  }
}

// Files that are cut and grow again.
static void cut(const char *folder) {
  for (int n = 1; going(); n++) {
    const char *file = name(folder, "cut", n % 3);
    put(file, O_APPEND, (n % 17 + 1) << 20, 0);
    pause_ms(400);
    if (truncate(file, (n * 7 % 11) * 700001L) != 0) break;
    pause_ms(400);
  }
}

// A database: everything is confirmed at once.
static void confirm(const char *folder) {
  for (int n = 0; going(); n++) {
    put(name(folder, "confirm", n % 40), O_APPEND, (n % 50 + 1) * 4096L, 1);
    // Long enough for the notes to see what the disk may show from now on.
    pause_ms(400);
    if (n % 3 == 0) unlink(name(folder, "confirm", (n + 20) % 40));
    pause_ms(100);
  }
}

// Files that do not live as long as it takes to write them back, beside one that stays.
static void brief(const char *folder) {
  for (int n = 0; going(); n++) {
    put(name(folder, "brief", 0), O_TRUNC, 30 << 20, 0);
    put(name(folder, "stays", 0), O_APPEND, 1 << 20, 0);
    pause_ms(1500);
    unlink(name(folder, "brief", 0));
    pause_ms(700);
  }
}

// Something of everything.
static void mixed(const char *folder) {
  for (int n = 0; going(); n++) {
    put(name(folder, "mixed", n % 6), O_APPEND, (n % 9 + 1) << 20, n % 7 == 0);
    for (int i = 0; i < 25; i++) put(name(folder, "many", (n % 20) * 25 + i), O_TRUNC, n * 13 + 1, 0);
    if (n % 4 == 0) unlink(name(folder, "mixed", (n + 3) % 6));
    if (n % 9 == 0) sync();
    pause_ms(500);
  }
}

static const struct { const char *kind; void (*run)(const char *); } kinds[] = {
  {"fill", fill}, {"small", small}, {"cut", cut}, {"confirm", confirm}, {"brief", brief}, {"mixed", mixed},
};

// Bytes. `promised`: what ext4 has promised to data without a place. `trees`: what the trees of free space of xfs hold.
// `commits`: transactions of the journal of ext3 and ext4 that are wholly on the disk.
struct record {
  double ms, device, total, free, available, promised_before, promised_after, trees, files, free_files, commits;
};

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

// The number that a file of the kernel's begins with; 0 where there is none.
static double number_in(int fd) {
  char text[64] = "";
  return fd >= 0 && pread(fd, text, sizeof text - 1, 0) > 0 ? strtod(text, NULL) : 0;
}

static int opened(const char *pattern, const char *device) {
  snprintf(path, sizeof path, pattern, device);
  return open(path, O_RDONLY);
}

static double trees_of(int fd) {
  static struct { struct fsmap_head head; struct fsmap extents[1024]; } map;
  double bytes = 0;
  memset(&map.head, 0, sizeof map.head);
  map.head.fmh_count = 1024;
  map.head.fmh_keys[1] = (struct fsmap){.fmr_device = -1, .fmr_flags = -1, .fmr_physical = -1, .fmr_owner = -1, .fmr_offset = -1};
  while (ioctl(fd, FS_IOC_GETFSMAP, &map) == 0 && map.head.fmh_entries > 0) {
    for (unsigned i = 0; i < map.head.fmh_entries; i++) {
      struct fsmap *one = &map.extents[i];
      if ((one->fmr_flags & FMR_OF_SPECIAL_OWNER) && one->fmr_owner == FMR_OWN_FREE) bytes += one->fmr_length;
    }
    if (map.extents[map.head.fmh_entries - 1].fmr_flags & FMR_OF_LAST) break;
    fsmap_advance(&map.head);
  }
  return bytes;
}

static void note(const char *file, int count, char **devices) {
  static struct record last[32];
  static struct { int point, promise, is_xfs; } all[32];
  if (nice(-20) == -1 && errno != 0) exit(1);
  int out = open(file, O_CREAT | O_WRONLY | O_TRUNC, 0644);
  for (int i = 0; i < count; i++) {
    all[i].point = opened("/m/%s", devices[i]);
    all[i].promise = opened("/sys/fs/ext4/%s/delayed_allocation_blocks", devices[i]);
    all[i].is_xfs = opened("/sys/fs/xfs/%s", devices[i]) >= 0;
  }
  for (unsigned round = 0; access("/run/done", F_OK) != 0; round++, pause_ms(100)) {
    for (int i = 0; i < count; i++) {
      if (all[i].is_xfs && round % 3 != 0) continue;
      struct statvfs fs;
      double before = number_in(all[i].promise), at = now_ms();
      fstatvfs(all[i].point, &fs);
      double after = number_in(all[i].promise), unit = fs.f_frsize;
      // This file says what was true when it was opened.
      int journal = opened("/proc/fs/jbd2/%s-8/info", devices[i]);
      double commits = number_in(journal);
      if (journal >= 0) close(journal);
      struct record record = {at, i, fs.f_blocks * unit, fs.f_bfree * unit, fs.f_bavail * unit, before * unit, after * unit,
                              all[i].is_xfs ? trees_of(all[i].point) : 0, fs.f_files, fs.f_ffree, commits};
      // What is as before is written once a second.
      struct record same = last[i];
      same.ms = at;
      if (memcmp(&same, &record, sizeof record) == 0 && at - last[i].ms < 1000) continue;
      last[i] = record;
      if (write(out, &record, sizeof record) != sizeof record) exit(1);
    }
  }
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "clock") == 0) return printf("%f\n", now_ms()) < 0;
  if (argc > 3 && strcmp(argv[1], "note") == 0) return note(argv[2], argc - 3, argv + 3), 0;
  if (argc != 4 || strcmp(argv[1], "load") != 0) return 2;
  if (nice(19) == -1 && errno != 0) return 1;
  for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp(kinds[i].kind, argv[2]) == 0) return kinds[i].run(argv[3]), 0;
  return 2;
}
