// SPDX-License-Identifier: GPL-2.0
/*
 * The metrics: their text is valid whatever the areas hold, no series appears twice, what was not
 * observed has no sample, and the number of series is bounded.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bounded.h"
#include "base/text.h"
#include "capture/capture.h"
#include "fixture.h"
#include "model/model.h"
#include "report/metrics.h"

static void write_text(struct fixture *f, unsigned int top)
{
	FILE *out = open_text(f);

	assert_int_equal(view_metrics(&f->model, out, top), 0);
	fclose(out);
	assert_int_equal(strlen(f->text), f->size);
}

static const char *skip_name(const char *p)
{
	while ((*p >= 'a' && *p <= 'z') || *p == '_')
		p++;
	return p;
}

/* One line of a sample, by the formats' grammar. */
static void assert_sample(const char *line)
{
	const char *p = skip_name(line);

	assert_true(p > line);
	if (*p == '{') {
		do {
			const char *name = ++p;

			p = skip_name(p);
			assert_true(p > name);
			assert_int_equal(p[0], '=');
			assert_int_equal(p[1], '"');
			for (p += 2; *p != '"'; p++) {
				assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
				if (*p == '\\' && *++p != '\\')
					assert_int_equal(*p, '"');
			}
			p++;
		} while (*p == ',');
		assert_int_equal(*p++, '}');
	}
	assert_int_equal(*p++, ' ');
	assert_true(*p);
	assert_int_equal(strspn(p, "-.0123456789"), strlen(p));
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every line is valid, each family has its head once, and no series is there twice. */
static void assert_valid(const struct fixture *f)
{
	static char *line[4096];
	char *copy = strdup(f->text), *save = NULL, *p;
	char family[128] = "";
	size_t count = 0, i;

	assert_true(text_is_utf8(copy));
	assert_null(strstr(copy, "\n\n"));
	assert_true(strlen(copy) > 6 && !strcmp(copy + strlen(copy) - 6, "# EOF\n"));
	for (p = strtok_r(copy, "\n", &save); p; p = strtok_r(NULL, "\n", &save)) {
		assert_true(count < sizeof(line) / sizeof(line[0]));
		line[count++] = p;
		if (!strncmp(p, "# HELP ", 7)) {
			snprintf(family, sizeof(family), "%.*s", (int)(skip_name(p + 7) - p - 7),
				 p + 7);
		} else if (!strncmp(p, "# TYPE ", 7)) {
			assert_memory_equal(p + 7, family, strlen(family));
			assert_string_equal(p + 7 + strlen(family), " gauge");
		} else if (strcmp(p, "# EOF")) {
			assert_sample(p);
			assert_memory_equal(p, family, strlen(family));
			assert_int_equal(skip_name(p) - p, strlen(family));
			*strrchr(p, ' ') = '\0'; /* the series alone */
		}
	}
	qsort(line, count, sizeof(line[0]), compare_lines);
	for (i = 1; i < count; i++)
		if (!strcmp(line[i - 1], line[i]))
			fail_msg("twice: %s", line[i]);
	free(copy);
}

static void show(struct fixture *f, unsigned int top)
{
	build(f);
	write_text(f, top);
	assert_valid(f);
}

static void assert_lacks(const struct fixture *f, const char *part)
{
	if (strstr(f->text, part))
		fail_msg("'%s' is in\n%s", part, f->text);
}

static size_t count_of(const struct fixture *f, const char *part)
{
	const char *p = f->text;
	size_t count = 0;

	while ((p = strstr(p, part))) {
		count++;
		p += strlen(part);
	}
	return count;
}

static const char golden[] =
	"# HELP luoscope_update_observed Whether the running kernel was started by a live update (1)"
	" or not (0).\n"
	"# TYPE luoscope_update_observed gauge\n"
	"luoscope_update_observed 1\n"
	"# HELP luoscope_update_info Releases of the old and the new kernel.\n"
	"# TYPE luoscope_update_info gauge\n"
	"luoscope_update_info{from=\"7.2.12\",to=\"7.3.4\"} 1\n"
	"# HELP luoscope_update_generation Number of live updates since the last ordinary boot,"
	" including this one.\n"
	"# TYPE luoscope_update_generation gauge\n"
	"luoscope_update_generation 5\n";

static void test_probes(void **state)
{
	struct fixture *f = *state;

	built_subject(&f->update.new, LUO_STATS_SUBJECT_WATCH, "", "", "",
		      LUO_STATS_WATCH_RETRIEVE | LUO_STATS_WATCH_IRQ_SETUP);
	show(f, 0);
	assert_lacks(f, "luoscope_probe_attached{kernel=\"old\"");
	assert_says(f, "\nluoscope_probe_attached{kernel=\"new\",probe=\"freeze\"} 0\n"
		       "luoscope_probe_attached{kernel=\"new\",probe=\"retrieve\"} 1\n"
		       "luoscope_probe_attached{kernel=\"new\",probe=\"handler\"} 0\n"
		       "luoscope_probe_attached{kernel=\"new\",probe=\"bind\"} 0\n"
		       "luoscope_probe_attached{kernel=\"new\",probe=\"irq_setup\"} 1\n"
		       "luoscope_probe_attached{kernel=\"new\",probe=\"device_files\"} 0\n"
		       "luoscope_probe_attached{kernel=\"new\",probe=\"reset\"} 0\n"
		       "luoscope_probe_attached{kernel=\"new\",probe=\"vcpu\"} 0\n");
	/* An older luo_stats does not say whether resets are watched. */
	f->update.new.header->minor = 6;
	built_seal(&f->update.new);
	show(f, 0);
	assert_says(f, "\nluoscope_probe_attached{kernel=\"new\",probe=\"irq_setup\"} 1\n"
		       "luoscope_probe_attached{kernel=\"new\",probe=\"vcpu\"} 0\n");
	built_subject(&f->update.new, LUO_STATS_SUBJECT_VCPU, "", "", "", 0);
	show(f, 0);
	assert_says(f, "luoscope_probe_attached{kernel=\"new\",probe=\"vcpu\"} 1\n");
	assert_lacks(f, "luoscope_probe_left_out");
	built_subject(&f->update.new, LUO_STATS_SUBJECT_WATCH, "luo_open", "1", "other prototype",
		      UINT64_MAX);
	show(f, 0);
	assert_says(f, "\nluoscope_probe_left_out{kernel=\"new\",function=\"luo_open\","
		       "why=\"other prototype\"} 1\n");
}

static void test_update(void **state)
{
	struct fixture *f = *state;
	char line[128];

	show(f, 0);
	if (strncmp(f->text, golden, strlen(golden)))
		assert_string_equal(f->text, golden);
	assert_says(f, "\nluoscope_update_begin_timestamp_seconds 1790000000.12");
	snprintf(line, sizeof(line), "\nluoscope_blackout_seconds 1.%09lld\n",
		 (long long)f->model.blackout.value - 1000000000);
	assert_says(f, line);
	assert_says(f, "\nluoscope_blackout_error_seconds 0.0000");
	assert_int_equal(count_of(f, "\nluoscope_phase_seconds{phase=\""), 10);
	assert_says(f, "\nluoscope_phase_seconds{phase=\"freeze\"} 0.01234");
	assert_says(f, "\nluoscope_clock_verdict{verdict=\"verified\"} 1\n");
	assert_says(f, "\nluoscope_clock_verdict{verdict=\"contradicted\"} 0\n");
	assert_says(f, "\nluoscope_files_frozen 3\n");
	assert_says(f, "\nluoscope_files_missing 0\n");
	assert_says(f, "\nluoscope_failed_attempts{kernel=\"old\"} 0\n");
	assert_says(f, "\nluoscope_failed_attempts{kernel=\"new\"} 0\n");
	assert_says(f, "\nluoscope_dropped 0\n");
	assert_says(f, "\nluoscope_shutdown_seconds{device=\"0000:02:00.0\",bus=\"pci\","
		       "driver=\"ixgbe\"} 0.118999405\n");
	/* That there are none is known. */
	assert_says(f, "\nluoscope_devices_awaited 0\n");
	assert_says(f, "\nluoscope_devices_missing 0\n");
	assert_lacks(f, "luoscope_device_");
	assert_lacks(f, "luoscope_resets");
	assert_lacks(f, "luoscope_mark");
}

static void test_devices(void **state)
{
	struct fixture *f = *state;
	const uint64_t again[] = { LUO_STATS_AGAIN_SPARED, LUO_STATS_AGAIN_UNKNOWN };

	built_devices(&f->update);
	show(f, 0);
	assert_says(f, "\nluoscope_devices_awaited 2\n");
	assert_says(f, "\nluoscope_devices_missing 0\n");
	assert_says(f, "\nluoscope_resets{outcome=\"ok\"} 1\n");
	assert_says(f, "\nluoscope_resets{outcome=\"busy\"} 1\n");
	assert_says(f, "\nluoscope_resets{outcome=\"failed\"} 0\n");
	assert_says(f, "\nluoscope_device_info{device=\"0000:82:00.0\",driver=\"vfio-pci\","
		       "reset_method=\"bus\",reset_outcome=\"busy\",reset_lock=\"bridge\"} 1\n");
	assert_says(f, "\nluoscope_device_freeze_seconds{device=\"0000:81:00.0\"} 0.00099999");
	assert_says(f, "\nluoscope_device_reset_seconds{device=\"0000:81:00.0\"} 0.0007999");
	assert_says(f, "\nluoscope_device_downtime_seconds{device=\"0000:81:00.0\"} 1.69199");
	assert_says(f, "\nluoscope_device_is_in_service{device=\"0000:81:00.0\"} 1\n");
	assert_says(f, "\nluoscope_devices_left_out 0\n");
	/* A newer handler says more. */
	assert_lacks(f, "second_reset");
	built_answers(&f->update, again);
	show(f, 0);
	assert_says(f, "reset_outcome=\"ok\",second_reset=\"idle\"} 1\n");
}

/* The one that is not back comes first, then the one whose reset went wrong. */
static void test_limit(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_span *span;
	size_t i;

	built_devices(&f->update);
	show(f, 1);
	assert_int_equal(count_of(f, "\nluoscope_device_downtime_seconds{"), 1);
	assert_says(f, "\nluoscope_device_downtime_is_lower_bound{device=\"0000:82:00.0\"} 0\n");
	assert_says(f, "\nluoscope_device_downtime_seconds{device=\"0000:82:00.0\"}");
	assert_says(f, "\nluoscope_devices_left_out 1\n");
	assert_int_equal(count_of(f, "\nluoscope_shutdown_seconds{"), 1);
	assert_says(f, "\nluoscope_shutdown_seconds{device=\"0000:02:00.0\"");
	assert_says(f, "\nluoscope_shutdowns_left_out 3\n");
	/* What is counted is counted over all. */
	assert_says(f, "\nluoscope_resets{outcome=\"ok\"} 1\n");
	for (i = 0; i < f->update.new.header->span_cursor[LUO_STATS_LOT_ANY]; i++) {
		span = built_span_at(&f->update.new, LUO_STATS_LOT_ANY, i);
		if (span->kind == LUO_STATS_IRQ_SETUP) {
			span->result = -ENOSPC;
			break;
		}
	}
	show(f, 1);
	assert_says(f, "\nluoscope_device_is_in_service{device=\"0000:81:00.0\"} 0\n");
	assert_says(f, "\nluoscope_device_downtime_is_lower_bound{device=\"0000:81:00.0\"} 1\n");
	assert_says(f, "\nluoscope_devices_missing 1\n");
	/* A lower bound has no error. */
	assert_says(f, "\nluoscope_blackout_is_lower_bound 1\n");
	assert_lacks(f, "\nluoscope_blackout_error_seconds ");
	assert_says(f, "\nluoscope_phase_is_lower_bound{phase=\"resume\"} 1\n");
	assert_lacks(f, "luoscope_phase_error_seconds{phase=\"resume\"}");
	assert_says(f, "\nluoscope_phase_error_seconds{phase=\"freeze\"} 0.0");
	/* Not to have been seen says nothing if there was no place to write it down. */
	f->update.new.header->dropped[LUO_STATS_IRQ_SETUP] = 1;
	show(f, 0);
	assert_lacks(f, "luoscope_devices_missing");
	assert_lacks(f, "luoscope_device_is_in_service{device=\"0000:81:00.0\"}");
	assert_says(f, "\nluoscope_device_is_in_service{device=\"0000:82:00.0\"} 1\n");
	assert_says(f, "\nluoscope_dropped 1\n");
	/* A reset that went wrong may be among the dropped. */
	assert_says(f, "\nluoscope_resets{outcome=\"busy\"} 1\n");
	assert_lacks(f, "luoscope_resets{outcome=\"failed\"}");
}

static void test_virtual_machines(void **state)
{
	struct fixture *f = *state;

	show(f, 0);
	assert_lacks(f, "luoscope_vm");
	built_vms(&f->update);
	show(f, 0);
	assert_says(f, "\nluoscope_vms_awaited 2\n");
	assert_says(f, "\nluoscope_vms_missing 0\n");
	assert_says(f, "\nluoscope_vm_is_running{vm=\"vm-1\"} 1\n");
	assert_says(f, "\nluoscope_vm_downtime_seconds{vm=\"vm-1\"} 1.67999");
	assert_says(f, "\nluoscope_vm_downtime_seconds{vm=\"vm-2\"} 1.69499");
	assert_says(f, "\nluoscope_vms_left_out 0\n");
	/* Only the new kernel ran it: nobody waits for it. */
	built_vcpu(&f->update.new, LUO_STATS_VCPU_ENTRY, "young", 310, 0, 2000 * MS);
	show(f, 0);
	assert_lacks(f, "young");
	show(f, 1);
	assert_says(f, "\nluoscope_vm_downtime_seconds{vm=\"vm-2\"} 1.69499");
	assert_int_equal(count_of(f, "\nluoscope_vm_downtime_seconds{"), 1);
	assert_says(f, "\nluoscope_vms_left_out 1\n");
}

/* The one that is not back comes first; if two have one name, one is reported. */
static void test_a_virtual_machine_that_is_not_back(void **state)
{
	struct fixture *f = *state;

	built_vms(&f->update);
	built_vcpu(&f->update.old, LUO_STATS_VCPU_EXIT, "vm-3", 902, 0, 6 * MS);
	built_vcpu(&f->update.old, LUO_STATS_VCPU_EXIT, "vm-3", 903, 0, 7 * MS);
	show(f, 1);
	assert_says(f, "\nluoscope_vms_awaited 4\n");
	assert_says(f, "\nluoscope_vms_missing 2\n");
	assert_says(f, "\nluoscope_vm_is_running{vm=\"vm-3\"} 0\n");
	assert_says(f, "\nluoscope_vm_downtime_is_lower_bound{vm=\"vm-3\"} 1\n");
	assert_says(f, "\nluoscope_vms_left_out 3\n");
	show(f, 0);
	assert_int_equal(count_of(f, "\nluoscope_vm_is_running{"), 3);
	assert_says(f, "\nluoscope_vm_is_running{vm=\"vm-1\"} 1\n");
	assert_says(f, "\nluoscope_vm_downtime_is_lower_bound{vm=\"vm-1\"} 0\n");
	assert_says(f, "\nluoscope_vms_left_out 1\n");
	/* Not to have been seen says nothing if there was no place to write it down. */
	f->update.new.header->dropped[LUO_STATS_VCPU_ENTRY] = 1;
	built_seal(&f->update.new);
	show(f, 0);
	assert_lacks(f, "luoscope_vms_missing");
	assert_lacks(f, "vm-3");
	assert_says(f, "\nluoscope_vm_is_running{vm=\"vm-1\"} 1\n");
}

static void test_not_observed_is_absent(void **state)
{
	struct fixture *f = *state;

	built_devices(&f->update);
	f->capture.section[CAPTURE_INCOMING].bytes = NULL;
	show(f, 0);
	assert_says(f, "\nluoscope_update_info{to=\"7.3.4\"} 1\n");
	assert_says(f, "\nluoscope_device_is_in_service{device=\"0000:81:00.0\"} 1\n");
	assert_says(f, "\nluoscope_failed_attempts{kernel=\"new\"} 0\n");
	assert_lacks(f, "kernel=\"old\"");
	assert_lacks(f, "luoscope_blackout");
	assert_lacks(f, "luoscope_update_begin");
	assert_lacks(f, "luoscope_files");
	assert_lacks(f, "luoscope_devices_missing");
	assert_lacks(f, "luoscope_resets");
	assert_lacks(f, "luoscope_device_freeze");
	assert_lacks(f, "luoscope_device_downtime");
	assert_lacks(f, "luoscope_shutdown");
	assert_lacks(f, "reset_outcome");
	assert_lacks(f, "phase=\"freeze\"");

	/* A kernel that was booted. */
	f->update.new.header->flags = 0;
	built_seal(&f->update.new);
	show(f, 0);
	assert_says(f, "\nluoscope_update_observed 0\n");
	assert_says(f, "\nluoscope_failed_attempts{kernel=\"new\"} 0\n");
	assert_says(f, "\nluoscope_losses{what=\"subjects_dropped\"} 0\n");
	assert_lacks(f, "luoscope_update_info");
	assert_lacks(f, "luoscope_clock");
}

static void test_failed_attempts(void **state)
{
	struct fixture *f = *state;
	struct luo_stats_boundaries *set = f->update.new.header->as_old_kernel;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		set[i].attempt = i + 1;
		set[i].cycles[0] = true_cycles((9000 + i) * MS);
		set[i].end_cycles = true_cycles((9001 + i) * MS);
		set[i].result = -EBUSY;
	}
	f->update.new.header->attempts = 2;
	show(f, 0);
	assert_says(f, "\nluoscope_failed_attempts{kernel=\"old\"} 0\n");
	assert_says(f, "\nluoscope_failed_attempts{kernel=\"new\"} 2\n");
}

