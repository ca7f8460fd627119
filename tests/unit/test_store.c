// SPDX-License-Identifier: GPL-2.0
/*
 * The store: numbers, limits, a full disk, and a directory in which others have left things.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/error.h"
#include "build_area.h"
#include "capture/capture.h"
#include "capture/store.h"

#define ANY_NUMBER 4711

static const struct store_limits plenty = { .captures = 100, .bytes = 1 << 30 };

struct fixture {
	const char *boot; /* of the captures that are saved; NULL: they have none */
	struct built_update update;
	char parent[64];
	char dir[96];
	struct error error;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	built_update_init(&f->update);
	strcpy(f->parent, "/tmp/luoscope-test.XXXXXX");
	assert_non_null(mkdtemp(f->parent));
	snprintf(f->dir, sizeof(f->dir), "%s/store", f->parent);
	*state = f;
	return 0;
}

static void remove_all(const char *dir)
{
	DIR *directory = opendir(dir);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (unlinkat(dirfd(directory), entry->d_name, 0))
			unlinkat(dirfd(directory), entry->d_name, AT_REMOVEDIR);
	}
	if (directory)
		closedir(directory);
	rmdir(dir);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	unsetenv("LUOSCOPE_STORE");
	remove_all(f->dir);
	rmdir(f->parent);
	built_update_free(&f->update);
	free(f);
	return 0;
}

/* Save the update @generation. Returns what store_save() does; @number may be NULL. */
static int save(struct fixture *f, uint32_t generation, const struct store_limits *limits,
		uint64_t *number)
{
	uint64_t unused = ANY_NUMBER;
	struct capture capture;

	f->update.new.header->generation = generation;
	built_seal(&f->update.new);
	built_capture(&f->update, &capture);
	if (f->boot)
		capture.section[CAPTURE_BOOT] =
			(struct capture_section){ .bytes = f->boot, .size = strlen(f->boot) };
	return store_save(&capture, f->dir, limits, number ? number : &unused, &f->error);
}

static uint64_t saved(struct fixture *f, uint32_t generation, const struct store_limits *limits)
{
	uint64_t number = ANY_NUMBER;

	assert_int_equal(save(f, generation, limits, &number), 0);
	return number;
}

/* The numbers in the store as text, such as "1 2 5". */
static const char *numbers(struct fixture *f)
{
	static char text[1024];
	struct store_entry *entry;
	size_t count, length = 0, i;

	assert_int_equal(store_list(f->dir, &entry, &count, &f->error), 0);
	text[0] = '\0';
	for (i = 0; i < count; i++)
		length += snprintf(text + length, sizeof(text) - length, "%s%llu", i ? " " : "",
				   (unsigned long long)entry[i].number);
	free(entry);
	return text;
}

