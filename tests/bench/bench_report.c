// SPDX-License-Identifier: GPL-2.0
/*
 * How long a report takes, from a capture's bytes to the text and to the JSON document, with both
 * areas full: 256 KiB each, as the module makes them. And how long this machine takes for a
 * document that is none of ours, so that the two can be told apart: a slow machine and a slow
 * report.
 */
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "build_area.h"
#include "capture/capture.h"
#include "model/model.h"
#include "report/report.h"
#include "report/report_json.h"
#include "report/report_text.h"

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void fill(struct built_area *area, bool old)
{
	const uint8_t role = old ? LUO_STATS_ROLE_OLD : LUO_STATS_ROLE_NEW;
	const int64_t from = old ? 15 * MS : 1510 * MS;
	unsigned int i, count = 0;
	char name[32];

	while (area->header->subject_cursor < 340 + 170) {
		snprintf(name, sizeof(name), "session-%u", count / 4);
		built_subject(area, LUO_STATS_SUBJECT_FILE, name, "memfd-v2", "", count++);
	}
	for (i = 0; area->header->span_cursor[0] < 1024; i++)
		built_span(area, 0, old ? LUO_STATS_PRESERVE : LUO_STATS_RETRIEVE, role,
			   10 + i % 500, true_cycles(old ? -10000 * MS + i : from + i),
			   true_cycles(old ? -9000 * MS + i : from + i + 10));
	for (i = 0; area->header->span_cursor[1] < 1024; i++)
		built_span(area, 1,
			   old ? i % 2 ? LUO_STATS_FREEZE : LUO_STATS_SHUTDOWN : LUO_STATS_FINISH,
			   role, 10 + i % 500, true_cycles(from + i), true_cycles(from + i + 10));
}

/* The small update's contents in areas of full size, then filled up. */
static void make_update(struct built_update *update)
{
	static const uint32_t chunks[4] = { 64 << 10, 32 << 10, 64 << 10, 64 << 10 };
	struct built_area *areas[2] = { &update->old, &update->new };
	unsigned int i;

	built_update_init(update);
	for (i = 0; i < 2; i++) {
		built_area_enlarge(areas[i], chunks);
		fill(areas[i], !i);
		built_seal(areas[i]);
	}
}

static int run_once(const void *bytes, size_t size, bool json, FILE *out)
{
	const struct view_options options = { .full = true, .top = 10 };
	struct capture capture;
	struct model model = {};
	struct error error = {};
	int err;

	err = capture_parse(&capture, bytes, size, &error);
	if (!err)
		err = model_build(&model, &capture, &error);
	if (!err)
		err = json ? view_json(&model, out) : view_text(&model, out, &options);
	if (err)
		fprintf(stderr, "bench_report: %s (%s)\n", error.text, strerror(-err));
	model_free(&model);
	return err;
}

/* Memory is taken and given back, and text is made of numbers, as in a report. Returns 0 or -1. */
static int run_reference(FILE *out)
{
	json_t *rows = json_array();
	int i, err;

	for (i = 0; rows && i < 1500; i++)
		json_array_append_new(rows,
				      json_pack("{s:i, s:I, s:s, s:{s:b, s:n, s:f}}", "number", i,
						"start_ns", (json_int_t)i * 1234567891, "name",
						"0000:81:00.0", "inner", "is", i & 1, "was",
						"share", i / 7.0));
	err = rows ? json_dumpf(rows, out, JSON_INDENT(2)) : -1;
	json_decref(rows);
	return err;
}

int main(int argc, char **argv)
{
	int runs = argc > 1 ? atoi(argv[1]) : 200;
	char path[] = "/tmp/luoscope-bench.XXXXXX";
	struct built_update update;
	struct capture capture, loaded;
	struct error error = {};
	void *bytes;
	size_t size;
	static const char *const names[] = { "text", "JSON", "reference" };
	int i, what, fd;
	double *times;
	FILE *out;

	if (runs < 1)
		return 1;
	make_update(&update);
	built_capture(&update, &capture);
	fd = mkstemp(path);
	if (fd < 0 || capture_write(&capture, path, &error) ||
	    capture_load(&loaded, path, &error)) {
		fprintf(stderr, "bench_report: %s\n", error.text);
		return 1;
	}
	close(fd);
	fd = open(path, O_RDONLY);
	unlink(path);
	if (fd < 0 || read_all(fd, 1 << 30, &bytes, &size))
		return 1;
	close(fd);
	capture_free(&loaded);
	times = calloc(runs, sizeof(*times));
	out = fopen("/dev/null", "w");
	if (!times || !out)
		return 1;
	printf("a report of two full areas of %zu KiB, %d runs\n", update.old.size >> 10, runs);
	for (what = 0; what < 3; what++) {
		for (i = 0; i < runs; i++) {
			double begin = now_ms();

			if (what == 2 ? run_reference(out) : run_once(bytes, size, what, out))
				return 1;
			times[i] = now_ms() - begin;
		}
		qsort(times, runs, sizeof(*times), compare);
		printf("  %-9s median %6.2f ms  max %6.2f ms\n", names[what], times[runs / 2],
		       times[runs - 1]);
	}
	fclose(out);
	free(times);
	free(bytes);
	built_update_free(&update);
	return 0;
}
