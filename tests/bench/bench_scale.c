// SPDX-License-Identifier: GPL-2.0
/*
 * bench_scale LUOSCOPE DIRECTORY: how much time of the CPU luoscope takes for captures of very
 * large updates, and how much memory. Writes captures of a quarter, a half and all of the largest
 * size into the directory, and prints a line for each of them and each command:
 *
 *	COMMAND FILES DEVICES SPANS AREAS_KIB LEAST_MS PEAK_KIB
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "build_area.h"
#include "capture/capture.h"

#define MIB (1u << 20)
/* The shortest counts: a busy machine makes a run longer, never shorter. */
#define RUNS 5

/* The largest: in either kernel an area of 16 MiB. The first DEVICES files are those of devices. */
#define FILES	    20000u
#define DEVICES	    10000u
#define SPANS	    250000u
#define PER_SESSION 20u
/* Of a device and its file in both kernels, and of any other file. */
#define DEVICE_SPANS 12u
#define FILE_SPANS   4u

struct size {
	uint32_t files, devices, spans;
};

static void session_of(char *name, size_t bytes, uint32_t file)
{
	snprintf(name, bytes, "vm-%u", file / PER_SESSION);
}

static void bdf_of(char *name, size_t bytes, uint32_t device)
{
	snprintf(name, bytes, "%04x:%02x:00.0", device >> 8, device & 0xff);
}

/* A span that begins at @cycles and takes @for_cycles, in the lot that its kind is for. */
static struct luo_stats_span *add(struct built_area *area, uint16_t kind, uint8_t role,
				  uint32_t subject, uint64_t cycles, uint64_t for_cycles)
{
	const bool in_update = kind == LUO_STATS_FREEZE || kind == LUO_STATS_RESET ||
			       kind == LUO_STATS_SHUTDOWN;

	return built_span(area, in_update ? LUO_STATS_LOT_UPDATE : LUO_STATS_LOT_ANY, kind, role,
			  subject, cycles, cycles + for_cycles);
}

static void add_file(struct built_area *area, const struct size *size, uint32_t i, bool old)
{
	const uint8_t role = old ? LUO_STATS_ROLE_OLD : LUO_STATS_ROLE_NEW;
	const bool is_device = i < size->devices;
	/* One after the other in one thread, as LUO does it: the device's step is within its file's. */
	const uint64_t early = true_cycles(old ? -9000 * MS : 1510 * MS) + 6000ull * i;
	const uint64_t late = true_cycles(old ? 1 * MS : 1595 * MS) + 1000ull * i;
	uint32_t file, device;
	char name[32];

	session_of(name, sizeof(name), i);
	file = built_subject(area, LUO_STATS_SUBJECT_FILE, name,
			     is_device ? "vfio-pci-v1" : "memfd-v2", "", i % PER_SESSION);
	add(area, old ? LUO_STATS_PRESERVE : LUO_STATS_RETRIEVE, role, file, early, 5000);
	add(area, old ? LUO_STATS_FREEZE : LUO_STATS_FINISH, role, file, late, 900);
	if (!is_device)
		return;
	bdf_of(name, sizeof(name), i);
	device = built_subject(area, LUO_STATS_SUBJECT_DEVICE, name, "vfio-pci", "pci", 0);
	add(area, old ? LUO_STATS_PRESERVE : LUO_STATS_RETRIEVE, role, device, early + 1000, 1000);
	add(area, old ? LUO_STATS_FREEZE : LUO_STATS_FINISH, role, device, late + 100, 700);
	if (old) {
		add(area, LUO_STATS_RESET, role, device, late + 200, 500)->detail =
			LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_OK, LUO_STATS_RESET_FLR, 0);
		add(area, LUO_STATS_SHUTDOWN, role, device, true_cycles(20 * MS) + 5000ull * i,
		    4000);
		return;
	}
	add(area, LUO_STATS_BIND, role, device, true_cycles(1600 * MS) + 3000ull * i, 2000);
	add(area, LUO_STATS_IRQ_SETUP, role, device, true_cycles(1700 * MS) + 3000ull * i, 2000);
}

/* Marks of services that say what they do, until there are enough spans. */
static void add_marks(struct built_update *update, const struct size *size)
{
	const uint32_t steps =
		DEVICE_SPANS * size->devices + FILE_SPANS * (size->files - size->devices);
	const uint32_t each = (size->spans - steps) / 2;
	uint32_t subject[2], i;
	char name[32];

	for (i = 0; i < 2 * each; i++) {
		struct built_area *area = i % 2 ? &update->new : &update->old;

		if (i / 2 % 100 == 0) {
			snprintf(name, sizeof(name), "service-%u", i / 200);
			subject[i % 2] =
				built_subject(area, LUO_STATS_SUBJECT_MARK, name, "", "", i);
		}
		add(area, LUO_STATS_MARK, LUO_STATS_ROLE_NONE, subject[i % 2],
		    true_cycles(i % 2 ? 1505 * MS : -12000 * MS) + 4000ull * i, 3000);
	}
}