static void make_file(struct fixture *f, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static bool is_there(struct fixture *f, const char *name)
{
	struct stat status;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return !lstat(path, &status);
}

static unsigned int files_in(const char *dir)
{
	DIR *directory = opendir(dir);
	unsigned int count = 0;

	while (readdir(directory))
		count++;
	closedir(directory);
	return count - 2;
}

static void test_no_store_is_an_empty_one(void **state)
{
	assert_string_equal(numbers(*state), "");
}

static void test_there_and_back(void **state)
{
	struct fixture *f = *state;
	struct capture capture, back;
	struct stat status;
	char path[128];
	unsigned int i;

	assert_int_equal(saved(f, 1, &plenty), 1);
	assert_int_equal(stat(f->dir, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	snprintf(path, sizeof(path), "%s/1.luoscope", f->dir);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);

	assert_int_equal(store_load(&back, f->dir, 1, &f->error), 0);
	built_capture(&f->update, &capture);
	for (i = 0; i < CAPTURE_SECTION_TYPES; i++) {
		assert_int_equal(back.section[i].size, capture.section[i].size);
		if (capture.section[i].size)
			assert_memory_equal(back.section[i].bytes, capture.section[i].bytes,
					    capture.section[i].size);
	}
	capture_free(&back);
}

static void test_each_update_has_one_number(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(saved(f, 1, &plenty), 1);
	assert_int_equal(saved(f, 2, &plenty), 2);
	assert_int_equal(saved(f, 2, &plenty), 2);
	assert_int_equal(saved(f, 1, &plenty), 1);
	f->update.new.header->chain_id ^= 1;
	assert_int_equal(saved(f, 1, &plenty), 3);
	assert_string_equal(numbers(f), "1 2 3");
}

static void test_what_is_known_later_replaces(void **state)
{
	struct fixture *f = *state;
	struct capture back;

	saved(f, 1, &plenty);
	f->update.new.header->attempts = 77;
	saved(f, 1, &plenty);
	assert_int_equal(store_load(&back, f->dir, 1, &f->error), 0);
	assert_int_equal(
		((const struct luo_stats_header *)back.section[CAPTURE_OUTGOING].bytes)->attempts,
		77);
	capture_free(&back);
}

static void assert_log(struct fixture *f, const char *text)
{
	struct capture back;

	assert_int_equal(store_load(&back, f->dir, 1, &f->error), 0);
	assert_int_equal(back.section[CAPTURE_KLOG].size, strlen(text));
	assert_memory_equal(back.section[CAPTURE_KLOG].bytes, text, strlen(text));
	capture_free(&back);
}

/* Returns the number of the stored capture of the update @generation. */
static uint64_t found(struct fixture *f, uint32_t generation)
{
	struct capture capture, found;
	uint64_t number = ANY_NUMBER;

	f->update.new.header->generation = generation;
	built_seal(&f->update.new);
	built_capture(&f->update, &capture);
	assert_int_equal(store_find(&capture, f->dir, &found, &number, &f->error), 0);
	assert_int_equal(found.section[CAPTURE_OUTGOING].bytes != NULL, number != 0);
	capture_free(&found);
	return number;
}

static void test_the_capture_of_an_update_is_found(void **state)
{
	struct fixture *f = *state;
	struct capture capture = {}, none;
	uint64_t number;

	assert_int_equal(found(f, 3), 0);
	assert_int_equal(saved(f, 3, &plenty), 1);
	assert_int_equal(saved(f, 4, &plenty), 2);
	assert_int_equal(found(f, 3), 1);
	assert_int_equal(found(f, 4), 2);
	assert_int_equal(found(f, 5), 0);
	f->update.new.header->chain_id++;
	assert_int_equal(found(f, 4), 0);
	/* What is no update has none. That a store cannot be read does not mean that it has none. */
	assert_int_equal(store_find(&capture, f->dir, &none, &number, &f->error), -ENODATA);
	built_capture(&f->update, &capture);
	assert_int_equal(store_find(&capture, "/dev/null", &none, &number, &f->error), -ENOTDIR);
}

static void test_a_log_that_lost_its_begin_does_not_replace(void **state)
{
	static const char whole[] = "1,first\n2,second\n", more[] = "1,first\n2,second\n3,third\n",
			  late[] = "3,third\n4,fourth\n5,fifth\n6,sixth\n";
	struct fixture *f = *state;

	strcpy(f->update.klog, whole);
	saved(f, 1, &plenty);
	strcpy(f->update.klog, more);
	saved(f, 1, &plenty);
	assert_log(f, more);
	strcpy(f->update.klog, late);
	saved(f, 1, &plenty);
	assert_log(f, more);
	strcpy(f->update.klog, "");
	saved(f, 1, &plenty);
	assert_log(f, more);
}

static void save_boot(struct fixture *f, const char *text)
{
	f->boot = text;
	saved(f, 1, &plenty);
}

static void assert_boot(struct fixture *f, const char *text)
{
	struct capture back;

	assert_int_equal(store_load(&back, f->dir, 1, &f->error), 0);
	assert_int_equal(back.section[CAPTURE_BOOT].size, strlen(text));
	assert_memory_equal(back.section[CAPTURE_BOOT].bytes, text, strlen(text));
	capture_free(&back);
}

static void test_a_boot_that_is_forgotten_does_not_replace(void **state)
{
	static const char lost[] = "boot 0\nlost 7 100\n", whole[] = "boot 1\nmoment pid1 5\n",
			  more[] = "boot 1\nmoment pid1 5\nmoment vfio 6\n";
	struct fixture *f = *state;

	save_boot(f, lost);
	assert_boot(f, lost);
	save_boot(f, whole);
	assert_boot(f, whole);
	save_boot(f, more);
	assert_boot(f, more);
	save_boot(f, lost);
	assert_boot(f, more);
	save_boot(f, NULL);
	assert_boot(f, more);
}

static void test_number_of_captures_is_bounded(void **state)
{
	const struct store_limits three = { .captures = 3, .bytes = 1 << 30 };
	struct fixture *f = *state;
	uint32_t generation;

	for (generation = 1; generation <= 5; generation++)
		assert_int_equal(saved(f, generation, &three), generation);
	assert_string_equal(numbers(f), "3 4 5");
	/* One that is replaced is no new one. */
	saved(f, 3, &three);
	assert_string_equal(numbers(f), "3 4 5");
}

static void test_size_is_bounded(void **state)
{
	struct store_limits limits = { .captures = 100 };
	struct fixture *f = *state;
	struct store_entry *entry;
	size_t count;

	saved(f, 1, &plenty);
	assert_int_equal(store_list(f->dir, &entry, &count, &f->error), 0);
	limits.bytes = 2 * entry[0].bytes;
	free(entry);
	saved(f, 2, &limits);
	assert_string_equal(numbers(f), "1 2");
	saved(f, 3, &limits);
	assert_string_equal(numbers(f), "2 3");
	limits.bytes--;
	saved(f, 4, &limits);
	assert_string_equal(numbers(f), "4");
}

static void test_the_newest_is_kept_whatever_the_limits(void **state)
{
	const struct store_limits none = { 0 };
	struct fixture *f = *state;

	saved(f, 1, &none);
	saved(f, 2, &none);
	assert_string_equal(numbers(f), "2");
}

static void test_what_others_left_is_left_alone(void **state)
{
	static const char *const others[] = { "0.luoscope",
					      "05.luoscope",
					      "-1.luoscope",
					      "+1.luoscope",
					      " 1.luoscope",
					      ".luoscope",
					      "1",
					      "1.luoscope~",
					      "x.luoscope",
					      "1.Luoscope",
					      "1.luoscope.old",
					      "99999999999.luoscope",
					      "1.luoscope\n",
					      "\x1b[2J",
					      "1.luoscopeXXXXX",
					      "18446744073709551617.luoscope",
					      "a.luoscope.b",
					      "1.luoscope.1234" };
	const struct store_limits one = { .captures = 1, .bytes = 1 << 30 };
	struct fixture *f = *state;
	struct capture capture;
	char path[128];
	size_t i;

	assert_int_equal(mkdir(f->dir, 0700), 0);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		make_file(f, others[i], "x");
	make_file(f, "2.luoscope", "no capture");
	snprintf(path, sizeof(path), "%s/7.luoscope", f->dir);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof(path), "%s/8.luoscope", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/9.luoscope", f->dir);
	assert_int_equal(mkfifo(path, 0600), 0);

	assert_string_equal(numbers(f), "2");
	assert_int_equal(store_load(&capture, f->dir, 7, &f->error), -EINVAL);
	assert_int_equal(store_load(&capture, f->dir, 8, &f->error), -EINVAL);
	assert_int_equal(store_load(&capture, f->dir, 9, &f->error), -EINVAL);
	assert_int_equal(store_load(&capture, f->dir, 2, &f->error), -EBADMSG);
	assert_int_equal(saved(f, 1, &one), 10);
	assert_string_equal(numbers(f), "10");
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_true(is_there(f, others[i]));
	assert_true(is_there(f, "7.luoscope"));
	assert_true(is_there(f, "8.luoscope"));
	assert_true(is_there(f, "9.luoscope"));
}

static void test_no_number_is_left(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(f->dir, 0700), 0);
	make_file(f, "999999999.luoscope", "x");
	assert_int_equal(save(f, 1, &plenty, NULL), -EOVERFLOW);
	assert_non_null(strstr(f->error.text, "999999999"));
	assert_string_equal(numbers(f), "999999999");
}

static void test_what_was_being_written_goes(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(f->dir, 0700), 0);
	make_file(f, "3.luoscope.Ab12xY", "half a cap");
	saved(f, 1, &plenty);
	assert_false(is_there(f, "3.luoscope.Ab12xY"));
}

