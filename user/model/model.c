// SPDX-License-Identifier: GPL-2.0
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "capture/area_names.h"
#include "capture/boot_log.h"

void model_losses_list(const struct model_losses *losses, struct model_loss list[MODEL_LOSSES])
{
	const struct model_loss all[MODEL_LOSSES] = {
		{ "subjects_dropped", losses->subjects_dropped },
		{ "attempts_dropped", losses->attempts_dropped },
		{ "spans_recycled", losses->spans_recycled },
		{ "invalid_spans", losses->invalid_spans },
		{ "invalid_subjects", losses->invalid_subjects },
		{ "reserved_spans", losses->reserved_spans },
		{ "unfinished", losses->unfinished },
	};

	memcpy(list, all, sizeof(all));
}

uint64_t model_losses_dropped(const struct model_losses *losses, const char **what)
{
	const bool is_spans = losses->dropped_total || !losses->subjects_dropped;

	*what = is_spans ? "span" : "subject";
	return is_spans ? losses->dropped_total : losses->subjects_dropped;
}

const char *model_losses_why(const struct model_losses *losses)
{
	if (model_losses_but_marks(losses) || losses->subjects_dropped || losses->attempts_dropped)
		return "spans were dropped";
	if (losses->invalid_spans || losses->invalid_subjects)
		return "part of the capture makes no sense";
	if (losses->reserved_spans)
		return "spans were still being written";
	return NULL;
}

const char *model_probe(const struct model_probes *probes, unsigned int i, bool *known,
			bool *attached)
{
	const char *name = name_watch(i);

	*known = !name || i < probes->bits;
	*attached = name ? probes->watched >> i & 1 : probes->vcpus;
	if (!name && name_watch(i - 1))
		name = "vcpu";
	return probes->known ? name : NULL;
}

bool model_was_detached(const struct model *model, bool in_new_kernel)
{
	size_t i;

	for (i = 0; i < model->detacheds; i++)
		if (model->detached[i].in_new_kernel == in_new_kernel &&
		    model->detached[i].matters && !model->detached[i].is_after_rest)
			return true;
	return false;
}

static int compare_name(const void *name, const void *device)
{
	return strcmp(name, ((const struct model_device *)device)->name);
}

const struct model_device *model_find_device(const struct model *model, const char *name)
{
	return model->devices ? bsearch(name, model->device, model->devices, sizeof(*model->device),
					compare_name) :
				NULL;
}

static void free_boot(struct model_boot *boot)
{
	unsigned int i;

	for (i = 0; i < BOOT_LISTS; i++)
		free(boot->list[i].row);
}

void model_free(struct model *model)
{
	free_boot(&model->boot);
	free(model->file);
	free(model->session);
	free(model->flb);
	free(model->device);
	free(model->note);
	free(model->shutdown);
	free(model->open);
	free(model->mark);
	free(model->vm);
	free(model->vcpu);
	free(model->other);
	free(model->pole);
	free(model->gap);
	free(model->attempt_span);
	free(model->left_out);
	free(model->detached);
	*model = (struct model){};
}
