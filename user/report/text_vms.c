// SPDX-License-Identifier: GPL-2.0
/*
 * The virtual machines in text: how long each stood still, as seen by KVM.
 */

#include <errno.h>

#include "base/duration.h"
#include "base/table.h"
#include "base/text.h"
#include "model/model.h"
#include "text_cells.h"
#include "text_sections.h"
#include "text_select.h"

/* "2", or "1 of 2" if one is missing. */
static void add_vcpus(struct table *table, const struct model_vm *vm)
{
	if (vm->old_tgid && vm->new_tgid && vm->vcpus_back < vm->vcpus)
		table_cell(table, "%zu of %zu", vm->vcpus_back, vm->vcpus);
	else
		table_cell(table, "%zu", vm->vcpus);
}

static bool has_vcpu_that_never_left(const struct model_vm *vm)
{
	size_t i;

	for (i = 0; i < vm->vcpus; i++)
		if (vm->vcpu[i].never_left)
			return true;
	return false;
}

/* What its times cannot show. */
static const char *remark_of(const struct model *model, const struct model_vm *vm)
{
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
	return has_vcpu_that_never_left(vm) ? "ran until it was stopped" : "";
}

static const char *where_not_watched(const struct model *model)
{
	if (model->vms_watched)
		return NULL;
	return model->vms_watched_new ? "the old kernel" :
	       model->vms_watched_old ? "the new kernel" :
					"either kernel";
}

static int print_table(struct view *view)
{
	struct table table = { .columns = 9,
			       .heading = { "session", "process", "vCPUs", "last exit",
					    "first entry", "downtime", "before", "after", "" },
			       .right = { false, false, true, true, true, true, true, true, false },
			       .spare = { 6, 7, 1, 3, 4, 2 } };
	const struct model *model = view->model;
	char buffer[ESCAPED_BYTES];
	size_t wanted = 0, shown, i;

	for (i = 0; i < model->vms; i++)
		wanted += wants_vm(view, &model->vm[i]);
	shown = cells_shown(view, wanted);
	if (!shown)
		return 0;
	fprintf(view->out,
		"\n" STYLE_TITLE
		"Virtual machines (%zu of %zu; downtime: last exit to first entry; before, after: outside the"
		" blackout)\n",
		shown, model->vms);
	for (i = 0; i < model->vms && shown; i++) {
		const struct model_vm *vm = &model->vm[i];
		const bool is_missing = model_vm_is_missing(model, vm);

		if (!wants_vm(view, vm))
			continue;
		shown--;
		table_cell(&table, "%s%s", is_missing ? STYLE_BAD : "",
			   vm->session[0] ? cells_name(view, buffer, vm->session) : "-");
		view->has_gaps |= !vm->session[0];
		table_cell(&table, "%s", cells_name(view, buffer, vm->process));
		add_vcpus(&table, vm);
		table_cell(&table, "%s", cells_duration(view, buffer, vm->exit, 0));
		table_cell(&table, "%s", cells_duration(view, buffer, vm->entry, 0));
		table_cell(&table, "%s",
			   is_missing ? TEXT_NOT_BACK :
					cells_duration(view, buffer, vm->downtime, 0));
		table_cell(&table, "%s", cells_duration(view, buffer, vm->before, 0));
		table_cell(&table, "%s", cells_duration(view, buffer, vm->after, 0));
		table_cell(&table, "%s", remark_of(model, vm));
	}
	return cells_table(view, &table);
}

int print_vms(struct view *view)
{
	const char *where = where_not_watched(view->model);
	int err = 0;

	if (!view->model->has_update)
		return 0;
	if (view->model->vms)
		err = print_table(view);
	if (where && (view->model->vms || view->is_asked))
		fprintf(view->out, "%s in %s.\n",
			view->model->vms ? "  They were not watched" :
					   "\nVirtual machines were not watched",
			where);
	return err;
}