/* Returns what both areas have, in KiB, or 0 after an error. Each @chain is another host's. */
static size_t write_capture(const struct size *size, unsigned int divisor, uint64_t chain,
			    const char *path)
{
	const uint32_t old_chunks[4] = { 5 * MIB / divisor, MIB / divisor, 6 * MIB / divisor,
					 4 * MIB / divisor - LUO_STATS_PAGE_BYTES };
	const uint32_t new_chunks[4] = { 5 * MIB / divisor, MIB / divisor, 9 * MIB / divisor,
					 MIB / divisor - LUO_STATS_PAGE_BYTES };
	struct built_update update;
	struct capture capture;
	struct error error = {};
	size_t kib;
	uint32_t i;
	int err;

	built_update_init(&update);
	built_area_enlarge(&update.old, old_chunks);
	built_area_enlarge(&update.new, new_chunks);
	for (i = 0; i < size->files; i++) {
		add_file(&update.old, size, i, true);
		add_file(&update.new, size, i, false);
	}
	add_marks(&update, size);
	update.old.header->chain_id += chain;
	update.new.header->chain_id += chain;
	built_seal(&update.old);
	built_seal(&update.new);
	kib = (update.old.size + update.new.size) >> 10;
	built_capture(&update, &capture);
	err = capture_write(&capture, path, &error);
	if (err)
		fprintf(stderr, "bench_scale: %s\n", error.text);
	built_update_free(&update);
	return err ? 0 : kib;
}

static double ms_of(const struct timeval *time)
{
	return time->tv_sec * 1e3 + time->tv_usec / 1e3;
}

/* Runs @argv, and sets @ms to the time of the CPU and raises @peak_kib. Returns 0, or -1. */
static int run(char *const *argv, double *ms, long *peak_kib)
{
	struct rusage usage;
	int status, null;
	pid_t pid;

	pid = fork();
	if (!pid) {
		null = open("/dev/null", O_WRONLY);
		if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0)
			execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status) {
		fprintf(stderr, "bench_scale: '%s %s' failed\n", argv[0], argv[1]);
		return -1;
	}
	*ms = ms_of(&usage.ru_utime) + ms_of(&usage.ru_stime);
	if (usage.ru_maxrss > *peak_kib)
		*peak_kib = usage.ru_maxrss;
	return 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int measure(const char *name, char *const *argv, const struct size *size, size_t kib)
{
	double ms[RUNS];
	long peak_kib = 0;
	unsigned int i;

	for (i = 0; i < RUNS; i++)
		if (run(argv, &ms[i], &peak_kib))
			return -1;
	qsort(ms, RUNS, sizeof(*ms), compare);
	printf("%-9s %5u %5u %6u %5zu %6.0f %6ld\n", name, size->files, size->devices, size->spans,
	       kib, ms[0], peak_kib);
	fflush(stdout);
	return 0;
}

static int measure_size(char *luoscope, const char *directory, unsigned int divisor)
{
	const struct size size = { FILES / divisor, DEVICES / divisor, SPANS / divisor };
	char path[PATH_MAX], other[PATH_MAX];
	const struct {
		const char *name;
		char *argv[6];
	} commands[] = {
		{ "text", { luoscope, "report", path } },
		{ "JSON", { luoscope, "report", "--json", path } },
		{ "metrics", { luoscope, "metrics", path } },
		{ "timeline", { luoscope, "timeline", path } },
		{ "diff", { luoscope, "diff", path, "--", other } },
	};
	size_t i, kib;

	snprintf(path, sizeof(path), "%s/%u.luoscope", directory, size.spans);
	snprintf(other, sizeof(other), "%s/%u-other.luoscope", directory, size.spans);
	kib = write_capture(&size, divisor, 0, path);
	if (!kib || !write_capture(&size, divisor, 1, other))
		return -1;
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (measure(commands[i].name, commands[i].argv, &size, kib))
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int divisor;

	if (argc != 3) {
		fprintf(stderr, "usage: bench_scale LUOSCOPE DIRECTORY\n");
		return 1;
	}
	for (divisor = 4; divisor; divisor /= 2)
		if (measure_size(argv[1], argv[2], divisor))
			return 1;
	return 0;
}
