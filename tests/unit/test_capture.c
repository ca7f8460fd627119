// SPDX-License-Identifier: GPL-2.0
/*
 * The capture file: there and back, cut short anywhere, changed anywhere.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/error.h"
#include "build_area.h"
#include "capture/capture.h"
#include "capture/collect.h"

struct fixture {
	struct built_update update;
	struct capture capture;
	char dir[64];
	char path[96];
	unsigned char *bytes;
	size_t size;
	struct error error;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	void *bytes;
	int fd;

	built_update_init(&f->update);
	built_capture(&f->update, &f->capture);
	/* Small, so that every byte can be tried. */
	f->capture.section[CAPTURE_INCOMING].size = 3001;
	f->capture.section[CAPTURE_OUTGOING].size = 16;
	strcpy(f->dir, "/tmp/luoscope-test.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/capture", f->dir);
	assert_int_equal(capture_write(&f->capture, f->path, &f->error), 0);
	fd = open(f->path, O_RDONLY);
	assert_int_equal(read_all(fd, 1 << 20, &bytes, &f->size), 0);
	close(fd);
	f->bytes = bytes;
	*state = f;
	return 0;
}

static unsigned int files_in(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned int count = 0;

	while (readdir(d))
		count++;
	closedir(d);
	return count - 2;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	rmdir(f->dir);
	free(f->bytes);
	built_update_free(&f->update);
	free(f);
	return 0;
}

