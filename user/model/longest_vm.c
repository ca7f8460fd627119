// SPDX-License-Identifier: GPL-2.0
#include "longest_vm.h"

#include <stddef.h>

struct bounded longest_vm_downtime(const struct model *model, const struct model_vm **longest)
{
	struct bounded downtime = bounded_unknown(WHY_NO_VM_DOWNTIME);
	const struct model_vm *found = NULL;
	bool is_least = !model->vms_missing_known;
	size_t i;

	for (i = 0; i < model->vms; i++) {
		const struct model_vm *vm = &model->vm[i];

		if (!vm->vcpus_old)
			continue;
		is_least |= !vm->downtime.known;
		if (!vm->downtime.known)
			continue;
		downtime = found ? bounded_larger(downtime, vm->downtime) : vm->downtime;
		if (!found || vm->downtime.value > found->downtime.value)
			found = vm;
	}
	if (longest)
		*longest = found;
	return found && is_least ? bounded_at_least(downtime, WHY_NO_VM_DOWNTIME) : downtime;
}
