// SPDX-License-Identifier: GPL-2.0
/*
 * The questions before an update: the devices in use as sysfs and /proc show them, the image, and
 * the room in the area.
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/counter.h"
#include "base/text.h"
#include "build_area.h"
#include "capture/area.h"
#include "capture/room.h"
#include "probes/readiness.h"
#include "probes/vfio_devices.h"

struct fixture {
	char root[64];
	char text[ESCAPED_BYTES];
	struct vfio_devices devices;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->root, "/tmp/luoscope-test.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	*state = f;
	return 0;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

/* Where @path is below the root, with all directories above it. */
static const char *place(struct fixture *f, const char *path)
{
	static char full[512];
	char *slash;

	snprintf(full, sizeof(full), "%s/%s", f->root, path);
	for (slash = full + strlen(f->root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	return full;
}

static void put(struct fixture *f, const char *path, const char *text)
{
	FILE *file = fopen(place(f, path), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void put_link(struct fixture *f, const char *path, const char *target)
{
	assert_int_equal(symlink(target, place(f, path)), 0);
}

/* A device of vfio-pci: its file is vfioN, and its group N. */
static void put_device(struct fixture *f, const char *name, const char *number, const char *driver)
{
	char path[256], target[256];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/vfio-dev/vfio%s/dev", name, number);
	put(f, path, "511:0\n");
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/iommu_group", name);
	snprintf(target, sizeof(target), "../../../kernel/iommu_groups/%s", number);
	put_link(f, path, target);
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/driver", name);
	snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s", driver);
	put_link(f, path, target);
}

static void put_fact(struct fixture *f, const char *name, const char *fact, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/%s", name, fact);
	put(f, path, text);
}

static enum preflight_state ask(struct fixture *f, enum vfio_handler handler, bool sees_all)
{
	assert_int_equal(vfio_devices_look(&f->devices, f->root), 0);
	return readiness_of_devices(f->text, &f->devices, handler, sees_all);
}

static void test_no_device_needs_no_handler(void **state)
{
	struct fixture *f = *state;

	put_fact(f, "0000:00:1f.0", "class", "0x060100\n");
	put_device(f, "0000:01:00.0", "0", "vfio-pci");
	put_link(f, "proc/17/fd/3", "/dev/vfio/vfio");
	put_link(f, "proc/17/fd/4", "/dev/null");
	assert_int_equal(ask(f, VFIO_HANDLER_NONE, true), PREFLIGHT_FINE);
	assert_string_equal(f->text, "0 in use; 1 bound to a vfio driver");
	/* Another user's processes cannot be seen. */
	assert_int_equal(ask(f, VFIO_HANDLER_NONE, false), PREFLIGHT_UNKNOWN);
	assert_non_null(strstr(f->text, "only root can see"));
}

static void test_a_device_in_use_needs_a_handler(void **state)
{
	struct fixture *f = *state;

	put_device(f, "0000:01:00.0", "0", "vfio-pci");
	put_device(f, "0000:02:00.0", "1", "vfio-pci");
	/* A container has its own /dev. */
	put_link(f, "proc/17/fd/3", "/run/box/dev/vfio/devices/vfio1");
	assert_int_equal(ask(f, VFIO_HANDLER_OURS, true), PREFLIGHT_FINE);
	assert_string_equal(f->text,
			    "1 in use, which the handler can preserve; 2 bound to a vfio driver");
	assert_int_equal(ask(f, VFIO_HANDLER_NONE, true), PREFLIGHT_MISSING);
	assert_non_null(strstr(f->text, "no live update handler for vfio-pci"));
	assert_int_equal(ask(f, VFIO_HANDLER_UNKNOWN, true), PREFLIGHT_UNKNOWN);
	assert_non_null(strstr(f->text, "it is not known whether another one preserves them"));
}

static void test_what_the_handler_cannot_preserve_is_named(void **state)
{
	static const struct {
		const char *name, *fact, *value, *why;
	} obstacles[] = {
		{ "0000:01:00.0", "physfn/vendor", "0x8086\n", "is a virtual function" },
		{ "0000:01:00.0", "sriov_numvfs", "4\n", "write 0 to its sriov_numvfs" },
		{ "0000:01:00.0", "class", "0x030000\n", "is an Intel display device" },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++) {
		put_device(f, obstacles[i].name, "0", "vfio-pci");
		put_fact(f, obstacles[i].name, "vendor", "0x8086\n");
		put_link(f, "proc/17/fd/3", "/dev/vfio/devices/vfio0");
		assert_int_equal(ask(f, VFIO_HANDLER_OURS, true), PREFLIGHT_FINE);
		put_fact(f, obstacles[i].name, obstacles[i].fact, obstacles[i].value);
		assert_int_equal(ask(f, VFIO_HANDLER_OURS, true), PREFLIGHT_MISSING);
		assert_non_null(strstr(f->text, "1 of 1 in use would be lost: 0000:01:00.0 "));
		assert_non_null(strstr(f->text, obstacles[i].why));
		nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
		assert_int_equal(mkdir(f->root, 0700), 0);
	}
}

static void test_another_driver_and_an_open_group_are_reported(void **state)
{
	struct fixture *f = *state;

	put_device(f, "0000:01:00.0", "0", "mlx5-vfio-pci");
	put_device(f, "0000:02:00.0", "1", "vfio-pci");
	put_device(f, "0000:03:00.0", "2", "vfio-pci");
	put_link(f, "proc/17/fd/3", "/dev/vfio/devices/vfio0");
	put_link(f, "proc/17/fd/4", "/dev/vfio/1");
	put_link(f, "proc/18/fd/4", "/dev/vfio/devices/vfio2");
	assert_int_equal(ask(f, VFIO_HANDLER_OURS, false), PREFLIGHT_MISSING);
	assert_string_equal(
		f->text,
		"2 of 3 in use would be lost: 0000:01:00.0 has a driver other than vfio-pci; "
		"0000:02:00.0 is open through its group: its VMM must use /dev/vfio/devices and iommufd");
}

static void test_many_obstacles_are_counted(void **state)
{
	struct fixture *f = *state;
	const char *end;
	char name[64], number[16], path[64];
	int i;

	for (i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "0000:0%d:00.0", i);
		snprintf(number, sizeof(number), "%d", i);
		put_device(f, name, number, "other");
		snprintf(path, sizeof(path), "proc/17/fd/%d", i);
		snprintf(name, sizeof(name), "/dev/vfio/devices/vfio%d", i);
		put_link(f, path, name);
	}
	assert_int_equal(ask(f, VFIO_HANDLER_OURS, true), PREFLIGHT_MISSING);
	assert_non_null(strstr(f->text, "9 of 9 in use would be lost: 0000:00:00.0 has a driver"));
	end = f->text + strlen(f->text) - strlen("other than vfio-pci ...");
	assert_string_equal(end, "other than vfio-pci ...");
}

static void test_a_group_without_an_iommu_is_in_use(void **state)
{
	struct fixture *f = *state;

	put_device(f, "0000:01:00.0", "3", "vfio-pci");
	put_link(f, "proc/17/fd/4", "/dev/vfio/noiommu-3");
	assert_int_equal(ask(f, VFIO_HANDLER_OURS, true), PREFLIGHT_MISSING);
	assert_string_equal(f->text,
			    "1 of 1 in use would be lost: 0000:01:00.0 is open without an IOMMU: "
			    "its VMM must use /dev/vfio/devices and iommufd");
}

/* Root can read what its permissions forbid, but not what is something else. */
static void test_what_cannot_be_read_may_be_in_use(void **state)
{
	static const struct {
		const char *path, *why;
	} obstacles[] = {
		{ "proc/18/fd", "ENOTDIR" },
		{ "proc/17/fd/5", "EINVAL" },
		{ "sys/bus/pci/devices/0000:02:00.0/vfio-dev", "ENOTDIR" },
		{ "sys/bus/pci/devices/0000:01:00.0/iommu_group", "EINVAL" },
		{ "sys/bus/pci/devices/0000:01:00.0/driver", "EINVAL" },
	};
	struct fixture *f = *state;
	char unread[256];
	size_t i;

	for (i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++) {
		put_device(f, "0000:01:00.0", "0", "vfio-pci");
		put_link(f, "proc/17/fd/3", "/dev/vfio/devices/vfio0");
		assert_int_equal(ask(f, VFIO_HANDLER_OURS, true), PREFLIGHT_FINE);
		unlink(place(f, obstacles[i].path));
		put(f, obstacles[i].path, "");
		assert_int_equal(ask(f, VFIO_HANDLER_OURS, true), PREFLIGHT_UNKNOWN);
		snprintf(unread, sizeof(unread), "1 in use, or more: %s/%s (%s) cannot be read; ",
			 f->root, obstacles[i].path, obstacles[i].why);
		assert_int_equal(strncmp(f->text, unread, strlen(unread)), 0);
		nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
		assert_int_equal(mkdir(f->root, 0700), 0);
	}
}

/* A host without /proc has processes all the same. */
static void test_no_process_at_all_is_not_believed(void **state)
{
	struct fixture *f = *state;

	put_device(f, "0000:01:00.0", "0", "vfio-pci");
	assert_int_equal(ask(f, VFIO_HANDLER_OURS, true), PREFLIGHT_UNKNOWN);
	assert_non_null(strstr(f->text, "/proc (ENODATA) cannot be read"));
}

static void test_the_image(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(readiness_of_image(f->text, KEXEC_IMAGE_WITH_KHO), PREFLIGHT_FINE);
	assert_int_equal(readiness_of_image(f->text, KEXEC_IMAGE_WITHOUT_KHO), PREFLIGHT_MISSING);
	assert_non_null(strstr(f->text, "kexec -s -l"));
	assert_int_equal(readiness_of_image(f->text, KEXEC_IMAGE_NONE), PREFLIGHT_MISSING);
	assert_int_equal(readiness_of_image(f->text, KEXEC_IMAGE_NO_KEXEC), PREFLIGHT_MISSING);
	/* Loaded, but how is not known. */
	assert_int_equal(readiness_of_image(f->text, KEXEC_IMAGE_LOADED), PREFLIGHT_UNKNOWN);
}

/* A kernel that waits for its update, and knows two sessions, three files and two devices. */
static void parse_area(struct built_update *update, struct area *area)
{
	built_seal(&update->old);
	assert_int_equal(area_parse(area, update->old.bytes, update->old.size, NULL), 0);
}

static void test_why_kho_is_off(void **state)
{
	static const char line[] = "KHO: Failed to reserve scratch area, disabling kexec handover";
	struct fixture *f = *state;
	struct kho kho = { .on = true, .is_requested = true };

	assert_int_equal(readiness_of_kho(f->text, &kho), PREFLIGHT_FINE);
	kho.on = false;
	assert_int_equal(readiness_of_kho(f->text, &kho), PREFLIGHT_UNKNOWN);
	/* The module says that it is off; the line that says why is gone. */
	kho.off = true;
	assert_int_equal(readiness_of_kho(f->text, &kho), PREFLIGHT_MISSING);
	assert_non_null(strstr(f->text, "the boot log says why"));
	assert_non_null(strstr(f->text, "kho_scratch="));
	assert_null(strstr(f->text, "kho=on"));
	strcpy(kho.line, line);
	assert_int_equal(readiness_of_kho(f->text, &kho), PREFLIGHT_MISSING);
	assert_non_null(strstr(f->text, line));
	assert_non_null(strstr(f->text, "kho_scratch="));
	kho = (struct kho){ .off = true };
	assert_int_equal(readiness_of_kho(f->text, &kho), PREFLIGHT_MISSING);
	assert_non_null(strstr(f->text, "boot a kernel with CONFIG_KEXEC_HANDOVER and kho=on"));
}

static void test_the_clock(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(readiness_of_clock(f->text, "tsc", false, false), PREFLIGHT_FINE);
	assert_int_equal(readiness_of_clock(f->text, "arch_sys_counter", true, false),
			 PREFLIGHT_FINE);
	assert_int_equal(readiness_of_clock(f->text, "hpet", true, false), PREFLIGHT_UNKNOWN);
	assert_non_null(strstr(f->text, "boot with clocksource=" COUNTER_CLOCKSOURCE));
	assert_int_equal(readiness_of_clock(f->text, "hpet", true, true), PREFLIGHT_MISSING);
	assert_non_null(
		strstr(f->text, "the blackout would be withheld: boot without tsc=unstable"));
}

static void test_the_area_says_that_the_counter_is_unstable(void **state)
{
	struct built_update update;
	struct area area;

	(void)state;
	built_update_init(&update);
	built_seal(&update.old);
	assert_int_equal(area_parse(&area, update.old.bytes, update.old.size, NULL), 0);
	assert_false(area_counter_is_unstable(&area));
	area.header.anchor[LUO_STATS_ANCHOR_LOAD].flags |= LUO_STATS_COUNTER_UNSTABLE;
	assert_true(area_counter_is_unstable(&area));
	built_update_free(&update);
}

static void test_the_room(void **state)
{
	struct fixture *f = *state;
	struct built_update update;
	struct area area;

	built_update_init(&update);
	built_devices(&update);
	parse_area(&update, &area);
	assert_int_equal(readiness_of_room(f->text, &area), PREFLIGHT_FINE);
	assert_non_null(strstr(f->text, " spans in use; an update needs "));
	/* Marks are overwritten by later ones anyway. */
	area.header.dropped[LUO_STATS_MARK] = 3;
	assert_int_equal(readiness_of_room(f->text, &area), PREFLIGHT_FINE);
	area.span_capacity[LUO_STATS_LOT_ANY] = area.spans[LUO_STATS_LOT_ANY];
	area.span_capacity[LUO_STATS_LOT_UPDATE] = area.spans[LUO_STATS_LOT_UPDATE];
	assert_int_equal(readiness_of_room(f->text, &area), PREFLIGHT_MISSING);
	assert_non_null(strstr(f->text, "larger area_kib"));
	built_update_free(&update);
}

static void test_what_was_lost(void **state)
{
	struct fixture *f = *state;
	struct built_update update;
	struct area area;

	built_update_init(&update);
	update.old.header->dropped[LUO_STATS_PRESERVE] = 2;
	parse_area(&update, &area);
	assert_int_equal(readiness_of_room(f->text, &area), PREFLIGHT_MISSING);
	assert_non_null(strstr(f->text, "; the start of 2 was not seen"));
	assert_null(strstr(f->text, "area_kib"));
	/* Subjects and spans that found no room. */
	update.old.header->subject_cursor = area.subject_capacity + 700;
	update.old.header->span_cursor[LUO_STATS_LOT_ANY] =
		area.span_capacity[LUO_STATS_LOT_ANY] + 50;
	update.old.header->dropped[LUO_STATS_PRESERVE] = 750;
	parse_area(&update, &area);
	assert_int_equal(readiness_of_room(f->text, &area), PREFLIGHT_MISSING);
	/* 750 lost files, three that were not, and two sessions: 1024 KiB has room for 1354. */
	assert_non_null(strstr(f->text,
			       ", and 750 found no room: load luo_stats anew, with area_kib=1024"));
	update.old.header->dropped[LUO_STATS_PRESERVE] = UINT32_MAX;
	parse_area(&update, &area);
	assert_int_equal(room_wanted_kib(&area), ROOM_MAX_KIB);
	built_update_free(&update);
}

/* What was given up needs no room, and does not count as in use. */
static void test_history_needs_no_room(void **state)
{
	struct built_update update;
	struct room before, after;
	struct area area;
	uint32_t i;

	(void)state;
	built_update_init(&update);
	parse_area(&update, &area);
	before = room_of(&area);
	assert_true(before.needed && before.used && !before.lost);
	for (i = 1; i <= area.subjects; i++)
		built_subject_at(&update.old, i)->is_over = 1;
	parse_area(&update, &area);
	after = room_of(&area);
	assert_int_equal(after.needed, 0);
	assert_int_equal(after.used, 0);
	assert_int_equal(after.spans, before.spans);
	/* Older modules use nothing again, whatever is in these bytes. */
	update.old.header->minor = 4;
	parse_area(&update, &area);
	after = room_of(&area);
	assert_int_equal(after.needed, before.needed);
	assert_int_equal(after.used, before.used);
	built_update_free(&update);
}

/* Nor does what an attempt that failed left, and no other step that failed. */
static void test_failures_need_no_room(void **state)
{
	struct built_update update;
	struct luo_stats_span *span;
	struct room before;
	struct area area;

	(void)state;
	built_update_init(&update);
	built_devices(&update);
	built_failed_attempt(&update);
	parse_area(&update, &area);
	before = room_of(&area);
	span = built_device_span(&update.old, LUO_STATS_RESET, LUO_STATS_ROLE_OLD, "0000:81:00.0",
				 -899 * MS, -895 * MS);
	span->attempt = 1;
	span = built_device_span(&update.old, LUO_STATS_PLAIN_RESET, LUO_STATS_ROLE_OLD,
				 "0000:81:00.0", -894 * MS, -893 * MS);
	span->attempt = 1;
	span = built_device_span(&update.old, LUO_STATS_PRESERVE, LUO_STATS_ROLE_OLD,
				 "0000:81:00.0", -990 * MS, -980 * MS);
	span->result = -EINVAL;
	parse_area(&update, &area);
	assert_int_equal(room_of(&area).used, before.used);
	span->result = 0;
	parse_area(&update, &area);
	assert_int_equal(room_of(&area).used, before.used + 1);
	built_update_free(&update);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_device_needs_no_handler),
		TEST(test_a_device_in_use_needs_a_handler),
		TEST(test_what_the_handler_cannot_preserve_is_named),
		TEST(test_another_driver_and_an_open_group_are_reported),
		TEST(test_many_obstacles_are_counted),
		TEST(test_a_group_without_an_iommu_is_in_use),
		TEST(test_what_cannot_be_read_may_be_in_use),
		TEST(test_no_process_at_all_is_not_believed),
		TEST(test_the_image),
		TEST(test_why_kho_is_off),
		TEST(test_the_clock),
		TEST(test_the_area_says_that_the_counter_is_unstable),
		TEST(test_the_room),
		TEST(test_what_was_lost),
		TEST(test_history_needs_no_room),
		TEST(test_failures_need_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
