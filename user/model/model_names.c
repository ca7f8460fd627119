// SPDX-License-Identifier: GPL-2.0
#include "model_names.h"

#include "base/array.h"
#include "model.h"

static const char *const parts[] = {
	[MODEL_PART_BEFORE_SETUP_ARCH] = "before_setup_arch",
	[MODEL_PART_SETUP_ARCH] = "setup_arch",
	[MODEL_PART_BEFORE_INITCALLS] = "before_initcalls",
	[MODEL_PART_INITCALLS] = "initcalls",
	[MODEL_PART_AFTER_INITCALLS] = "after_initcalls",
};

static const char *const sources[] = {
	[MODEL_SOURCE_NONE] = "not observed", [MODEL_SOURCE_FENTRY] = "fentry",
	[MODEL_SOURCE_FEXIT] = "fexit",	      [MODEL_SOURCE_PROBE] = "probe",
	[MODEL_SOURCE_NOTIFIER] = "notifier", [MODEL_SOURCE_DUMPER] = "dumper",
	[MODEL_SOURCE_MODULE] = "module",     [MODEL_SOURCE_RECKONED] = "reckoned",
	[MODEL_SOURCE_INIT] = "init",	      [MODEL_SOURCE_LOG] = "kernel log",
};

static const char *const pole_kinds[] = {
	[MODEL_POLE_DEVICE] = "device",
	[MODEL_POLE_FILE] = "file",
	[MODEL_POLE_SESSION] = "session",
	[MODEL_POLE_FLB] = "flb",
	[MODEL_POLE_SHUTDOWN] = "device_shutdown",
	[MODEL_POLE_INIT] = "luoscope_init",
};

const char *name_part(unsigned int kind)
{
	return kind < ARRAY_SIZE(parts) ? parts[kind] : "unknown";
}

const char *name_source(unsigned int source)
{
	return source < ARRAY_SIZE(sources) ? sources[source] : "unknown";
}

const char *name_pole_kind(unsigned int kind)
{
	return kind < ARRAY_SIZE(pole_kinds) ? pole_kinds[kind] : "unknown";
}
