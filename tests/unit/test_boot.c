// SPDX-License-Identifier: GPL-2.0
/*
 * What a kernel's log says about its boot: complete, with records lost, with nonsense in it; and on
 * the update's clock.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/bounded.h"
#include "base/error.h"
#include "build_area.h"
#include "capture/boot_log.h"
#include "capture/capture.h"
#include "figures/figures.h"
#include "model/model.h"
#include "report/report.h"
#include "report/report_json.h"
#include "report/report_text.h"
#include "timeline/draw.h"
#include "timeline/timeline.h"

struct fixture {
	struct boot_reader reader;
	uint64_t sequence;
	struct built_update update;
	struct model model;
	struct error error;
	char *text;
	size_t size;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	built_update_init(&f->update);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	model_free(&f->model);
	built_update_free(&f->update);
	free(f->text);
	free(f);
	return 0;
}

/* A record of the kernel, as /dev/kmsg gives it. */
static void say_at(struct fixture *f, unsigned int level, uint64_t usec, const char *text)
{
	char record[4096];

	snprintf(record, sizeof(record), "%u,%" PRIu64 ",%" PRIu64 ",-;%s\n", level, f->sequence++,
		 usec, text);
	boot_reader_add(&f->reader, record);
}

static void say(struct fixture *f, uint64_t usec, const char *text)
{
	say_at(f, 7, usec, text);
}

/* A boot with initcall_debug, init being executed at 540 ms. */
static void say_boot(struct fixture *f)
{
	say(f, 0, "Linux version 7.3.4");
	say(f, 20000, "pid_max: default: 32768");
	say(f, 20500, "entering initcall level: early");
	say(f, 20600, "calling  early_one+0x0/0x20 @ 1");
	say(f, 23700, "initcall early_one+0x0/0x20 returned 0 after 4000 usecs");
	say(f, 24000, "smp: Brought up 1 node, 2 CPUs");
	say(f, 24100, "printk: console [ttyS0] enabled");
	say(f, 24200, "clocksource: Switched to clocksource tsc-early");
	say(f, 30000, "calling  slow_init+0x0/0x1d0 @ 1");
	say(f, 330000, "slow: this takes its time");
	say(f, 430000, "initcall slow_init+0x0/0x1d0 returned -19 after 399900 usecs");
	say(f, 430100, "calling  vfio_pci_init+0x0/0x190 @ 1");
	say(f, 430200, "probe of 0000:01:00.0 with driver nvme returned 0 after 82825 usecs");
	say(f, 430300, "VFIO - User Level meta-driver version: 0.3");
	say(f, 430400, "initcall vfio_pci_init+0x0/0x190 returned 0 after 290 usecs");
	say(f, 500000, "Freeing unused kernel image (initmem) memory: 1476K");
	say(f, 540000, "Run /init as init process");
	say(f, 600000, "calling  luo_stats_init+0x0/0xa0 [luo_stats] @ 70");
	say(f, 605000, "initcall luo_stats_init+0x0/0xa0 [luo_stats] returned 0 after 4900 usecs");
}

static const struct boot_log *end(struct fixture *f)
{
	boot_reader_end(&f->reader);
	return &f->reader.log;
}

static void assert_row(const struct boot_rows *list, size_t index, uint64_t begin_usec,
		       uint64_t usec, int32_t result, const char *what, const char *of)
{
	assert_true(index < list->rows);
	assert_int_equal(list->row[index].begin_usec, begin_usec);
	assert_int_equal(list->row[index].usec, usec);
	assert_int_equal(list->row[index].result, result);
	assert_string_equal(list->row[index].what, what);
	assert_string_equal(list->row[index].of, of);
}

/* The kernel logs it as a positive number, and so did we once. */
static void test_the_error_of_a_probe_is_negative(void **state)
{
	static const char stored[] = "boot 1\nrow probes 400000 30 19\td2\tr\n";
	struct fixture *f = *state;
	struct boot_log log;

	say_boot(f);
	say(f, 700000, "probe of d1 with driver r returned 19 after 20 usecs");
	assert_row(&end(f)->list[BOOT_PROBES], 1, 700000 - 20, 20, -19, "d1", "r");
	boot_log_parse(&log, stored, strlen(stored));
	assert_row(&log.list[BOOT_PROBES], 0, 400000, 30, -19, "d2", "r");
}

static void test_initcalls(void **state)
{
	struct fixture *f = *state;
	const struct boot_rows *list;

	say_boot(f);
	list = &end(f)->list[BOOT_INITCALLS];
	assert_int_equal(list->rows, 3);
	assert_int_equal(list->count, 3);
	assert_int_equal(list->total_usec, 399900 + 3100 + 290);
	assert_row(list, 0, 30000, 399900, -19, "slow_init", "");
	/* The kernel counted in ticks: the lines know better. */
	assert_row(list, 1, 20600, 3100, 0, "early_one", "");
	assert_row(list, 2, 430100, 290, 0, "vfio_pci_init", "");
	list = &f->reader.log.list[BOOT_MODULES];
	assert_int_equal(list->rows, 1);
	assert_row(list, 0, 600000, 4900, 0, "luo_stats_init", "luo_stats");
	list = &f->reader.log.list[BOOT_PROBES];
	assert_int_equal(list->rows, 1);
	assert_row(list, 0, 430200 - 82825, 82825, 0, "0000:01:00.0", "nvme");
}

static void test_moments(void **state)
{
	static const uint64_t usec[BOOT_MOMENTS] = {
		[BOOT_CONSOLE] = 24100, [BOOT_CPUS] = 24000,	  [BOOT_CLOCKSOURCE] = 24200,
		[BOOT_VFIO] = 430300,	[BOOT_VFIO_PCI] = 430400, [BOOT_MEMORY_FREED] = 500000,
		[BOOT_PID1] = 540000,
	};
	struct fixture *f = *state;
	const struct boot_log *log;
	unsigned int i;

	say_boot(f);
	/* The first of each counts. */
	say(f, 1600000, "clocksource: Switched to clocksource tsc");
	say(f, 1600000, "VFIO - User Level meta-driver version: 0.3");
	log = end(f);
	assert_true(log->has_boot);
	assert_int_equal(log->lost, 0);
	for (i = 0; i < BOOT_MOMENTS; i++) {
		assert_int_equal(log->moment_known[i], i != BOOT_INITRAMFS);
		assert_int_equal(log->moment_usec[i], usec[i]);
	}
}