/* The capture of the kernel @generation of @chain, which a live update started or not. */
static void capture_of(struct fixture *f, struct capture *capture, uint64_t chain,
		       uint32_t generation, bool is_kho_boot)
{
	f->update.new.header->chain_id = chain;
	f->update.new.header->generation = generation;
	f->update.new.header->flags &= ~LUO_STATS_KHO_BOOT;
	if (is_kho_boot)
		f->update.new.header->flags |= LUO_STATS_KHO_BOOT;
	built_seal(&f->update.new);
	built_capture(&f->update, capture);
}

/* What is known of capture @number. */
static bool is_noted(struct fixture *f, uint64_t number, const char *key)
{
	struct capture capture;
	char value[8];
	bool found;

	assert_int_equal(store_load(&capture, f->dir, number, &f->error), 0);
	found = capture_host_value(&capture, key, value, sizeof(value));
	capture_free(&capture);
	return found;
}

static void test_the_new_kernel_takes_the_place_of_what_started(void **state)
{
	struct fixture *f = *state;
	struct capture capture;
	uint64_t number = ANY_NUMBER;

	saved(f, 1, &plenty);
	capture_of(f, &capture, 77, 1, true);
	assert_int_equal(store_start(&capture, f->dir, &plenty, &number, &f->error), 0);
	assert_int_equal(number, 2);
	assert_true(is_noted(f, 2, STORE_STARTED));
	assert_false(is_noted(f, 1, STORE_STARTED));
	/* The new kernel is up, and nothing is back yet. */
	capture_of(f, &capture, 77, 2, true);
	assert_int_equal(store_lost(&capture, f->dir), 0);
	assert_int_equal(store_settle(&capture, f->dir, &f->error), 0);
	assert_string_equal(numbers(f), "1 2");
	assert_false(is_noted(f, 2, STORE_LOST));
	assert_int_equal(store_save(&capture, f->dir, &plenty, &number, &f->error), 0);
	assert_int_equal(number, 2);
	assert_false(is_noted(f, 2, STORE_STARTED));
	/* It could not read the area of the old one, but it is not lost. */
	assert_int_equal(store_start(&capture, f->dir, &plenty, &number, &f->error), 0);
	capture_of(f, &capture, 1234, 1, true);
	assert_int_equal(store_lost(&capture, f->dir), 0);
}

