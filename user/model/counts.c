// SPDX-License-Identifier: GPL-2.0
#include "counts.h"

#include "base/bounded.h"
#include "model.h"

/* If something was lost, or not every freeze was watched, there may have been more than @count. */
static struct bounded count_frozen(const struct model *model, size_t count)
{
	const char *lost = model_losses_why(&model->losses);
	struct bounded frozen = bounded_exact(count);

	if (!model->has_old_kernel || !model->has_new_kernel)
		return bounded_unknown(model->has_old_kernel ? WHY_NO_NEW_KERNEL :
							       WHY_NO_OLD_KERNEL);
	if (lost)
		frozen = bounded_at_least(frozen, lost);
	if (!(model->probes_old.watched & LUO_STATS_WATCH_FREEZE))
		frozen = bounded_at_least(frozen, WHY_UNWATCHED);
	return frozen;
}

void counts_find(struct model *model)
{
	size_t files = 0, i;

	for (i = 0; i < model->files; i++)
		files += model->file[i].takes_part;
	model->file_count = count_frozen(model, files);
	model->session_count = count_frozen(model, model->sessions);
}