static void test_memory_is_freed_on_arm64(void **state)
{
	struct fixture *f = *state;

	say(f, 0, "Linux version 7.3.4");
	say(f, 500000, "Freeing unused kernel memory: 1476K");
	say(f, 540000, "Run /init as init process");
	assert_int_equal(end(f)->moment_usec[BOOT_MEMORY_FREED], 500000);
}

/* As modules that user space loads, with initcall_debug and without. */
static void test_vfio_as_a_module(void **state)
{
	struct fixture *f = *state;
	const struct boot_log *log;

	say(f, 1000, "Freeing initrd memory: 1516K");
	say(f, 1000000, "Run /init as init process");
	say(f, 1200000, "calling  vfio_init+0x0/0xa0 [vfio] @ 71");
	say(f, 1200500, "VFIO - User Level meta-driver version: 0.3");
	say(f, 1200600, "initcall vfio_init+0x0/0xa0 [vfio] returned 0 after 590 usecs");
	say(f, 1300000, "calling  vfio_pci_init+0x0/0x1000 [vfio_pci] @ 73");
	say(f, 1300090, "initcall vfio_pci_init+0x0/0x1000 [vfio_pci] returned -12 after 80 usecs");
	say(f, 1400000, "calling  vfio_pci_init+0x0/0x1000 [vfio_pci] @ 74");
	say(f, 1400090, "initcall vfio_pci_init+0x0/0x1000 [vfio_pci] returned 0 after 85 usecs");
	log = end(f);
	assert_int_equal(log->moment_usec[BOOT_VFIO], 1200500);
	/* The first time it failed. */
	assert_int_equal(log->moment_usec[BOOT_VFIO_PCI], 1400090);
	assert_int_equal(log->moment_usec[BOOT_INITRAMFS], 1000);
	assert_int_equal(log->list[BOOT_MODULES].count, 3);
	assert_int_equal(log->list[BOOT_INITCALLS].count, 0);
}

static void test_a_module_without_initcall_debug(void **state)
{
	struct fixture *f = *state;
	const struct boot_log *log;

	say(f, 1000000, "Run /init as init process");
	say(f, 1200500, "VFIO - User Level meta-driver version: 0.3");
	log = end(f);
	assert_true(log->moment_known[BOOT_VFIO]);
	assert_false(log->moment_known[BOOT_VFIO_PCI]);
}

/* One in an initcall is the initcall's, whoever loads modules beside it. */
static void test_silences(void **state)
{
	struct fixture *f = *state;
	const struct boot_rows *list;

	say_boot(f);
	list = &end(f)->list[BOOT_SILENCES];
	assert_row(list, 0, 430400, 69600, 0,
		   "initcall vfio_pci_init+0x0/0x190 returned 0 after 290 usecs",
		   "Freeing unused kernel image (initmem) memory: 1476K");
	assert_row(list, 1, 500000, 40000, 0, "Freeing unused kernel image (initmem) memory: 1476K",
		   "Run /init as init process");
	assert_row(list, 2, 0, 20000, 0, "Linux version 7.3.4", "pid_max: default: 32768");
	assert_row(list, 3, 24200, 5800, 0, "clocksource: Switched to clocksource tsc-early",
		   "calling  slow_init+0x0/0x1d0 @ 1");
	assert_int_equal(list->rows, 4);
	assert_int_equal(list->total_usec, 69600 + 40000 + 20000 + 5800);
}

static void test_silences_beside_a_module(void **state)
{
	struct fixture *f = *state;
	const struct boot_rows *list;

	say(f, 1000, "calling  other_init+0x0/0x20 [other] @ 55");
	say(f, 9000, "something");
	say(f, 9500, "initcall other_init+0x0/0x20 [other] returned 0 after 8500 usecs");
	say(f, 10000, "Run /init as init process");
	list = &end(f)->list[BOOT_SILENCES];
	assert_int_equal(list->rows, 1);
	assert_row(list, 0, 1000, 8000, 0, "calling  other_init+0x0/0x20 [other] @ 55",
		   "something");
}

/* Another CPU's line may have an earlier time: the silence goes on. */
static void test_a_line_with_an_earlier_time(void **state)
{
	struct fixture *f = *state;
	const struct boot_rows *list;

	say(f, 353435, ".... node  #0, CPUs:      #1");
	say(f, 13050, "calibrate_delay_direct() dropping min bogoMips estimate");
	say(f, 472288, "smp: Brought up 1 node, 2 CPUs");
	say(f, 472289, "Run /init as init process");
	list = &end(f)->list[BOOT_SILENCES];
	assert_int_equal(list->rows, 1);
	assert_row(list, 0, 353435, 472288 - 353435, 0, ".... node  #0, CPUs:      #1",
		   "smp: Brought up 1 node, 2 CPUs");
}

static void test_init_is_the_last_that_was_tried(void **state)
{
	struct fixture *f = *state;
	const struct boot_log *log;

	say(f, 1000, "Run /init as init process");
	say(f, 2000, "Run /sbin/init as init process");
	log = end(f);
	assert_int_equal(log->moment_usec[BOOT_PID1], 2000);
	assert_int_equal(log->list[BOOT_SILENCES].count, 0);
}