static void test_the_old_kernel_goes_on(void **state)
{
	struct fixture *f = *state;
	struct capture capture;
	uint64_t number = ANY_NUMBER;

	capture_of(f, &capture, 77, 0, false);
	assert_int_equal(store_settle(&capture, f->dir, &f->error), 0);
	assert_int_equal(store_start(&capture, f->dir, &plenty, &number, &f->error), 0);
	assert_int_equal(store_lost(&capture, f->dir), 0);
	assert_string_equal(numbers(f), "1");
	assert_int_equal(store_settle(&capture, f->dir, &f->error), 0);
	assert_string_equal(numbers(f), "");
}

static void test_the_new_kernel_did_not_come_up(void **state)
{
	struct fixture *f = *state;
	struct capture capture;
	uint64_t number = ANY_NUMBER;

	capture_of(f, &capture, 77, 0, false);
	assert_int_equal(store_start(&capture, f->dir, &plenty, &number, &f->error), 0);
	capture_of(f, &capture, 1234, 0, false);
	assert_int_equal(store_lost(&capture, f->dir), 1);
	assert_int_equal(store_settle(&capture, f->dir, &f->error), 0);
	assert_true(is_noted(f, 1, STORE_LOST));
	assert_int_equal(store_lost(&capture, f->dir), 1);
	/* Once is enough. */
	assert_int_equal(store_settle(&capture, f->dir, &f->error), 0);
	/* The next one is an update of its own. */
	assert_int_equal(store_start(&capture, f->dir, &plenty, &number, &f->error), 0);
	assert_int_equal(number, 2);
	assert_int_equal(store_lost(&capture, f->dir), 0);
	assert_true(is_noted(f, 1, STORE_LOST));
}

static void test_no_directory_can_be_made(void **state)
{
	struct fixture *f = *state;
	struct store_entry *entry;
	size_t count;
	FILE *file = fopen(f->dir, "w");

	fclose(file);
	assert_int_equal(save(f, 1, &plenty, NULL), -ENOTDIR);
	assert_int_equal(store_list(f->dir, &entry, &count, &f->error), -ENOTDIR);
	unlink(f->dir);
	strcat(f->dir, "/deeper");
	assert_int_equal(save(f, 1, &plenty, NULL), -ENOENT);
}

static void test_a_capture_without_area_is_refused(void **state)
{
	struct fixture *f = *state;
	struct capture capture = {};
	uint64_t number;

	assert_int_equal(store_save(&capture, f->dir, &plenty, &number, &f->error), -ENODATA);
	assert_string_equal(numbers(f), "");
}

