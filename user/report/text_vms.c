// SPDX-License-Identifier: GPL-2.0
/*
 * The virtual machines, their fields and their table in text: the downtime of each, as seen by
 * KVM.
 */

#include <stdio.h>

#include "base/array.h"
#include "base/duration.h"
#include "base/json_values.h"
#include "base/text.h"
#include "fields.h"
#include "model/model.h"
#include "rows.h"
#include "text_cells.h"
#include "text_sections.h"
#include "text_select.h"

static json_t *json_vcpus(const struct model *model, const void *value)
{
	const struct model_vm *vm = value;
	json_t *list = json_array();
	size_t i;

	(void)model;
	for (i = 0; i < vm->vcpus; i++) {
		const struct model_vcpu *vcpu = &vm->vcpu[i];

		list = json_append(
			list,
			json_pack("{s:I, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
				  (json_int_t)vcpu->id, "in_old_kernel", vcpu->in_old_kernel,
				  "in_new_kernel", vcpu->in_new_kernel, "never_left",
				  vcpu->never_left, "exit_ns", json_time(vcpu->exit),
				  "exit_error_ns", json_error(vcpu->exit), "entry_ns",
				  json_time(vcpu->entry), "entry_error_ns", json_error(vcpu->entry),
				  "downtime_ns", json_time(vcpu->downtime), "downtime_error_ns",
				  json_error(vcpu->downtime), "downtime_is_lower_bound",
				  json_lower_bound(vcpu->downtime)));
	}
	return list;
}

/* "2", or "1 of 2" if one is missing. */
static const char *vcpus_cell(struct view *view, char *buffer, const void *value)
{
	const struct model_vm *vm = value;

	(void)view;
	if (vm->old_tgid && vm->new_tgid && vm->vcpus_back < vm->vcpus)
		snprintf(buffer, ESCAPED_BYTES, "%zu of %zu", vm->vcpus_back, vm->vcpus);
	else
		snprintf(buffer, ESCAPED_BYTES, "%zu", vm->vcpus);
	return buffer;
}

static const char *downtime_cell(struct view *view, char *buffer, const void *row)
{
	const struct model_vm *vm = row;

	return model_vm_is_missing(view->model, vm) ? TEXT_NOT_BACK :
						      cells_duration(view, buffer, vm->downtime, 0);
}

static const char *vcpus_remark(const struct model_vm *vm)
{
	bool never_left = false, late = false;
	size_t i;

	for (i = 0; i < vm->vcpus; i++) {
		never_left |= vm->vcpu[i].never_left;
		late |= vm->vcpu[i].late;
	}
	if (late)
		return "may have run before it was seen";
	return never_left ? "ran until it was stopped" : "";
}

/* What its times cannot show. */
static const char *remark_cell(struct view *view, char *buffer, const void *value)
{
	const struct model *model = view->model;
	const struct model_vm *vm = value;

	(void)buffer;
	if (vm->unsure)
		return "ambiguous match";
	if (!vm->old_tgid)
		return model->vms_watched_old ? "not seen before the update" : "";
	if (vm->vcpus_back < vm->vcpus_old) {
		if (!model->vms_missing_known)
			return model->vms_watched_new ? "not seen to come back" : "";
		return vm->vcpus_back ? "only partly back" : "did not come back";
	}
	if (vm->vcpus_old < vm->vcpus)
		return "some vCPUs were not seen before";
	return vcpus_remark(vm);
}

#define AT(member) .offset = offsetof(struct model_vm, member)
static const struct field vm_fields[] = {
	{ "session", "session", FIELD_TEXT_OR_GAP, AT(session) },
	{ "process", "process", FIELD_TEXT, AT(process), .spare = 3 },
	{ "old_pid", NULL, FIELD_PID, AT(old_tgid) },
	{ "new_pid", NULL, FIELD_PID, AT(new_tgid) },
	{ "unsure", NULL, FIELD_FLAG, AT(unsure) },
	{ "vcpus_old", NULL, FIELD_COUNT, AT(vcpus_old) },
	{ "vcpus_back", NULL, FIELD_COUNT, AT(vcpus_back) },
	{ "vcpus", "vCPUs", FIELD_COUNT, .spare = 6, .json = json_vcpus, .cell = vcpus_cell },
	{ "exit", "last exit", FIELD_ERROR, AT(exit), .spare = 4 },
	{ "entry", "first entry", FIELD_ERROR, AT(entry), .spare = 5 },
	{ "downtime", "downtime", FIELD_BOUND, AT(downtime), .cell = downtime_cell },
	{ "before", "before", FIELD_ERROR, AT(before), .spare = 1 },
	{ "after", "after", FIELD_ERROR, AT(after), .spare = 2 },
	{ NULL, "", .cell = remark_cell },
};

static const char *style(const struct model *model, const void *vm)
{
	return model_vm_is_missing(model, vm) ? STYLE_BAD : "";
}

const struct row_type vm_rows = {
	.field = vm_fields,
	.fields = ARRAY_SIZE(vm_fields),
	.bytes = sizeof(struct model_vm),
	.wants = wants_vm,
	.style = style,
};

static const char *where_not_watched(const struct model *model)
{
	if (model->vms_watched)
		return NULL;
	return model->vms_watched_new ? "the old kernel" :
	       model->vms_watched_old ? "the new kernel" :
					"either kernel";
}

int print_vms(struct view *view)
{
	const char *where = where_not_watched(view->model);
	int err;

	if (!view->model->has_update)
		return 0;
	err = rows_section(
		view, &vm_rows, view->model->vm, view->model->vms, "Virtual machines",
		"; downtime: last exit to first entry; before, after: outside the blackout");
	if (where && (view->model->vms || view->is_asked))
		fprintf(view->out, "%s in %s.\n",
			view->model->vms ? "  They were not watched" :
					   "\nVirtual machines were not watched",
			where);
	return err;
}