static void test_what_others_write_does_not_count(void **state)
{
	struct fixture *f = *state;
	const struct boot_log *log;

	say(f, 1000, "first");
	/* Facility 1: user space. */
	boot_reader_add(&f->reader, "15,1,2000,-;initcall evil+0x0/0x1 returned 0 after 5 usecs\n");
	boot_reader_add(&f->reader, "12,2,2500,-;Run /init as init process\n");
	f->sequence = 3;
	say(f, 9000, "second");
	say(f, 9001, "Run /init as init process");
	log = end(f);
	assert_int_equal(log->lost, 0);
	assert_int_equal(log->moment_usec[BOOT_PID1], 9001);
	assert_int_equal(log->list[BOOT_INITCALLS].count, 0);
	assert_row(&log->list[BOOT_SILENCES], 0, 1000, 8000, 0, "first", "second");
}

static void test_lost_records(void **state)
{
	struct fixture *f = *state;
	const struct boot_log *log;

	f->sequence = 700;
	say(f, 500000, "initcall half_seen+0x0/0x20 returned 0 after 100000 usecs");
	say(f, 500100, "calling  gone+0x0/0x20 @ 1");
	f->sequence += 20;
	/* What was silent meanwhile nobody knows. */
	say(f, 800000, "after the gap");
	say(f, 900000, "Run /init as init process");
	log = end(f);
	assert_true(log->has_boot);
	assert_int_equal(log->lost, 720);
	assert_int_equal(log->lost_until_usec, 800000);
	assert_row(&log->list[BOOT_INITCALLS], 0, 400000, 100000, 0, "half_seen", "");
	assert_int_equal(log->list[BOOT_SILENCES].count, 1);
	assert_row(&log->list[BOOT_SILENCES], 0, 800000, 100000, 0, "after the gap",
		   "Run /init as init process");
}

/* The log of a host that runs for weeks. */
static void test_the_boot_is_gone(void **state)
{
	struct fixture *f = *state;
	const struct boot_log *log;

	f->sequence = 90000;
	say(f, 9000000000, "initcall late_module+0x0/0x20 [late] returned 0 after 100000 usecs");
	say(f, 9000500000, "VFIO - User Level meta-driver version: 0.3");
	log = end(f);
	assert_false(log->has_boot);
	assert_int_equal(log->lost, 90000);
	assert_int_equal(log->list[BOOT_INITCALLS].count, 0);
	assert_int_equal(log->list[BOOT_SILENCES].count, 0);
	assert_false(log->moment_known[BOOT_VFIO]);
}

static void test_long_after_the_boot(void **state)
{
	struct fixture *f = *state;

	say(f, 1000, "Run /init as init process");
	say(f, BOOT_AFTER_INIT_USEC, "initcall in_time+0x0/0x20 [a] returned 0 after 1 usecs");
	say(f, BOOT_AFTER_INIT_USEC + 1001,
	    "initcall too_late+0x0/0x20 [b] returned 0 after 2 usecs");
	assert_int_equal(end(f)->list[BOOT_MODULES].count, 1);
}

static void test_the_longest_are_kept(void **state)
{
	struct fixture *f = *state;
	const struct boot_rows *list;
	char text[128];
	uint64_t i;

	for (i = 0; i < 3 * BOOT_ROWS; i++) {
		/* Each length once, in no order. */
		snprintf(text, sizeof(text),
			 "initcall f%" PRIu64 "+0x0/0x20 returned 0 after %" PRIu64 " usecs", i,
			 i * 7 % (3 * BOOT_ROWS));
		say(f, 1000 + i, text);
	}
	say(f, 5000, "Run /init as init process");
	list = &end(f)->list[BOOT_INITCALLS];
	assert_int_equal(list->rows, BOOT_ROWS);
	assert_int_equal(list->count, 3 * BOOT_ROWS);
	assert_int_equal(list->total_usec, 3 * BOOT_ROWS * (3 * BOOT_ROWS - 1) / 2);
	for (i = 0; i < BOOT_ROWS; i++)
		assert_int_equal(list->row[i].usec, 3 * BOOT_ROWS - 1 - i);
}

static void test_hostile_lines(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		"calling  ",
		"calling   @ ",
		"calling  x @ ",
		"calling  x @ -1",
		"calling  x @ 99999999999999999999",
		"calling  @ 1",
		"calling @ 1",
		"initcall ",
		"initcall x returned",
		"initcall x returned 0 after usecs",
		"initcall x returned 0 after -5 usecs",
		"initcall x returned 0 after 5 usec more",
		"initcall x returned 99999999999 after 5 usecs",
		"initcall returned 0 after 5 usecs",
		"initcall x returned 0 after 99999999999999999999999 usecs",
		"initcall x returned 0 after 18446744073709551615 usecs",
		"initcall x returned after 5 usecs",
		"probe of ",
		"probe of x returned 0 after 5 usecs",
		"probe of x with driver returned 0 after 5 usecs",
		"Run  as init proces",
		"initcall 1_x returned after 5 usecs",
		"probe of x with driver y returned 0 after 5",
		"Runas init process",
	};
	static const char *const records[] = {
		"",
		"\n",
		";",
		"7",
		"7,",
		"7,1",
		"7,1,",
		"7,1,5",
		"7,1,5,-",
		"x,1,5,-;text",
		"7,18446744073709551615,5,-;text",
		"7,1,99999999999999999999,-;text",
		"-7,1,5,-;text",
		"7,1,5,-text",
		" DEVICE=+pci:0000:00:01.0",
	};
	struct fixture *f = *state;
	const struct boot_log *log;
	char long_line[3000];
	size_t i, j;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		say(f, 1000, lines[i]);
	for (i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		boot_reader_add(&f->reader, records[i]);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		/* Each cut short, and with a long tail. */
		for (j = 0; j < strlen(lines[i]); j++) {
			snprintf(long_line, sizeof(long_line), "%.*s", (int)j, lines[i]);
			say(f, 1000, long_line);
		}
		memset(long_line, 'y', sizeof(long_line));
		memcpy(long_line, lines[i], strlen(lines[i]));
		long_line[sizeof(long_line) - 1] = '\0';
		say(f, 1000, long_line);
	}
	say(f, 1000, "Run /init as init process");
	log = end(f);
	assert_int_equal(log->lost, 0);
	assert_int_equal(log->list[BOOT_INITCALLS].count, 0);
	assert_int_equal(log->list[BOOT_PROBES].count, 0);
	assert_int_equal(log->list[BOOT_SILENCES].count, 0);
}