static void test_hostile_names(void **state)
{
	static const char *const names[] = {
		"\x1b]0;owned\x07",
		"\xff\xfe\xfd",
		"\"} 1\nluoscope_blackout_seconds 0\n",
		"a\nb",
		"a\\",
		"\\xff",
		"\\\"",
		"\xe2\x80\xaetxt",
		"%s%n%s",
		"{}=,#",
		"",
		"0123456789012345678901234567890123456789012345678901234567890123",
	};
	struct fixture *f = *state;
	size_t i;

	built_devices(&f->update);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint32_t n;

		strncpy(f->update.old.header->release, names[i],
			sizeof(f->update.old.header->release) - 1);
		built_seal(&f->update.old);
		for (n = 1; n <= f->update.old.header->subject_cursor; n++) {
			struct luo_stats_subject *old = built_subject_at(&f->update.old, n);

			strncpy(old->id.name, names[i], sizeof(old->id.name));
			strncpy(old->id.detail, names[i], sizeof(old->id.detail));
			strncpy(old->id.group, names[i], sizeof(old->id.group));
		}
		show(f, 0);
		assert_int_equal(count_of(f, "\nluoscope_shutdown_seconds{"), *names[i] ? 1 : 0);
		assert_int_equal(count_of(f, "\nluoscope_blackout_seconds "), 1);
	}
}

