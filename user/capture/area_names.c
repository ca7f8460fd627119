// SPDX-License-Identifier: GPL-2.0
#include "area_names.h"

#include <luoscope/stats_area.h>
#include <stdio.h>

#include "base/array.h"
#include "base/error.h"

#define LOOK_UP(table, index) \
	((index) < ARRAY_SIZE(table) && (table)[index] ? (table)[index] : "unknown")

static const char *const kinds[] = {
	[LUO_STATS_PRESERVE] = "preserve",
	[LUO_STATS_UNPRESERVE] = "unpreserve",
	[LUO_STATS_FREEZE] = "freeze",
	[LUO_STATS_UNFREEZE] = "unfreeze",
	[LUO_STATS_RESET] = "reset",
	[LUO_STATS_RETRIEVE] = "retrieve",
	[LUO_STATS_FINISH] = "finish",
	[LUO_STATS_SESSION_FREEZE] = "session_freeze",
	[LUO_STATS_SESSION_RETRIEVE] = "session_retrieve",
	[LUO_STATS_SESSION_FINISH] = "session_finish",
	[LUO_STATS_SHUTDOWN] = "shutdown",
	[LUO_STATS_BIND] = "bind",
	[LUO_STATS_IRQ_SETUP] = "irq_setup",
	[LUO_STATS_MARK] = "mark",
	[LUO_STATS_PLAIN_RESET] = "plain_reset",
	[LUO_STATS_VCPU_EXIT] = "vcpu_exit",
	[LUO_STATS_VCPU_ENTRY] = "vcpu_entry",
};

static const char *const slots[] = {
	[LUO_STATS_B0_UPDATE_BEGIN] = "update_begin",
	[LUO_STATS_B1_FROZEN] = "frozen",
	[LUO_STATS_B2_SHUTDOWN_BEGIN] = "shutdown_begin",
	[LUO_STATS_B3_SHUTDOWN_END] = "shutdown_end",
	[LUO_STATS_B4_MACHINE_BEGIN] = "machine_begin",
	[LUO_STATS_B5_MACHINE_END] = "machine_end",
	[LUO_STATS_B6_JUMP] = "jump",
	[LUO_STATS_B7_TIME_ZERO] = "time_zero",
	[LUO_STATS_B8_INIT] = "init",
	[LUO_STATS_B9_LUO_OPEN] = "luo_open",
	[LUO_STATS_B10_RETRIEVED] = "retrieved",
	[LUO_STATS_B11_IN_SERVICE] = "in_service",
};

static const char *const phases[] = {
	[LUO_STATS_B1_FROZEN] = "freeze",
	[LUO_STATS_B2_SHUTDOWN_BEGIN] = "notifiers",
	[LUO_STATS_B3_SHUTDOWN_END] = "device_shutdown",
	[LUO_STATS_B4_MACHINE_BEGIN] = "system_core_shutdown",
	[LUO_STATS_B5_MACHINE_END] = "machine_shutdown",
	[LUO_STATS_B6_JUMP] = "dumpers",
	[LUO_STATS_B7_TIME_ZERO] = "jump",
	[LUO_STATS_B8_INIT] = "kernel_boot",
	[LUO_STATS_B9_LUO_OPEN] = "userspace",
	[LUO_STATS_B10_RETRIEVED] = "retrieve",
	[LUO_STATS_B11_IN_SERVICE] = "resume",
};

static const char *const anchors[] = {
	[LUO_STATS_ANCHOR_LOAD] = "load",   [LUO_STATS_ANCHOR_NOTIFIER] = "notifier",
	[LUO_STATS_ANCHOR_LAST] = "last",   [LUO_STATS_ANCHOR_READ] = "read",
	[LUO_STATS_ANCHOR_EARLY] = "early",
};

static const char *const counters[] = {
	[LUO_STATS_COUNTER_TSC] = "tsc",
	[LUO_STATS_COUNTER_CNTVCT] = "cntvct",
};

static const char *const reset_outcomes[] = {
	[LUO_STATS_RESET_OK] = "ok",
	[LUO_STATS_RESET_FAILED] = "failed",
	[LUO_STATS_RESET_BUSY] = "busy",
	[LUO_STATS_RESET_NONE] = "none",
};

static const char *const reset_locks[] = {
	[1] = "access", [2] = "memory", [3] = "bridge", [4] = "device",
	[5] = "config", [6] = "dmabuf", [7] = "set",
};

static const char *const agains[] = {
	[LUO_STATS_AGAIN_SPARED] = "idle",	   [LUO_STATS_AGAIN_ASKED] = "asked",
	[LUO_STATS_AGAIN_NOT_RESET] = "not_reset", [LUO_STATS_AGAIN_BOUND] = "bound",
	[LUO_STATS_AGAIN_ENABLED] = "enabled",	   [LUO_STATS_AGAIN_CHANGED] = "changed",
};

static const char *const again_words[] = {
	[LUO_STATS_AGAIN_SPARED] = "reset by the old kernel and idle since",
	[LUO_STATS_AGAIN_ASKED] = "vfio_pci_core.reset_again asks for it",
	[LUO_STATS_AGAIN_NOT_RESET] = "the old kernel could not reset it",
	[LUO_STATS_AGAIN_BOUND] = "it had been bound before",
	[LUO_STATS_AGAIN_ENABLED] = "somebody had enabled it",
	[LUO_STATS_AGAIN_CHANGED] = "its configuration space was not as the old kernel left it",
};

/* By bit of enum luo_stats_watch. */
static const char *const watches[] = { "freeze",    "retrieve",	    "handler", "bind",
				       "irq_setup", "device_files", "reset" };

const char *name_kind(unsigned int kind, char *buffer)
{
	if (kind < ARRAY_SIZE(kinds) && kinds[kind])
		return kinds[kind];
	snprintf(buffer, NAME_BYTES, "kind %u", kind);
	return buffer;
}

const char *name_slot(unsigned int slot)
{
	return LOOK_UP(slots, slot);
}

const char *name_phase(unsigned int slot)
{
	return LOOK_UP(phases, slot);
}

const char *name_anchor(unsigned int slot)
{
	return LOOK_UP(anchors, slot);
}

const char *name_counter(unsigned int counter)
{
	return LOOK_UP(counters, counter);
}

const char *name_watch(unsigned int bit)
{
	return bit < ARRAY_SIZE(watches) ? watches[bit] : NULL;
}

const char *name_reset_outcome(unsigned int outcome)
{
	return LOOK_UP(reset_outcomes, outcome);
}

const char *name_reset_lock(unsigned int lock)
{
	return LOOK_UP(reset_locks, lock);
}

const char *name_again(uint64_t again)
{
	return LOOK_UP(agains, again);
}

const char *words_again(uint64_t again)
{
	return again < ARRAY_SIZE(again_words) && again_words[again] ?
		       again_words[again] :
		       "for a reason that this luoscope does not know";
}