static void test_long_texts_are_cut(void **state)
{
	char symbol[400], text[1000];
	struct fixture *f = *state;
	const struct boot_row *row;

	memset(symbol, 'f', sizeof(symbol));
	symbol[sizeof(symbol) - 1] = '\0';
	snprintf(text, sizeof(text), "initcall %s [%s] returned 0 after 5 usecs", symbol, symbol);
	say(f, 1000, text);
	snprintf(text, sizeof(text), "calling  %s @ 1", symbol);
	for (int i = 0; i < 3 * BOOT_CALLS; i++)
		say(f, 1000, text);
	snprintf(text, sizeof(text), "initcall %s returned 0 after 9 usecs", symbol);
	say(f, 1001, text);
	say(f, 1002, "Run /init as init process");
	row = &end(f)->list[BOOT_INITCALLS].row[1];
	assert_int_equal(f->reader.log.list[BOOT_INITCALLS].rows, 2);
	assert_int_equal(strlen(row->what), BOOT_TEXT_BYTES - 1);
}

/* There and back */

static void write_section(struct fixture *f)
{
	FILE *out;

	free(f->text);
	f->text = NULL;
	out = open_memstream(&f->text, &f->size);
	boot_log_write(end(f), out);
	fclose(out);
}

static void assert_same(const struct boot_log *a, const struct boot_log *b)
{
	unsigned int list;
	size_t i;

	assert_int_equal(a->has_boot, b->has_boot);
	assert_int_equal(a->lost, b->lost);
	assert_int_equal(a->lost_until_usec, b->lost_until_usec);
	assert_memory_equal(a->moment_known, b->moment_known, sizeof(a->moment_known));
	assert_memory_equal(a->moment_usec, b->moment_usec, sizeof(a->moment_usec));
	assert_string_equal(a->console.names, b->console.names);
	assert_int_equal(a->console.waits, b->console.waits);
	assert_int_equal(a->console.lines, b->console.lines);
	assert_int_equal(a->console.bytes, b->console.bytes);
	assert_int_equal(a->console.ns_per_byte, b->console.ns_per_byte);
	for (list = 0; list < BOOT_LISTS; list++) {
		assert_int_equal(a->list[list].rows, b->list[list].rows);
		assert_int_equal(a->list[list].count, b->list[list].count);
		assert_int_equal(a->list[list].total_usec, b->list[list].total_usec);
		for (i = 0; i < a->list[list].rows; i++)
			assert_row(&a->list[list], i, b->list[list].row[i].begin_usec,
				   b->list[list].row[i].usec, b->list[list].row[i].result,
				   b->list[list].row[i].what, b->list[list].row[i].of);
	}
}

static void test_there_and_back(void **state)
{
	struct fixture *f = *state;
	struct boot_log back;
	char text[128];
	int i;

	f->sequence = 3;
	say(f, 0, "first");
	/* As /dev/kmsg writes them: a tab, a line's end, an escape, a backslash, half of a code. */
	say(f, 10000, "ACPI: \\x5c_SB_ \\x09\\x0a\\x1b[31m \\xff \\x00 \\x1");
	for (i = 0; i < 3 * BOOT_ROWS; i++) {
		snprintf(text, sizeof(text),
			 "probe of d %d with driver a b returned %d after %d usecs", i, -i, i);
		say(f, 20000 + i, text);
		snprintf(text, sizeof(text),
			 "probe of d%d with driver r returned %d after %d usecs", i, -i, i);
		say(f, 20000 + i, text);
	}
	say(f, 30000, "printk: legacy console [tty\\x09S0] enabled");
	say_at(f, 6, 31000, "shown");
	say_boot(f);
	write_section(f);
	boot_log_parse(&back, f->text, f->size);
	assert_int_equal(back.console.lines, 1);
	assert_same(&back, &f->reader.log);
	assert_string_equal(back.list[BOOT_SILENCES].row[3].what,
			    "ACPI: \\_SB_ \t\n\033[31m \xff \\x00 \\x1");
	assert_int_equal(back.list[BOOT_PROBES].count, 6 * BOOT_ROWS + 1);
}

/* Cut short anywhere, and each byte changed to a few others: nothing may go wrong. */
static void test_a_damaged_section(void **state)
{
	static const char bytes[] = { '\0', '\n', '\t', ' ', '-', '9', '\\', 'x', (char)0xff };
	struct fixture *f = *state;
	struct boot_log back;
	size_t i, j, list;

	say_boot(f);
	write_section(f);
	for (i = 0; i < f->size; i++) {
		char *cut = malloc(i ? i : 1);
		const char was = f->text[i];

		memcpy(cut, f->text, i);
		boot_log_parse(&back, cut, i);
		free(cut);
		for (j = 0; j < sizeof(bytes); j++) {
			f->text[i] = bytes[j];
			boot_log_parse(&back, f->text, f->size);
			for (list = 0; list < BOOT_LISTS; list++) {
				assert_true(back.list[list].rows <= BOOT_ROWS);
				assert_true(back.list[list].count >= back.list[list].rows);
			}
		}
		f->text[i] = was;
	}
	boot_log_parse(&back, f->text, f->size);
	assert_same(&back, &f->reader.log);
}

static void test_a_section_with_too_much(void **state)
{
	static const char row[] = "row initcalls 1 315360000000000 0\tx\ty\n";
	char text[(BOOT_ROWS + 10) * sizeof(row)] = "boot 1\n";
	struct boot_log back;
	size_t i;

	(void)state;
	for (i = 0; i < BOOT_ROWS + 10; i++)
		strcat(text, row);
	strcat(text, "list initcalls 5 20000000000000000\n");
	boot_log_parse(&back, text, strlen(text));
	assert_int_equal(back.list[BOOT_INITCALLS].rows, BOOT_ROWS);
	/* A total that cannot be is not taken. */
	assert_int_equal(back.list[BOOT_INITCALLS].count, BOOT_ROWS);
}

