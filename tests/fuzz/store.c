// SPDX-License-Identifier: GPL-2.0
/*
 * The store, if its newest file may hold anything: it is listed, read, closed and replaced.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_area.h"
#include "capture/store.h"
#include "fuzz.h"

static const struct store_limits limits = { .captures = 3, .bytes = 1 << 20 };

/* The store, made at the first call. */
static const char *directory(void)
{
	static char path[256];
	const char *parent = getenv("TMPDIR");

	if (!*path) {
		snprintf(path, sizeof(path), "%s/store.XXXXXX", parent ? parent : "/tmp");
		fuzz_expect(mkdtemp(path), "no directory can be made");
	}
	return path;
}

static void put(const char *dir, const char *name, const uint8_t *bytes, size_t size)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	fuzz_expect(file && fwrite(bytes, 1, size, file) == size && !fclose(file),
		    "%s cannot be written", path);
}

/* Returns how many files there are, without those that the store does not know. */
static size_t count(const char *dir)
{
	struct store_entry *entry;
	struct error error = {};
	size_t entries, i;

	fuzz_expect(!store_list(dir, &entry, &entries, &error), "no list: %s", error.text);
	for (i = 1; i < entries; i++)
		fuzz_expect(entry[i - 1].number < entry[i].number, "the list is not in order");
	free(entry);
	return entries;
}

static void clear(const char *dir)
{
	DIR *found = opendir(dir);
	struct dirent *entry;

	while ((entry = readdir(found)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(found), entry->d_name, 0);
	closedir(found);
}

static void use(const char *dir, const struct capture *capture)
{
	struct error error = {};
	struct capture loaded;
	const uint64_t lost = store_lost(capture, dir);
	const size_t before = count(dir);
	uint64_t number = 0;
	int err;

	fuzz_expect(!store_settle(capture, dir, &error), "not settled: %s", error.text);
	fuzz_expect(count(dir) == before || (!lost && count(dir) + 1 == before),
		    "%zu captures became %zu", before, count(dir));
	fuzz_expect(store_lost(capture, dir) == lost, "what is lost changes");
	err = fuzz_choice(2) ? store_start(capture, dir, &limits, &number, &error) :
			       store_save(capture, dir, &limits, &number, &error);
	fuzz_expect(!err, "not stored: %s", error.text);
	fuzz_expect(!store_load(&loaded, dir, number, &error), "not loaded: %s", error.text);
	capture_free(&loaded);
	fuzz_expect(count(dir) <= limits.captures, "more than the limit are kept");
}

static void run(const uint8_t *bytes, size_t size)
{
	static const char *const names[] = { "1.luoscope", "7.luoscope", "999999998.luoscope",
					     "07.luoscope", "3.luoscope.Ab12xY" };
	const char *dir = directory();
	struct built_update update;
	struct capture capture;
	size_t i;

	for (i = 0; i < 1 + fuzz_choice(2); i++)
		put(dir, names[fuzz_choice(sizeof(names) / sizeof(*names))], bytes, size);
	built_update_init(&update);
	if (fuzz_choice(2))
		update.new.header->chain_id++;
	built_seal(&update.old);
	built_seal(&update.new);
	built_capture(&update, &capture);
	use(dir, &capture);
	built_update_free(&update);
	clear(dir);
}

/* A capture, or what is left of an update that was started. */
static void seed(const struct capture *capture, FILE *out)
{
	static const char facts[] = STORE_STARTED "=1\ncollected_realtime_ns=1790000000000000000\n";
	struct capture started = {};

	started.section[CAPTURE_INCOMING] = capture->section[CAPTURE_OUTGOING];
	started.section[CAPTURE_HOST] =
		(struct capture_section){ .bytes = facts, .size = sizeof(facts) - 1 };
	capture_shrink(capture->section[CAPTURE_KLOG].size % 2 ? capture : &started, out);
}

const struct fuzz_target fuzz_store = {
	.name = "store",
	.share = 4,
	.most = 32 << 10,
	.run = run,
	.mutate = capture_edit,
	.seed = seed,
};
