// SPDX-License-Identifier: GPL-2.0
/*
 * Names of devices, from a PCI id database and the ids in a capture.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "build_area.h"
#include "capture/capture.h"
#include "model/model.h"
#include "model/pci_ids.h"

static const char database[] = "# a comment\n"
			       "\n"
			       "1b36  Red Hat, Inc.\n"
			       "\t0001  QEMU PCI-PCI bridge\n"
			       "\t0010  QEMU NVM Express Controller\n"
			       "\t\t1b36 0010  a subsystem\n"
			       "8086  Intel Corporation\n"
			       "\t0010  not the one of 1b36\n"
			       "C 01  Mass storage controller\n"
			       "\t08  Non-Volatile memory controller\n"
			       "8087  never reached\n";

struct fixture {
	char path[32];
	struct built_update update;
	struct capture capture;
	struct model model;
	struct error error;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int fd;

	strcpy(f->path, "/tmp/pci.ids.XXXXXX");
	fd = mkstemp(f->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, database, strlen(database)), strlen(database));
	close(fd);
	built_update_init(&f->update);
	built_devices(&f->update);
	built_capture(&f->update, &f->capture);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	model_free(&f->model);
	built_update_free(&f->update);
	free(f);
	return 0;
}

/* The model of a capture whose PCI section is @text. */
static void build(struct fixture *f, const char *text)
{
	f->capture.section[CAPTURE_PCI].bytes = text;
	f->capture.section[CAPTURE_PCI].size = strlen(text);
	assert_int_equal(model_build(&f->model, &f->capture, &f->error), 0);
	assert_int_equal(f->model.devices, 2);
	assert_int_equal(pci_ids_name_devices(&f->model, f->path, &f->error), 0);
}

static void test_names(void **state)
{
	struct fixture *f = *state;

	build(f, "0000:81:00.0=1b36:0010\n0000:82:00.0=8086:1234\n");
	assert_string_equal(f->model.device[0].pci_id, "1b36:0010");
	assert_string_equal(f->model.device[0].product,
			    "Red Hat, Inc. QEMU NVM Express Controller");
	assert_string_equal(f->model.device[1].product, "Intel Corporation");
}

static void test_unknown(void **state)
{
	struct fixture *f = *state;

	build(f, "0000:81:00.0=8087:0010\n");
	assert_string_equal(f->model.device[0].pci_id, "8087:0010");
	assert_string_equal(f->model.device[0].product, "");
	assert_string_equal(f->model.device[1].pci_id, "");
	assert_string_equal(f->model.device[1].product, "");
}

static void test_nonsense_is_no_id(void **state)
{
	struct fixture *f = *state;

	build(f, "0000:81:00.0=1b36:001\n0000:82:00.0=1b36:0010:1b36\n");
	assert_string_equal(f->model.device[0].pci_id, "");
	assert_string_equal(f->model.device[1].pci_id, "");
}

static void test_no_database(void **state)
{
	struct fixture *f = *state;

	build(f, "0000:81:00.0=1b36:0010\n");
	assert_int_equal(pci_ids_name_devices(&f->model, "/nonexistent", &f->error), -ENOENT);
	assert_non_null(strstr(f->error.text, "/nonexistent"));
	assert_string_equal(f->model.device[0].product, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_unknown),
		TEST(test_nonsense_is_no_id),
		TEST(test_no_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