/* On the update's clock */

static const struct model_boot *build(struct fixture *f)
{
	struct capture capture;

	model_free(&f->model);
	built_capture(&f->update, &capture);
	capture.section[CAPTURE_BOOT] =
		(struct capture_section){ .bytes = f->text, .size = f->size };
	assert_int_equal(model_build(&f->model, &capture, &f->error), 0);
	return &f->model.boot;
}

/* The log's time at @ns after B0, once its clock is stable. */
static uint64_t log_usec(int64_t ns)
{
	return true_log_ns(ns) / 1000;
}

static void assert_near(const struct bounded *moment, int64_t ns)
{
	const int64_t error_ns = bounded_error(*moment) + 1;

	assert_true(moment->known);
	assert_in_range(moment->value - ns + error_ns, 0, 2 * error_ns);
}

/* The built update: zero of the clock at B7, the log's clock stable from 200 ms on. */
static void test_placed_on_the_update_s_clock(void **state)
{
	struct fixture *f = *state;
	const int64_t init_ns = true_boundary_ns[LUO_STATS_B8_INIT];
	const struct model_boot *boot;
	const struct model_boot_row *row;
	char text[128];

	say(f, 1000, "smp: Brought up 1 node, 2 CPUs");
	say(f, log_usec(init_ns - 400 * MS), "clocksource: Switched to clocksource tsc-early");
	say(f, log_usec(init_ns - 300 * MS), "calling  slow_init+0x0/0x20 @ 1");
	snprintf(text, sizeof(text), "initcall slow_init+0x0/0x20 returned 0 after 200000 usecs");
	say(f, log_usec(init_ns - 100 * MS), text);
	say(f, log_usec(init_ns), "Run /init as init process");
	write_section(f);
	boot = build(f);
	assert_true(boot->is_recorded && boot->has_boot && boot->has_initcalls);
	assert_near(&boot->moment[BOOT_PID1], init_ns);
	assert_true(bounded_error(boot->moment[BOOT_PID1]) < 50000);
	assert_int_equal(boot->moment[BOOT_PID1].value,
			 f->model.boundary[LUO_STATS_B8_INIT].start.value);
	/* Before the clock was stable, it may have lost anything up to all that it lost. */
	assert_true(bounded_error(boot->moment[BOOT_CPUS]) > LOST_NS);
	assert_true(bounded_error(boot->moment[BOOT_CPUS]) < LOST_NS + 1 * MS);
	assert_false(boot->moment[BOOT_VFIO].known);
	assert_int_equal(boot->list[BOOT_INITCALLS].rows, 1);
	row = boot->list[BOOT_INITCALLS].row;
	assert_near(&row->start, init_ns - 300 * MS);
	/* The kernel's own figure, in whole microseconds. */
	assert_int_equal(row->duration.value, 200 * MS);
	assert_true(bounded_is_closed(row->duration));
	assert_in_range(bounded_error(row->duration), 1000, 1000 + 200 * MS / 1000);
	assert_string_equal(row->what, "slow_init");
	/* Between the first two lines, the clock of the log was not stable yet. */
	assert_true(boot->list[BOOT_SILENCES].rows > 0);
	row = boot->list[BOOT_SILENCES].row;
	assert_string_equal(row->what, "smp: Brought up 1 node, 2 CPUs");
	assert_true(bounded_is_lower_bound(row->duration));
	assert_string_equal(row->duration.why, WHY_CLOCK_SLOW);
	assert_true(bounded_is_lower_bound(boot->list[BOOT_SILENCES].total));
	assert_true(bounded_is_closed(boot->list[BOOT_INITCALLS].total));
}

static void test_without_the_line_that_tells_what_was_lost(void **state)
{
	struct fixture *f = *state;
	const struct model_boot *boot;
	char *line = strstr(f->update.klog, "sched_clock: Marking");

	memcpy(line, "xxxxx", 5);
	say(f, 1000, "smp: Brought up 1 node, 2 CPUs");
	say(f, log_usec(true_boundary_ns[LUO_STATS_B8_INIT]), "Run /init as init process");
	write_section(f);
	boot = build(f);
	assert_true(bounded_error(boot->moment[BOOT_CPUS]) > 200 * MS);
	assert_true(bounded_error(boot->moment[BOOT_PID1]) < 50000);
}

static void test_what_comes_after_the_blackout_is_left_out(void **state)
{
	struct fixture *f = *state;
	const int64_t end_ns = true_boundary_ns[LUO_STATS_B10_RETRIEVED];
	const struct model_boot *boot;

	say(f, log_usec(true_boundary_ns[LUO_STATS_B8_INIT]), "Run /init as init process");
	say(f, log_usec(end_ns - 2 * MS),
	    "initcall in_it+0x0/0x20 [a] returned 0 after 1000 usecs");
	say(f, log_usec(end_ns + 9 * MS),
	    "initcall after_it+0x0/0x20 [a] returned 0 after 1000 usecs");
	write_section(f);
	boot = build(f);
	assert_int_equal(boot->list[BOOT_MODULES].rows, 1);
	assert_int_equal(boot->list[BOOT_MODULES].count, 1);
	assert_int_equal(boot->list[BOOT_MODULES].total.value, 1 * MS);
	assert_string_equal(boot->list[BOOT_MODULES].row[0].what, "in_it");
}