static void test_escapes(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *raw, *label;
	} cases[] = {
		{ "a\"b", "a\\\"b" },  { "a\\b", "a\\\\\\\\b" },   { "a\nb", "a\\\\x0ab" },
		{ "\xff", "\\\\xff" }, { "\\xff", "\\\\\\\\xff" }, { "\xc3\xa4", "\xc3\xa4" },
	};
	char line[128];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t n;

		for (n = 1; n <= f->update.old.header->subject_cursor; n++)
			if (built_subject_at(&f->update.old, n)->id.kind ==
			    LUO_STATS_SUBJECT_DEVICE)
				strncpy(built_subject_at(&f->update.old, n)->id.name, cases[i].raw,
					64);
		show(f, 0);
		snprintf(line, sizeof(line),
			 "\nluoscope_shutdown_seconds{device=\"%s\",bus=\"pci\"", cases[i].label);
		assert_says(f, line);
		/* Three of the four are one series for each bus. */
		assert_says(f, "\nluoscope_shutdowns_left_out 1\n");
	}
}

/* Spans whose subject found no place have no name: they are counted, and not one series. */
static void test_nameless(void **state)
{
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < f->update.old.header->span_cursor[LUO_STATS_LOT_UPDATE]; i++)
		built_span_at(&f->update.old, LUO_STATS_LOT_UPDATE, i)->subject = 0;
	show(f, 0);
	assert_lacks(f, "luoscope_shutdown_seconds");
	assert_says(f, "\nluoscope_shutdowns_left_out 4\n");
}