/* In a mount namespace of its own: exit status 0 if all went as it should, else a line's number. */
static int fill_the_disk(struct fixture *f)
{
	char options[64];
	uint64_t number;

	/* The smallest store that holds one capture and a page. */
	if (mkdir(f->dir, 0700))
		return 1;
	snprintf(options, sizeof(options), "size=%zu",
		 f->update.old.size + f->update.new.size + 4 * 4096);
	if (mount("none", f->dir, "tmpfs", 0, options))
		return 2;
	if (save(f, 1, &plenty, &number) || number != 1)
		return 3;
	if (save(f, 2, &plenty, &number) != -ENOSPC ||
	    !strstr(f->error.text, "the 1 captures that are stored there are kept") ||
	    !strstr(f->error.text, f->dir))
		return 4;
	if (strcmp(numbers(f), "1"))
		return 5;
	/* A capture is replaced by a second one beside it: that fails too, and the first stays. */
	if (save(f, 1, &plenty, &number) != -ENOSPC || strcmp(numbers(f), "1"))
		return 6;
	if (files_in(f->dir) != 1)
		return 7;
	return 0;
}

static void test_a_full_disk_keeps_what_is_stored(void **state)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS) ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
			_exit(77);
		_exit(fill_the_disk(*state));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define WRITERS 4
#define ROUNDS	8

static void test_writers_take_turns(void **state)
{
	struct fixture *f = *state;
	int go[2], status, w, i;
	char text[256] = "";
	pid_t pid[WRITERS];

	assert_int_equal(pipe(go), 0);
	fflush(NULL);
	for (w = 0; w < WRITERS; w++) {
		pid[w] = fork();
		if (!pid[w]) {
			char byte;

			close(go[1]);
			/* Until all of them are there: then the pipe is closed. */
			if (read(go[0], &byte, 1))
				_exit(1);
			for (i = 1; i <= ROUNDS; i++) {
				if (save(f, ROUNDS * w + i, &plenty, NULL))
					_exit(1);
			}
			_exit(0);
		}
	}
	close(go[0]);
	close(go[1]);
	for (w = 0; w < WRITERS; w++) {
		assert_int_equal(waitpid(pid[w], &status, 0), pid[w]);
		assert_int_equal(status, 0);
	}
	for (i = 1; i <= WRITERS * ROUNDS; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%d", i > 1 ? " " : "",
			 i);
	assert_string_equal(numbers(f), text);
}

static void test_argument(void **state)
{
	struct fixture *f = *state;
	struct capture capture;
	char path[128];

	setenv("LUOSCOPE_STORE", f->dir, 1);
	assert_string_equal(store_dir(), f->dir);
	saved(f, 1, &plenty);
	assert_int_equal(store_load_argument(&capture, "1", &f->error), 0);
	capture_free(&capture);
	assert_int_equal(store_load_argument(&capture, "2", &f->error), -ENOENT);
	assert_non_null(strstr(f->error.text, "./2"));
	assert_int_equal(store_load_argument(&capture, "0", &f->error), -ENOENT);
	assert_int_equal(store_load_argument(&capture, "99999999999999999999", &f->error), -ENOENT);
	assert_int_equal(store_load_argument(&capture, "", &f->error), -ENOENT);
	assert_int_equal(store_load_argument(&capture, "./1", &f->error), -ENOENT);
	snprintf(path, sizeof(path), "%s/1.luoscope", f->dir);
	assert_int_equal(store_load_argument(&capture, path, &f->error), 0);
	capture_free(&capture);
	setenv("LUOSCOPE_STORE", "", 1);
	assert_string_equal(store_dir(), STORE_DIR);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_store_is_an_empty_one),
		TEST(test_there_and_back),
		TEST(test_each_update_has_one_number),
		TEST(test_what_is_known_later_replaces),
		TEST(test_the_capture_of_an_update_is_found),
		TEST(test_a_log_that_lost_its_begin_does_not_replace),
		TEST(test_a_boot_that_is_forgotten_does_not_replace),
		TEST(test_number_of_captures_is_bounded),
		TEST(test_size_is_bounded),
		TEST(test_the_newest_is_kept_whatever_the_limits),
		TEST(test_what_others_left_is_left_alone),
		TEST(test_no_number_is_left),
		TEST(test_what_was_being_written_goes),
		TEST(test_the_new_kernel_takes_the_place_of_what_started),
		TEST(test_the_old_kernel_goes_on),
		TEST(test_the_new_kernel_did_not_come_up),
		TEST(test_no_directory_can_be_made),
		TEST(test_a_capture_without_area_is_refused),
		TEST(test_a_full_disk_keeps_what_is_stored),
		TEST(test_writers_take_turns),
		TEST(test_argument),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