static void test_the_first_use_of_a_device(void **state)
{
	struct fixture *f = *state;
	const struct model_boot *boot;

	built_devices(&f->update);
	built_seal(&f->update.old);
	built_seal(&f->update.new);
	say(f, log_usec(true_boundary_ns[LUO_STATS_B8_INIT]), "Run /init as init process");
	write_section(f);
	boot = build(f);
	assert_false(boot->moment[BOOT_VFIO_PCI].known);
	assert_true(boot->vfio_pci_latest.known);
	assert_in_range(boot->vfio_pci_latest.value, 1529 * MS, 1531 * MS);
	/* It may have been there long before. */
	assert_true(boot->vfio_pci_latest.low == BOUNDED_NO_LOW);
	assert_in_range(boot->vfio_pci_latest.high, boot->vfio_pci_latest.value, 1531 * MS);
}

static char *report_text(struct fixture *f, unsigned int top)
{
	const struct view_options options = { .full = true, .top = top };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(view_text(&f->model, out, &options), 0);
	fclose(out);
	return text;
}

static void test_a_capture_without_it(void **state)
{
	struct fixture *f = *state;
	char *text;

	assert_false(build(f)->is_recorded);
	text = report_text(f, 10);
	assert_non_null(strstr(text, "Not recorded: this capture was made by an older luoscope."));
	assert_null(strstr(text, "initcall"));
	free(text);
}

static void test_the_report(void **state)
{
	struct fixture *f = *state;
	char *text;

	f->sequence = 5;
	say(f, 100000, "calling  a_init+0x0/0x20 @ 1");
	say(f, 100100, "initcall a_init+0x0/0x20 returned 0 after 300 usecs");
	say(f, 100200, "initcall b_init+0x0/0x20 returned -19 after 9000 usecs");
	say(f, 100300, "\\x1b[31m red");
	say(f, log_usec(true_boundary_ns[LUO_STATS_B8_INIT]), "Run /init as init process");
	write_section(f);
	build(f);
	text = report_text(f, 1);
	assert_non_null(strstr(text, "Slowest initcalls (1 of 2, at least 9.100 ms in all)"));
	assert_non_null(strstr(text, "b_init"));
	assert_non_null(strstr(text, "ENODEV"));
	assert_null(strstr(text, "a_init"));
	assert_non_null(strstr(text, "\\x1b[31m red"));
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "5 records of the log were overwritten"));
	assert_null(strstr(text, "initcall_debug on"));
	free(text);
	text = report_text(f, 0);
	assert_non_null(strstr(text, "a_init"));
	free(text);
}

/* What the jump consists of is different on each architecture. */
static void test_the_jump_of_each_architecture(void **state)
{
	struct fixture *f = *state;
	char *text;

	build(f);
	text = report_text(f, 10);
	assert_non_null(strstr(text, "the purgatory"));
	free(text);
	f->update.old.header->counter = LUO_STATS_COUNTER_CNTVCT;
	f->update.new.header->counter = LUO_STATS_COUNTER_CNTVCT;
	built_in_stamps(&f->update.new, 780 * MS, 900 * MS, 1300 * MS);
	built_seal(&f->update.old);
	built_seal(&f->update.new);
	build(f);
	text = report_text(f, 10);
	assert_non_null(strstr(text, "on arm64"));
	assert_non_null(strstr(text, "(before_setup_arch)"));
	assert_null(strstr(text, "purgatory"));
	assert_null(strstr(text, "decompression"));
	assert_null(strstr(text, "SHA-256"));
	free(text);
}

static void test_the_report_without_initcall_debug(void **state)
{
	struct fixture *f = *state;
	char *text;

	say(f, 100000, "before it");
	say(f, log_usec(true_boundary_ns[LUO_STATS_B8_INIT]), "Run /init as init process");
	write_section(f);
	assert_false(build(f)->has_initcalls);
	text = report_text(f, 10);
	assert_non_null(strstr(text, "put initcall_debug on the new kernel's command\n"));
	assert_null(strstr(text, "Slowest initcalls"));
	assert_non_null(strstr(text, "before it"));
	free(text);
}

static void test_the_report_when_the_boot_is_gone(void **state)
{
	struct fixture *f = *state;
	char *text;

	f->sequence = 90000;
	say(f, 9000000, "Something else");
	write_section(f);
	assert_false(build(f)->has_boot);
	text = report_text(f, 10);
	assert_non_null(strstr(text, "the boot messages were no longer in the log"));
	assert_non_null(strstr(text, "90000 records of the log were overwritten"));
	assert_null(strstr(text, "Longest silences"));
	free(text);
}

static json_t *report_json(struct fixture *f)
{
	char *text = NULL;
	json_t *report;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(view_json(&f->model, out), 0);
	fclose(out);
	report = json_loadb(text, size, 0, NULL);
	assert_non_null(report);
	free(text);
	return report;
}

static int64_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static void test_json(void **state)
{
	struct fixture *f = *state;
	json_t *report, *boot, *list;

	say(f, 100000, "initcall b_init+0x0/0x20 [b\\xff] returned -19 after 9000 usecs");
	say(f, log_usec(true_boundary_ns[LUO_STATS_B8_INIT]), "Run /init as init process");
	write_section(f);
	build(f);
	report = report_json(f);
	boot = json_object_get(report, "boot");
	assert_true(json_is_true(json_object_get(boot, "observed")));
	assert_int_equal(number(boot, "records_lost"), 0);
	assert_true(json_is_null(json_object_get(boot, "lost_until_ns")));
	assert_true(json_is_null(json_object_get(json_object_get(boot, "moments"), "vfio")));
	assert_int_equal(number(json_object_get(json_object_get(boot, "moments"), "pid1"),
				"start_ns"),
			 f->model.boundary[LUO_STATS_B8_INIT].start.value);
	list = json_object_get(boot, "initcalls");
	assert_int_equal(number(list, "count"), 1);
	assert_int_equal(number(list, "total_ns"), 9 * MS);
	list = json_array_get(json_object_get(list, "longest"), 0);
	assert_string_equal(json_string_value(json_object_get(list, "name")), "b_init");
	assert_string_equal(json_string_value(json_object_get(list, "module")), "b\\xff");
	assert_string_equal(json_string_value(json_object_get(list, "errno")), "ENODEV");
	assert_int_equal(number(list, "result"), -19);
	assert_int_equal(number(list, "duration_ns"), 9 * MS);
	list = json_array_get(json_object_get(json_object_get(boot, "silences"), "longest"), 0);
	assert_string_equal(json_string_value(json_object_get(list, "after")),
			    "Run /init as init process");
	json_decref(report);
}