static void test_service_manager(void **state)
{
	struct fixture *f = *state;

	show(f, 0);
	assert_lacks(f, "luoscope_manager");
	f->model.manager.before = (struct bounded){ .known = true, .value = 1500 * MS };
	f->model.manager.finish = (struct bounded){ .known = true, .value = 2500 * MS };
	write_text(f, 0);
	assert_valid(f);
	assert_says(f, "\nluoscope_manager_before_update_seconds 1.500000000\n");
	assert_says(f, "\nluoscope_manager_finish_seconds 2.500000000\n");
	f->model.origin_slot = LUO_STATS_B7_TIME_ZERO;
	write_text(f, 0);
	assert_lacks(f, "luoscope_manager_finish");
}

static struct model_mark make_mark(const char *name, uint64_t instance, int64_t start_ns,
				   int64_t duration_ns)
{
	struct model_mark mark = {
		.instance = instance,
		.instant = !duration_ns,
		.span = { .observed = true,
			  .start = { .known = true, .value = start_ns },
			  .duration = { .known = true, .value = duration_ns } },
	};

	snprintf(mark.name, sizeof(mark.name), "%s", name);
	return mark;
}

static void test_marks(void **state)
{
	struct fixture *f = *state;
	struct model_mark marks[] = {
		make_mark("vm\"\\", UINT64_MAX, -1500 * MS, 3000 * MS),
		make_mark("vm\"\\", UINT64_MAX, 10 * MS, 20 * MS),
		make_mark("vm", 1, -100 * MS, 2000 * MS),
		make_mark("vm", 2, 0, 0),
		make_mark("open", 1, 5 * MS, 1),
		make_mark("end", 1, 5 * MS, 1),
	};

	show(f, 0);
	marks[4].span.open = true;
	marks[4].span.duration.known = false;
	marks[5].end_only = true;
	marks[5].span.duration.known = false;
	marks[5].span.start.known = false;
	free(f->model.mark);
	f->model.mark = malloc(sizeof(marks));
	memcpy(f->model.mark, marks, sizeof(marks));
	f->model.marks = 6;
	write_text(f, 0);
	assert_valid(f);
	assert_says(f, "\nluoscope_mark_seconds{mark=\"vm\\\"\\\\\\\\\","
		       "mark_instance=\"18446744073709551615\"} 3.000000000\n");
	assert_says(f, "\nluoscope_mark_start_seconds{mark=\"vm\\\"\\\\\\\\\","
		       "mark_instance=\"18446744073709551615\"} -1.500000000\n");
	assert_int_equal(count_of(f, "\nluoscope_mark_seconds{"), 2);
	assert_int_equal(count_of(f, "\nluoscope_mark_start_seconds{"), 4);
	assert_says(f,
		    "\nluoscope_mark_start_seconds{mark=\"vm\",mark_instance=\"2\"} 0.000000000\n");
	assert_lacks(f, "mark=\"end\"");
	assert_says(f, "\nluoscope_marks_left_out 1\n");
	write_text(f, 1);
	assert_valid(f);
	assert_says(f, "\nluoscope_mark_seconds{mark=\"vm\\\"");
	/* Its time, whether that is a lower bound, and its start. */
	assert_int_equal(count_of(f, "\nluoscope_mark_"), 3);
	assert_says(f, "\nluoscope_marks_left_out 5\n");
}

static void test_full_device(void **state)
{
	struct fixture *f = *state;
	FILE *full = fopen("/dev/full", "w");

	assert_int_equal(model_build(&f->model, &f->capture, &f->error), 0);
	assert_non_null(full);
	errno = 0;
	assert_int_equal(view_metrics(&f->model, full, 0), -ENOSPC);
	fclose(full);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_probes),
		TEST(test_update),
		TEST(test_devices),
		TEST(test_limit),
		TEST(test_virtual_machines),
		TEST(test_a_virtual_machine_that_is_not_back),
		TEST(test_not_observed_is_absent),
		TEST(test_failed_attempts),
		TEST(test_hostile_names),
		TEST(test_escapes),
		TEST(test_nameless),
		TEST(test_service_manager),
		TEST(test_marks),
		TEST(test_full_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