static void test_there_and_back(void **state)
{
	struct fixture *f = *state;
	struct capture capture;
	struct stat status;
	char value[32];
	unsigned int i;

	assert_int_equal(capture_load(&capture, f->path, &f->error), 0);
	for (i = 1; i < CAPTURE_SECTION_TYPES; i++) {
		assert_int_equal(capture.section[i].size, f->capture.section[i].size);
		assert_memory_equal(capture.section[i].bytes, f->capture.section[i].bytes,
				    capture.section[i].size);
	}
	assert_true(capture_host_value(&capture, "cpus", value, sizeof(value)));
	assert_string_equal(value, "2");
	assert_false(capture_host_value(&capture, "cpu", value, sizeof(value)));
	capture_free(&capture);
	assert_int_equal(stat(f->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(files_in(f->dir), 1);
}

static void test_every_length(void **state)
{
	struct fixture *f = *state;
	struct capture capture;
	size_t size;

	for (size = 0; size < f->size; size++) {
		unsigned char *bytes = malloc(size ? size : 1);

		memcpy(bytes, f->bytes, size);
		f->error.text[0] = '\0';
		assert_int_equal(capture_parse(&capture, bytes, size, &f->error), -EBADMSG);
		assert_non_null(strstr(f->error.text, size ? "cut short" : "empty"));
		assert_null(capture.section[CAPTURE_INCOMING].bytes);
		free(bytes);
	}
	assert_int_equal(capture_parse(&capture, f->bytes, f->size, &f->error), 0);
}

static void test_every_byte(void **state)
{
	struct fixture *f = *state;
	struct capture capture;
	size_t i;

	for (i = 0; i < f->size; i++) {
		unsigned char was = f->bytes[i];
		int err;

		f->bytes[i] ^= 1 + i % 255;
		f->error.text[0] = '\0';
		err = capture_parse(&capture, f->bytes, f->size, &f->error);
		if (err != -EBADMSG && err != -EPROTONOSUPPORT)
			fail_msg("byte %zu changed and nobody saw it: %d", i, err);
		assert_true(f->error.text[0]);
		f->bytes[i] = was;
	}
}

static void test_other_files(void **state)
{
	struct fixture *f = *state;
	struct capture capture;

	assert_int_equal(capture_parse(&capture,
				       "\x7f"
				       "ELF and so on",
				       14, &f->error),
			 -EBADMSG);
	assert_non_null(strstr(f->error.text, "not a capture"));
	f->bytes[8] = 2;
	assert_int_equal(capture_parse(&capture, f->bytes, f->size, &f->error), -EPROTONOSUPPORT);
	assert_non_null(strstr(f->error.text, "format 2, but this luoscope reads format 1"));
	assert_int_equal(capture_parse(&capture, f->bytes, CAPTURE_MAX_BYTES + 1, &f->error),
			 -EFBIG);
	assert_int_equal(capture_load(&capture, "/nowhere/at/all", &f->error), -ENOENT);
	assert_non_null(strstr(f->error.text, "/nowhere/at/all"));
	assert_int_equal(capture_load(&capture, f->dir, &f->error), -EISDIR);
}

/* Set both checksums right again, as a writer of another version would. */
static void reseal(struct fixture *f)
{
	uint64_t checksum = luo_stats_checksum(f->bytes, f->size - 8);

	memcpy(f->bytes + f->size - 8, &checksum, 8);
}

static void test_unknown_and_double_sections(void **state)
{
	struct fixture *f = *state;
	struct capture capture;
	uint64_t huge = UINT64_MAX - 3;

	f->bytes[16] = 200;
	reseal(f);
	assert_int_equal(capture_parse(&capture, f->bytes, f->size, &f->error), 0);
	assert_null(capture.section[CAPTURE_INCOMING].bytes);
	assert_non_null(capture.section[CAPTURE_OUTGOING].bytes);
	f->bytes[16] = CAPTURE_KLOG;
	reseal(f);
	assert_int_equal(capture_parse(&capture, f->bytes, f->size, &f->error), -EBADMSG);
	assert_non_null(strstr(f->error.text, "twice"));
	memcpy(f->bytes + 16 + 8, &huge, 8);
	reseal(f);
	assert_int_equal(capture_parse(&capture, f->bytes, f->size, &f->error), -EBADMSG);
	assert_non_null(strstr(f->error.text, "cut short"));
}

/* No module makes an area of that size: it is not even summed up. */
static void test_large_area(void **state)
{
	struct fixture *f = *state;
	const uint64_t size = 24 + 16 + CAPTURE_AREA_MAX_BYTES + 8 + 8;
	unsigned char *bytes = calloc(1, size);
	struct capture capture;
	uint64_t section = CAPTURE_AREA_MAX_BYTES + 8, checksum;
	const uint32_t count = 1;
	uint32_t type;

	memcpy(bytes, f->bytes, 12);
	memcpy(bytes + 12, &count, 4);
	for (type = CAPTURE_INCOMING; type <= CAPTURE_KLOG; type++) {
		memcpy(bytes + 16, &type, 4);
		memcpy(bytes + 24, &section, 8);
		f->error.text[0] = '\0';
		assert_int_equal(capture_parse(&capture, bytes, size, &f->error),
				 type == CAPTURE_KLOG ? -EBADMSG : -EFBIG);
		assert_non_null(
			strstr(f->error.text, type == CAPTURE_KLOG ? "checksum" : "32 MiB"));
	}
	/* The largest that can be. */
	type = CAPTURE_INCOMING;
	section = CAPTURE_AREA_MAX_BYTES;
	memcpy(bytes + 16, &type, 4);
	memcpy(bytes + 24, &section, 8);
	checksum = luo_stats_checksum(bytes + 40, section);
	memcpy(bytes + 32, &checksum, 8);
	checksum = luo_stats_checksum(bytes, size - 16);
	memcpy(bytes + size - 16, &checksum, 8);
	assert_int_equal(capture_parse(&capture, bytes, size - 8, &f->error), 0);
	free(bytes);
}

static void test_disk_full(void **state)
{
	const struct rlimit none = { .rlim_cur = 100, .rlim_max = RLIM_INFINITY };
	struct rlimit was;
	struct fixture *f = *state;
	struct capture capture;
	int err;

	/* A limit on the size of files fails in the middle of the writing, as a full disk does. */
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &none);
	err = capture_write(&f->capture, f->path, &f->error);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_int_equal(err, -EFBIG);
	assert_int_equal(files_in(f->dir), 1);
	/* What was there is still there. */
	assert_int_equal(capture_load(&capture, f->path, &f->error), 0);
	capture_free(&capture);

	assert_int_equal(capture_write(&f->capture, "/dev/full", &f->error), -ENOSPC);
	assert_non_null(strstr(f->error.text, "no space left"));
	assert_int_equal(capture_write(&f->capture, "/nowhere/capture", &f->error), -ENOENT);
}

static void write_area(const struct fixture *f, const char *name, const void *bytes, size_t size)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	file = fopen(path, "w");
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static void test_collect(void **state)
{
	struct fixture *f = *state;
	struct capture capture;
	char value[64], path[128];

	assert_int_equal(capture_collect(&capture, f->dir, &f->error), -ENOENT);
	assert_non_null(strstr(f->error.text, collect_module_advice()));
	assert_null(capture.section[CAPTURE_HOST].bytes);
	write_area(f, "outgoing", f->update.new.bytes, f->update.new.size);
	write_area(f, "incoming", "", 0);
	assert_int_equal(capture_collect(&capture, f->dir, &f->error), 0);
	assert_int_equal(capture.section[CAPTURE_OUTGOING].size, f->update.new.size);
	assert_null(capture.section[CAPTURE_INCOMING].bytes);
	assert_true(capture_host_value(&capture, "release", value, sizeof(value)));
	assert_true(capture_host_value(&capture, "collected_realtime_ns", value, sizeof(value)));
	capture_free(&capture);
	write_area(f, "incoming", f->update.old.bytes, f->update.old.size);
	assert_int_equal(capture_collect(&capture, f->dir, &f->error), 0);
	assert_int_equal(capture.section[CAPTURE_INCOMING].size, f->update.old.size);
	capture_free(&capture);
	snprintf(path, sizeof(path), "%s/incoming", f->dir);
	unlink(path);
	assert_int_equal(capture_collect(&capture, f->dir, &f->error), 0);
	assert_null(capture.section[CAPTURE_INCOMING].bytes);
	capture_free(&capture);
	snprintf(path, sizeof(path), "%s/outgoing", f->dir);
	assert_int_equal(truncate(path, CAPTURE_AREA_MAX_BYTES + 1), 0);
	assert_int_equal(capture_collect(&capture, f->dir, &f->error), -EFBIG);
	assert_non_null(strstr(f->error.text, "32 MiB"));
	unlink(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_there_and_back),
		TEST(test_every_length),
		TEST(test_every_byte),
		TEST(test_other_files),
		TEST(test_unknown_and_double_sections),
		TEST(test_large_area),
		TEST(test_disk_full),
		TEST(test_collect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