/* What was not observed is null, and not an empty list. */
static void test_json_of_what_is_not_known(void **state)
{
	struct fixture *f = *state;
	json_t *report, *boot;

	build(f);
	report = report_json(f);
	assert_true(json_is_null(json_object_get(report, "boot")));
	json_decref(report);

	say(f, log_usec(true_boundary_ns[LUO_STATS_B8_INIT]), "Run /init as init process");
	write_section(f);
	build(f);
	report = report_json(f);
	boot = json_object_get(report, "boot");
	assert_true(json_is_null(json_object_get(boot, "initcalls")));
	assert_true(json_is_null(json_object_get(boot, "probes")));
	assert_true(json_is_object(json_object_get(boot, "silences")));
	json_decref(report);
}

static void test_timeline(void **state)
{
	struct fixture *f = *state;
	struct timeline timeline;
	unsigned int kinds[TIMELINE_KINDS] = {};
	size_t i;

	say_boot(f);
	write_section(f);
	build(f);
	assert_int_equal(timeline_make(&timeline, &f->model, &f->error), 0);
	for (i = 0; i < timeline.items; i++) {
		const struct timeline_item *item = &timeline.item[i];

		if (timeline.lane[item->lane].group != TIMELINE_BOOT)
			continue;
		kinds[item->kind]++;
		assert_true(item->in_new_kernel);
		assert_int_equal(item->instant, item->kind == TIMELINE_MOMENT);
		if (strcmp(item->name, "slow_init") != 0)
			continue;
		assert_string_equal(timeline.lane[item->lane].name, "initcalls");
		assert_int_equal(item->end_ns - item->start_ns, 399900000);
		assert_int_equal(item->result, -19);
	}
	assert_int_equal(kinds[TIMELINE_MOMENT], 7);
	assert_int_equal(kinds[TIMELINE_INITCALL], 4);
	assert_int_equal(kinds[TIMELINE_PROBE], 1);
	assert_int_equal(kinds[TIMELINE_SILENCE], 4);
	timeline_free(&timeline);

	/* A capture without it has no such lanes. */
	free(f->text);
	f->text = NULL;
	build(f);
	assert_int_equal(timeline_make(&timeline, &f->model, &f->error), 0);
	for (i = 0; i < timeline.lanes; i++)
		assert_int_not_equal(timeline.lane[i].group, TIMELINE_BOOT);
	timeline_free(&timeline);
}

static struct bounded measure(const struct fixture *f, const char *name)
{
	struct bounded measured = {};
	const struct figure *figure;
	struct figures figures;
	struct error error;

	assert_int_equal(figures_of(&figures, &f->model, &error), 0);
	figure = figures_find(&figures, name);
	if (figure)
		measured = figure->measured;
	figures_free(&figures);
	return measured;
}

static void test_figures(void **state)
{
	struct fixture *f = *state;
	struct bounded measured;

	say_boot(f);
	write_section(f);
	build(f);
	measured = measure(f, "initcall.max");
	assert_true(bounded_is_closed(measured));
	assert_int_equal(measured.value, 399900000);
	assert_int_equal(measure(f, "initcall.slow_init").value, 399900000);
	assert_int_equal(measure(f, "initcall.luo_stats_init").value, 4900000);
	measured = measure(f, "boot.cpus");
	assert_int_equal(measured.value, f->model.boot.moment[BOOT_CPUS].value);
	/* As wrong as the log's clock was then. */
	assert_true(measured.value - measured.low > LOST_NS);
	assert_false(measure(f, "boot.initramfs").known);
	assert_false(measure(f, "initcall.none").known);
}

static void test_figures_of_what_was_lost(void **state)
{
	struct fixture *f = *state;
	struct bounded measured;

	f->sequence = 9;
	say_boot(f);
	write_section(f);
	build(f);
	measured = measure(f, "initcall.max");
	assert_int_equal(measured.value, 399900000);
	assert_true(measured.high == BOUNDED_NO_HIGH);
	/* Without a begin of the update nobody knows how long after it something was. */
	f->update.old.header->as_old_kernel[0].cycles[LUO_STATS_B0_UPDATE_BEGIN] = 0;
	f->update.old.header->as_old_kernel[1].cycles[LUO_STATS_B0_UPDATE_BEGIN] = 0;
	built_seal(&f->update.old);
	build(f);
	assert_int_not_equal(f->model.origin_slot, LUO_STATS_B0_UPDATE_BEGIN);
	assert_false(measure(f, "boot.cpus").known);
	free(f->text);
	f->text = NULL;
	build(f);
	assert_false(measure(f, "initcall.max").known);
	assert_string_equal(measure(f, "initcall.max").why,
			    "the new kernel's log, as captured, does not show it");
}

/* Consoles */

/*
 * A boot with 200 lines of the level, at 86.8 us per byte: a port at 115200 baud.
 */
static const struct boot_console *say_slowly(struct fixture *f, const char *command_line,
					     const char *enabled, unsigned int level)
{
	static const char text[] = "a line of the log: 40 bytes with no more";
	uint64_t usec = 10000;
	int i;

	say_at(f, 6, usec, command_line);
	say_at(f, 6, usec, "shown before there was a console");
	say_at(f, 6, usec, enabled);
	usec += 5000;
	for (i = 0; i < 200; i++) {
		say_at(f, level, usec, text);
		/* Of 200: five from another CPU at once, 40 with a clock that stands still. */
		if (i % 40 == 0)
			usec += 5;
		else if (i % 5)
			usec += (strlen(text) + 17) * 868 / 10;
	}
	say_at(f, 7, usec, "Run /init as init process");
	say_at(f, level, usec + 1, text);
	return &end(f)->console;
}

