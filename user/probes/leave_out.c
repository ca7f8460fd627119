// SPDX-License-Identifier: GPL-2.0
#include "leave_out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "pins.h"

/*
 * What needs what, beside a begin and its end, and beside the programs of PROBE_GROUP_VMS, which
 * need one another.
 */
static const struct {
	const char *program;
	const char *needed;
} needs[] = {
	/* A file's freeze is only looked for within that of its session. */
	{ "on_reserve_entry", "on_freeze" },
	/* How many files a session finishes is counted at its start, and checked at its end. */
	{ "on_finish", "on_file_finished" },
	{ "on_file_finished", "on_finish" },
	{ "on_luo_open", "on_deserialize" },
	{ "on_deserialize", "on_luo_open" },
	{ "on_pm_runtime_barrier", "on_device_shutdown" },
	{ "on_pm_runtime_barrier", "on_device_shutdown_return" },
	/* Without these a device's time may include what is no device's. */
	{ "on_pm_runtime_barrier", "on_async_finished" },
	{ "on_pm_runtime_barrier", "on_async_wait" },
	{ "on_pm_runtime_barrier", "on_async_wait_all" },
	{ "on_async_finished", "on_pm_runtime_barrier" },
	{ "on_async_wait", "on_pm_runtime_barrier" },
	{ "on_async_wait_all", "on_pm_runtime_barrier" },
	/* When vCPUs came out of KVM_RUN is written at the end of machine_shutdown(). */
	{ "on_vcpu_run", "on_machine_shutdown" },
	{ "on_vcpu_run", "on_machine_shutdown_return" },
	{ "on_reset_again", "on_bind" },
};

/* A target and its stand-in, which is needed only where the target cannot be watched. */
static const struct {
	const char *target;
	const char *stand_in;
} stand_ins[] = {
	/* A kernel without LUO: a plain kexec has a blackout too. */
	{ "liveupdate_reboot", "kernel_kexec" },
};

/* How the names of the programs begin that stamp boundaries and read nothing of the kernel. */
static const char *const boundaries[] = {
	"on_liveupdate_reboot", "on_kernel_kexec", "on_device_shutdown",
	"on_machine_",		"on_luo_open",	   "on_deserialize",
};

void probe_leave_out(struct probe *probe, const char *format, ...)
{
	va_list args;

	probe->state = PROBE_LEFT_OUT;
	va_start(args, format);
	vsnprintf(probe->why, sizeof(probe->why), format, args);
	va_end(args);
}

const char *probe_label(char text[PROBE_LABEL_BYTES], const struct probe *probe)
{
	snprintf(text, PROBE_LABEL_BYTES, "%s%s", probe->target,
		 probe->kind == PROBE_RETURN ? ", return" : "");
	return text;
}

static bool is_there(const struct probe *probe)
{
	return probe->state == PROBE_READY || probe->state == PROBE_ATTACHED;
}

static bool is_gone(const struct probe *probe)
{
	return probe->state == PROBE_NO_TARGET || probe->state == PROBE_LEFT_OUT;
}

/* Whether a boundary's begin and end are each of use by themselves: they are two boundaries. */
static bool is_alone(const char *program)
{
	return has_prefix(program, "on_device_shutdown") ||
	       has_prefix(program, "on_machine_shutdown");
}

/* Whether @end ends what @begin begins: its name is the same, with a suffix. */
static bool is_end_of(const char *begin, const char *end)
{
	return has_prefix(end, begin) && end[strlen(begin)] == '_' && probe_is_end(end) &&
	       !strchr(end + strlen(begin) + 1, '_') && !is_alone(begin);
}

static bool is_needed_by(const struct probe *needed, const struct probe *probe)
{
	size_t i;

	if (needed->group == PROBE_GROUP_VMS && probe->group == PROBE_GROUP_VMS)
		return true;
	for (i = 0; i < ARRAY_SIZE(needs); i++)
		if (!strcmp(needs[i].program, probe->program) &&
		    !strcmp(needs[i].needed, needed->program))
			return true;
	return is_end_of(needed->program, probe->program) ||
	       is_end_of(probe->program, needed->program);
}

/* Leave out what needs @gone. Returns whether there was anything. */
static bool leave_out_without(const struct probe *gone, struct probe *list, size_t count)
{
	char label[PROBE_LABEL_BYTES];
	bool found = false;
	size_t i;

	for (i = 0; i < count; i++) {
		if (!is_there(&list[i]) || !is_needed_by(gone, &list[i]))
			continue;
		probe_leave_out(&list[i], "needs %s", probe_label(label, gone));
		list[i].is_useless = found = true;
	}
	return found;
}

/* Whether probes of @target are there. */
static bool target_is_there(const struct probe *list, size_t count, const char *target)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(list[i].target, target) && is_there(&list[i]))
			return true;
	return false;
}

void leave_out_settle(struct probe *list, size_t count)
{
	size_t i = 0, j;

	while (i < count)
		/* One that was left out just now may come before this one. */
		i = is_gone(&list[i]) && leave_out_without(&list[i], list, count) ? 0 : i + 1;
	for (i = 0; i < ARRAY_SIZE(stand_ins); i++) {
		const bool is_there = target_is_there(list, count, stand_ins[i].target);

		for (j = 0; j < count; j++) {
			if (strcmp(list[j].target, stand_ins[i].stand_in) != 0)
				continue;
			if (is_there && !is_gone(&list[j]))
				list[j].state = PROBE_NOT_NEEDED;
			else if (list[j].state == PROBE_NOT_NEEDED)
				list[j].state = PROBE_READY;
		}
	}
}

void leave_out_all_but_boundaries(struct probe *list, size_t count)
{
	size_t i, j;

	for (i = 0; i < count; i++) {
		for (j = 0; j < ARRAY_SIZE(boundaries); j++)
			if (has_prefix(list[i].program, boundaries[j]))
				break;
		if (j == ARRAY_SIZE(boundaries) && list[i].state == PROBE_READY)
			probe_leave_out(&list[i],
					"not tried: this kernel rejects too many of the programs");
	}
}

bool probe_is_missed(const struct probe *probe, const struct probe *list, size_t count)
{
	size_t i;

	if (probe->state != PROBE_NO_TARGET || probe->group != PROBE_GROUP_NONE)
		return probe->state == PROBE_LEFT_OUT;
	if (has_prefix(probe->target, "vfio_") && access("/sys/bus/pci/drivers/vfio-pci", F_OK))
		return false;
	for (i = 0; i < count; i++)
		if (!strcmp(list[i].target, stand_ins[0].target) &&
		    list[i].state == PROBE_NO_TARGET)
			return false;
	return true;
}
