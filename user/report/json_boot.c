// SPDX-License-Identifier: GPL-2.0
#include "json_boot.h"

#include "base/bounded.h"
#include "base/json_values.h"
#include "capture/boot_log.h"
#include "model/model.h"

static json_t *json_moment(const struct bounded *moment)
{
	if (!moment->known)
		return json_null();
	return json_pack("{s:o, s:o}", "start_ns", json_time(*moment), "start_error_ns",
			 json_error(*moment));
}

static json_t *json_moments(const struct model_boot *boot)
{
	json_t *object = json_object();
	unsigned int i;

	for (i = 0; object && i < BOOT_MOMENTS; i++) {
		if (json_object_set_new(object, boot_moment_name(i),
					json_moment(&boot->moment[i]))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

/* @what and @of: the JSON names of the row's texts. */
static json_t *json_list(const struct model_boot_list *list, const char *what, const char *of,
			 bool has_result)
{
	json_t *rows = json_array();
	size_t i;

	for (i = 0; i < list->rows; i++) {
		const struct model_boot_row *row = &list->row[i];

		rows = json_append(
			rows,
			json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o*, s:o*}", what,
				  json_text_or_null(row->what), of, json_text_or_null(row->of),
				  "start_ns", json_time(row->start), "start_error_ns",
				  json_error(row->start), "duration_ns", json_time(row->duration),
				  "error_ns", json_error(row->duration), "is_lower_bound",
				  json_lower_bound(row->duration), "result",
				  has_result ? json_integer(row->result) : NULL, "errno",
				  has_result ? json_errno(row->result) : NULL));
	}
	return json_with_time(json_pack("{s:o, s:o}", "count", json_count(list->count), "longest",
					rows),
			      "total", list->total);
}

static json_t *json_console(const struct model_boot *boot)
{
	const struct boot_console *console = &boot->console;

	if (!console->names[0])
		return json_null();
	return json_pack("{s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "names", json_text(console->names),
			 "waits", console->waits, "lines", json_count(console->lines), "bytes",
			 json_count(console->bytes), "ns_per_byte",
			 boot->console_cost.known ? json_count(console->ns_per_byte) : json_null(),
			 "cost_ns", json_time(boot->console_cost), "cost_is_lower_bound",
			 json_lower_bound(boot->console_cost));
}

json_t *json_boot(const struct model_boot *boot)
{
	const struct model_boot_list *list = boot->list;
	const bool has = boot->has_initcalls;

	if (!boot->is_recorded)
		return json_null();
	return json_pack(
		"{s:b, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "observed",
		boot->has_boot, "records_lost", json_count(boot->lost), "lost_until_ns",
		boot->lost ? json_time(boot->lost_until) : json_null(), "lost_until_error_ns",
		boot->lost ? json_error(boot->lost_until) : json_null(), "initcall_debug", has,
		"moments", json_moments(boot), "vfio_pci_latest_ns",
		json_time(boot->vfio_pci_latest), "console", json_console(boot), "initcalls",
		has ? json_list(&list[BOOT_INITCALLS], "name", "module", true) : json_null(),
		"modules",
		has ? json_list(&list[BOOT_MODULES], "name", "module", true) : json_null(),
		"probes",
		has ? json_list(&list[BOOT_PROBES], "device", "driver", true) : json_null(),
		"silences",
		boot->has_boot ? json_list(&list[BOOT_SILENCES], "before", "after", false) :
				 json_null());
}