static void test_a_console_that_is_waited_for(void **state)
{
	struct fixture *f = *state;
	const struct boot_console *console;

	console = say_slowly(f, "Kernel command line: console=ttyS0,115200",
			     "printk: legacy console [ttyS0] enabled", 6);
	assert_string_equal(console->names, "ttyS0");
	assert_true(console->waits);
	assert_int_equal(console->lines, 200);
	assert_int_equal(console->bytes, 200 * 57);
	assert_in_range(console->ns_per_byte, 86700, 86800);
}

static void test_what_a_console_shows(void **state)
{
	/* The line that init is executed is of level 7. */
	static const struct {
		const char *command_line;
		unsigned int level;
		unsigned int lines;
	} list[] = {
		{ "Kernel command line: root=/dev/vda", 7, 0 },
		{ "Kernel command line: loglevel=8", 7, 201 },
		{ "Kernel command line: quiet loglevel=8", 7, 201 },
		{ "Kernel command line: loglevel=8 quiet", 6, 0 },
		{ "Kernel command line: quiet", 3, 200 },
		{ "Kernel command line: debug", 7, 201 },
		{ "Kernel command line: ignore_loglevel", 7, 201 },
		{ "Kernel command line: loglevel=99999999999999999999 x=quiet quiets", 6, 200 },
		{ "Kernel command line: loglevel=", 7, 0 },
		{ "another line: loglevel=8", 7, 0 },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		memset(&f->reader, 0, sizeof(f->reader));
		f->sequence = 0;
		assert_int_equal(say_slowly(f, list[i].command_line,
					    "printk: legacy console [ttyS0] enabled", list[i].level)
					 ->lines,
				 list[i].lines);
	}
}

static void test_a_console_with_a_thread(void **state)
{
	struct fixture *f = *state;
	const struct boot_console *console;
	char *text;

	console = say_slowly(f, "Kernel command line: x", "printk: console [ttyS0] enabled", 6);
	assert_string_equal(console->names, "ttyS0");
	assert_false(console->waits);
	assert_int_equal(console->lines, 0);
	write_section(f);
	assert_false(build(f)->console_cost.known);
	text = report_text(f, 10);
	assert_non_null(strstr(text, "the boot does not wait for it"));
	free(text);
}

static void test_several_consoles(void **state)
{
	struct fixture *f = *state;
	const struct boot_console *console;

	say(f, 1, "printk: console [hvc0] enabled");
	say(f, 2, "printk: legacy bootconsole [earlyser0] enabled");
	say(f, 3, "printk: legacy bootconsole [earlyser0] disabled");
	say(f, 3, "printk: legacy console [tty0] enabled");
	say(f, 4, "printk: console [ttyS1] enabled");
	say(f, 5, "Run /init as init process");
	console = &end(f)->console;
	assert_true(console->waits);
	assert_string_equal(console->names, "earlyser0 tty0");
}

static void test_the_report_of_a_console(void **state)
{
	struct fixture *f = *state;
	json_t *report, *object;
	char *text;

	say_slowly(f, "Kernel command line: x", "printk: legacy console [ttyS0] enabled", 6);
	write_section(f);
	build(f);
	text = report_text(f, 10);
	assert_non_null(strstr(
		text, "Console ttyS0: logging a line waits until it is printed. After 200 lines"));
	free(text);
	report = report_json(f);
	object = json_object_get(json_object_get(report, "boot"), "console");
	assert_int_equal(number(object, "bytes"), 200 * 57);
	assert_int_equal(number(object, "cost_ns"), 200 * 57 * number(object, "ns_per_byte"));
	assert_in_range(number(object, "cost_ns"), 980 * MS, 990 * MS);
	json_decref(report);
}

static void test_a_console_that_showed_little(void **state)
{
	struct fixture *f = *state;
	char *text;

	say_slowly(f, "Kernel command line: quiet", "printk: legacy console [ttyS0] enabled", 6);
	write_section(f);
	assert_false(build(f)->console_cost.known);
	text = report_text(f, 10);
	assert_non_null(strstr(text, "too few"));
	free(text);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_initcalls),
		TEST(test_the_error_of_a_probe_is_negative),
		TEST(test_moments),
		TEST(test_memory_is_freed_on_arm64),
		TEST(test_vfio_as_a_module),
		TEST(test_a_module_without_initcall_debug),
		TEST(test_silences),
		TEST(test_silences_beside_a_module),
		TEST(test_a_line_with_an_earlier_time),
		TEST(test_init_is_the_last_that_was_tried),
		TEST(test_what_others_write_does_not_count),
		TEST(test_lost_records),
		TEST(test_the_boot_is_gone),
		TEST(test_long_after_the_boot),
		TEST(test_the_longest_are_kept),
		TEST(test_hostile_lines),
		TEST(test_long_texts_are_cut),
		TEST(test_there_and_back),
		TEST(test_a_damaged_section),
		TEST(test_a_section_with_too_much),
		TEST(test_placed_on_the_update_s_clock),
		TEST(test_without_the_line_that_tells_what_was_lost),
		TEST(test_what_comes_after_the_blackout_is_left_out),
		TEST(test_the_first_use_of_a_device),
		TEST(test_a_capture_without_it),
		TEST(test_the_report),
		TEST(test_the_jump_of_each_architecture),
		TEST(test_the_report_without_initcall_debug),
		TEST(test_the_report_when_the_boot_is_gone),
		TEST(test_a_console_that_is_waited_for),
		TEST(test_what_a_console_shows),
		TEST(test_a_console_with_a_thread),
		TEST(test_several_consoles),
		TEST(test_the_report_of_a_console),
		TEST(test_a_console_that_showed_little),
		TEST(test_json),
		TEST(test_json_of_what_is_not_known),
		TEST(test_timeline),
		TEST(test_figures),
		TEST(test_figures_of_what_was_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
