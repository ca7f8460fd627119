// SPDX-License-Identifier: GPL-2.0
#include "vms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bounded.h"
#include "capture/area.h"
#include "clock.h"
#include "detached.h"
#include "model.h"

/* A vCPU as one area has it. */
struct seen_vcpu {
	uint32_t tgid;
	uint32_t id;
	uint64_t cycles;
	bool open;
	bool is_late; /* of an entry: there may have been one before that nobody saw */
	char session[MODEL_NAME_BYTES];
	char process[MODEL_DETAIL_BYTES];
};

/* All vCPUs of one process in one area. */
struct seen_vm {
	const struct seen_vcpu *vcpu;
	size_t vcpus;
	const char *session;
	const char *process;
	bool in_new_kernel;
	const struct seen_vm *pair; /* in the other area */
	bool unsure; /* it may be the same as one in the other area that has no pair */
};

/* What one area has: vCPUs sorted by process and id, each once. @whole: nothing is damaged. */
struct seen {
	bool watched;
	bool whole;
	struct seen_vcpu *vcpu;
	size_t vcpus;
	struct seen_vm *vm;
	size_t vms;
};

static void read_vcpu(struct seen_vcpu *vcpu, const struct luo_stats_subject_key *id,
		      const struct luo_stats_span *span)
{
	*vcpu = (struct seen_vcpu){ .tgid = LUO_STATS_VCPU_TGID(id->key),
				    .id = LUO_STATS_VCPU_ID(id->key),
				    .open = span->state == LUO_STATS_OPEN };
	vcpu->cycles = vcpu->open ? span->begin_cycles : span->end_cycles;
	memcpy(vcpu->session, id->name, strnlen(id->name, sizeof(id->name)));
	memcpy(vcpu->process, id->detail, strnlen(id->detail, sizeof(id->detail)));
}

/* Whether it belongs to this update, and not to another one in the same kernel. */
static bool is_ours(const struct luo_stats_span *span, const struct vms_frame *frame,
		    bool in_new_kernel)
{
	if (in_new_kernel)
		return span->kind == LUO_STATS_VCPU_ENTRY && span->role == LUO_STATS_ROLE_NEW &&
		       !span->attempt;
	return span->kind == LUO_STATS_VCPU_EXIT && span->role == LUO_STATS_ROLE_OLD &&
	       span->attempt == frame->attempt;
}

/* No vCPU runs after the jump, or before the time zero of the new kernel. */
static bool is_in_place(const struct model *model, const struct seen_vcpu *vcpu, bool in_new_kernel)
{
	const struct model_boundary *jump = &model->boundary[LUO_STATS_B6_JUMP];
	const bool has_jump = jump->source != MODEL_SOURCE_NONE;

	if (!in_new_kernel)
		return !has_jump || vcpu->cycles <= jump->cycles;
	if (vcpu->open)
		return false;
	if (model->clock.zero_known)
		return vcpu->cycles >= model->clock.zero_cycles;
	return !has_jump || !model->clock.comparable || vcpu->cycles >= jump->cycles;
}

static int compare_seen(const void *a, const void *b)
{
	const struct seen_vcpu *x = a, *y = b;

	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->cycles < y->cycles ? -1 : x->cycles > y->cycles;
}

/* Keep one span for each vCPU: its last exit, its first entry. */
static void keep_one_each(struct seen *seen, bool in_new_kernel)
{
	size_t kept = 0, i;

	for (i = 0; i < seen->vcpus; i++) {
		const bool again = kept && seen->vcpu[kept - 1].tgid == seen->vcpu[i].tgid &&
				   seen->vcpu[kept - 1].id == seen->vcpu[i].id;

		if (!again)
			seen->vcpu[kept++] = seen->vcpu[i];
		else if (!in_new_kernel)
			seen->vcpu[kept - 1] = seen->vcpu[i];
	}
	seen->vcpus = kept;
}

static void group(struct seen *seen)
{
	struct seen_vm *vm = NULL;
	size_t i;

	for (i = 0; i < seen->vcpus; i++) {
		const struct seen_vcpu *vcpu = &seen->vcpu[i];

		if (!vm || vm->vcpu->tgid != vcpu->tgid) {
			vm = &seen->vm[seen->vms++];
			*vm = (struct seen_vm){ .vcpu = vcpu,
						.session = vcpu->session,
						.process = vcpu->process };
		}
		vm->vcpus++;
		if (!*vm->session)
			vm->session = vcpu->session;
		if (!*vm->process)
			vm->process = vcpu->process;
	}
}

/* When the probes of the new kernel were first detached; UINT64_MAX: they were not. */
static uint64_t detached_in_new(const struct model *model)
{
	uint64_t first = UINT64_MAX;
	size_t i;

	for (i = 0; i < model->detacheds; i++)
		if (model->detached[i].in_new_kernel && model->detached[i].begin_cycles < first)
			first = model->detached[i].begin_cycles;
	return first;
}

/* Whether the new kernel's probes may have been detached before an entry, seen at @cycles. */
static bool entry_is_late(const struct model *model, uint64_t cycles)
{
	size_t i;

	for (i = 0; i < model->detacheds; i++)
		if (model->detached[i].in_new_kernel &&
		    detached_may_be_before(&model->clock, &model->detached[i], cycles))
			return true;
	return false;
}

/* Only counts if @list is NULL. */
static size_t read_spans(struct seen_vcpu *list, struct model *model, const struct area *area,
			 const struct vms_frame *frame, bool in_new_kernel, bool *whole)
{
	struct luo_stats_subject_key id;
	struct area_cursor cursor = {};
	struct luo_stats_span span;
	size_t count = 0;

	while (area_next_span(area, &cursor, &span)) {
		if (!is_ours(&span, frame, in_new_kernel))
			continue;
		if (!list) {
			count++;
			continue;
		}
		if (area_subject(area, span.subject, &id) && id.kind == LUO_STATS_SUBJECT_VCPU &&
		    LUO_STATS_VCPU_TGID(id.key)) {
			read_vcpu(&list[count], &id, &span);
			list[count].is_late = in_new_kernel &&
					      entry_is_late(model, list[count].cycles);
			if (is_in_place(model, &list[count], in_new_kernel)) {
				count++;
				continue;
			}
		}
		/* If there was no room for its subject, that was already counted. */
		if (span.subject) {
			model->losses.invalid_spans++;
			*whole = false;
		}
	}
	return count;
}

static int see(struct seen *seen, struct model *model, const struct area *area,
	       const struct vms_frame *frame, bool in_new_kernel)
{
	size_t most;

	if (!area)
		return 0;
	seen->watched = area_watches_vcpus(area);
	seen->whole = area_is_whole(area);
	most = read_spans(NULL, model, area, frame, in_new_kernel, &seen->whole);
	seen->vcpu = calloc(most + 1, sizeof(*seen->vcpu));
	seen->vm = calloc(most + 1, sizeof(*seen->vm));
	if (!seen->vcpu || !seen->vm)
		return -ENOMEM;
	seen->vcpus = read_spans(seen->vcpu, model, area, frame, in_new_kernel, &seen->whole);
	if (seen->vcpus)
		qsort(seen->vcpu, seen->vcpus, sizeof(*seen->vcpu), compare_seen);
	keep_one_each(seen, in_new_kernel);
	group(seen);
	return 0;
}

static void forget(struct seen *seen)
{
	free(seen->vcpu);
	free(seen->vm);
}

/* Which one is which */

/*
 * Virtual machines of both areas that have the same name in some respect: how many there are on
 * each side without a match, all of them and those whose session is not known, and the last of
 * each. [0]: the old kernel.
 */
struct alike {
	size_t count[2];
	size_t unknown[2];
	struct seen_vm *one[2];
	struct seen_vm *one_unknown[2];
};

/* A list of the virtual machines of both areas. */
struct all {
	struct seen_vm **vm;
	size_t vms;
};

typedef int (*order_fn)(const void *a, const void *b);

static int compare_session(const void *a, const void *b)
{
	const struct seen_vm *const *x = a, *const *y = b;

	return strcmp((*x)->session, (*y)->session);
}

static int compare_process(const void *a, const void *b)
{
	const struct seen_vm *const *x = a, *const *y = b;

	return strcmp((*x)->process, (*y)->process);
}

static int compare_session_and_process(const void *a, const void *b)
{
	const int order = compare_session(a, b);

	return order ? order : compare_process(a, b);
}

static int compare_process_and_size(const void *a, const void *b)
{
	const struct seen_vm *const *x = a, *const *y = b;
	const int order = compare_process(a, b);

	if (order)
		return order;
	return (*x)->vcpus < (*y)->vcpus ? -1 : (*x)->vcpus > (*y)->vcpus;
}

static bool has_session(const struct seen_vm *vm)
{
	return *vm->session;
}

static bool has_process(const struct seen_vm *vm)
{
	return *vm->process;
}

static bool has_both(const struct seen_vm *vm)
{
	return has_session(vm) && has_process(vm);
}

/**
 * struct likeness - a respect in which two virtual machines may be the same
 * @order:   0 for those that are alike
 * @has:     whether one can be the same as another in this respect at all
 * @unknown: the session of one of the two must not be known
 */
struct likeness {
	order_fn order;
	bool (*has)(const struct seen_vm *vm);
	bool unknown;
};

static struct alike count_alike(struct seen_vm *const *vm, size_t count)
{
	struct alike alike = {};
	size_t i;

	for (i = 0; i < count; i++) {
		const bool side = vm[i]->in_new_kernel;

		if (vm[i]->pair)
			continue;
		alike.count[side]++;
		alike.one[side] = vm[i];
		if (has_session(vm[i]))
			continue;
		alike.unknown[side]++;
		alike.one_unknown[side] = vm[i];
	}
	return alike;
}

/* How many of the other area may be @vm, and one of them. */
static size_t candidates(const struct likeness *likeness, const struct alike *alike,
			 const struct seen_vm *vm, struct seen_vm **one)
{
	const bool other = !vm->in_new_kernel;
	const bool only_unknown = likeness->unknown && has_session(vm);

	*one = only_unknown ? alike->one_unknown[other] : alike->one[other];
	return only_unknown ? alike->unknown[other] : alike->count[other];
}

/* Two that are each other's only candidates are the same. */
static void pair_alike(const struct likeness *likeness, struct seen_vm **vm, size_t count)
{
	const struct alike alike = count_alike(vm, count);
	struct seen_vm *other, *back;
	size_t i;

	for (i = 0; i < count; i++) {
		if (vm[i]->pair || vm[i]->in_new_kernel ||
		    candidates(likeness, &alike, vm[i], &other) != 1 ||
		    candidates(likeness, &alike, other, &back) != 1 || back != vm[i])
			continue;
		vm[i]->pair = other;
		other->pair = vm[i];
	}
}

/* Those without a match that may be the same as another, but that cannot be decided. */
static void doubt_alike(const struct likeness *likeness, struct seen_vm **vm, size_t count)
{
	const struct alike alike = count_alike(vm, count);
	struct seen_vm *other;
	size_t i;

	for (i = 0; i < count; i++)
		if (!vm[i]->pair && candidates(likeness, &alike, vm[i], &other))
			vm[i]->unsure = true;
}

/* Do it to each group of those that are alike. */
static void for_each_alike(const struct all *all, const struct likeness *likeness,
			   void (*act)(const struct likeness *likeness, struct seen_vm **vm,
				       size_t count))
{
	size_t first, end;

	if (all->vms)
		qsort(all->vm, all->vms, sizeof(*all->vm), likeness->order);
	for (first = 0; first < all->vms; first = end) {
		for (end = first + 1;
		     end < all->vms && !likeness->order(&all->vm[first], &all->vm[end]); end++)
			;
		if (likeness->has(all->vm[first]))
			act(likeness, &all->vm[first], end - first);
	}
}

static void list_all(struct all *all, struct seen *seen, bool in_new_kernel)
{
	size_t i;

	for (i = 0; i < seen->vms; i++) {
		seen->vm[i].in_new_kernel = in_new_kernel;
		all->vm[all->vms++] = &seen->vm[i];
	}
}

/* Find out which of the two areas are the same. */
static int match(struct seen *old, struct seen *new)
{
	static const struct likeness sure[] = {
		{ compare_session, has_session, false },
		{ compare_session_and_process, has_both, false },
		{ compare_process_and_size, has_process, true },
	};
	static const struct likeness doubtful[] = {
		{ compare_session, has_session, false },
		{ compare_process, has_process, true },
	};
	struct all all = { .vm = calloc(old->vms + new->vms + 1, sizeof(struct seen_vm *)) };
	size_t i;

	if (!all.vm)
		return -ENOMEM;
	list_all(&all, old, false);
	list_all(&all, new, true);
	for (i = 0; i < ARRAY_SIZE(sure); i++)
		for_each_alike(&all, &sure[i], pair_alike);
	for (i = 0; i < ARRAY_SIZE(doubtful); i++)
		for_each_alike(&all, &doubtful[i], doubt_alike);
	free(all.vm);
	return 0;
}

/* Rows */

struct rows {
	struct model *model;
	const struct vms_frame *frame;
	size_t vcpus;
};

static struct bounded time_of(const struct rows *rows, uint64_t cycles, bool in_new_kernel)
{
	const struct clock *clock = &rows->model->clock;
	int64_t ns;

	if (!rows->frame->comparable[in_new_kernel] || !rows->frame->origin[in_new_kernel] ||
	    clock_ns(clock, rows->frame->origin[in_new_kernel], cycles, &ns))
		return (struct bounded){};
	return clock_bounded(clock, ns, 0);
}

/* Also not known if it is longer than an update can be, or negative. */
static struct bounded time_between(const struct clock *clock, struct bounded from,
				   struct bounded to)
{
	const int64_t ns = to.value - from.value;

	if (!from.known || !to.known || ns < 0 || ns > CLOCK_UPDATE_MAX_NS)
		return (struct bounded){};
	return clock_bounded(clock, ns, 0);
}

/*
 * Nobody saw whether it ran between @earliest and @entry, so @entry is only the latest time at
 * which it can have started.
 */
static void may_be_earlier(struct bounded *entry, struct bounded *downtime, struct bounded earliest)
{
	if (!entry->known || !earliest.known || earliest.value >= entry->value)
		return;
	if (downtime->known && downtime->low != BOUNDED_NO_LOW) {
		downtime->low -= entry->value - earliest.value;
		downtime->why = WHY_RAN_UNSEEN;
	}
	if (entry->low != BOUNDED_NO_LOW) {
		entry->low = earliest.low;
		entry->why = WHY_RAN_UNSEEN;
	}
}

/* Both lists are sorted by id; either may be empty. */
static void join_vcpus(struct rows *rows, const struct seen_vm *old, const struct seen_vm *new,
		       struct bounded detached)
{
	size_t l = 0, c = 0;

	while ((old && l < old->vcpus) || (new &&c < new->vcpus)) {
		struct model_vcpu *row = &rows->model->vcpu[rows->vcpus++];
		const struct seen_vcpu *exit = old && l < old->vcpus ? &old->vcpu[l] : NULL;
		const struct seen_vcpu *entry = new &&c < new->vcpus ? &new->vcpu[c] : NULL;

		if (exit && entry && exit->id != entry->id) {
			if (exit->id < entry->id)
				entry = NULL;
			else
				exit = NULL;
		}
		row->id = exit ? exit->id : entry->id;
		if (exit) {
			row->in_old_kernel = true;
			row->never_left = exit->open;
			row->exit = time_of(rows, exit->cycles, false);
			l++;
		}
		if (entry) {
			row->in_new_kernel = true;
			row->late = entry->is_late;
			row->entry = time_of(rows, entry->cycles, true);
			c++;
		}
		row->downtime = time_between(&rows->model->clock, row->exit, row->entry);
		if (row->late)
			may_be_earlier(&row->entry, &row->downtime, detached);
		/* One that ran only in the new kernel has nothing to come back from. */
		if (row->late && old)
			detached_matter_to_vms(rows->model, entry->cycles);
	}
}

/* Leave out what was unplugged before the update; see VMS_UNPLUGGED_NS. */
static void leave_out_unplugged(struct rows *rows, size_t first)
{
	struct model_vcpu *vcpu = rows->model->vcpu;
	struct bounded last = {};
	size_t kept = first, i;

	for (i = first; i < rows->vcpus; i++)
		if (vcpu[i].exit.known && (!last.known || vcpu[i].exit.value > last.value))
			last = vcpu[i].exit;
	for (i = first; i < rows->vcpus; i++)
		if (vcpu[i].in_new_kernel || !vcpu[i].exit.known ||
		    vcpu[i].exit.value >= last.value - VMS_UNPLUGGED_NS)
			vcpu[kept++] = vcpu[i];
	memset(&vcpu[kept], 0, (rows->vcpus - kept) * sizeof(*vcpu));
	rows->vcpus = kept;
}

/* Sum up its vCPUs. @detached: when the probes of the new kernel first were. */
static void finish_vm(const struct clock *clock, struct model_vm *vm, struct bounded detached)
{
	bool all_exits = true, all_entries = true, is_late = false;
	struct bounded earliest = detached;
	size_t i;

	for (i = 0; i < vm->vcpus; i++) {
		const struct model_vcpu *vcpu = &vm->vcpu[i];

		vm->vcpus_old += vcpu->in_old_kernel;
		vm->vcpus_back += vcpu->in_old_kernel && vcpu->in_new_kernel;
		all_exits &= !vcpu->in_old_kernel || vcpu->exit.known;
		all_entries &= vcpu->entry.known;
		is_late |= vcpu->late;
		if (!vcpu->late && vcpu->entry.known && vcpu->entry.value > earliest.value)
			earliest = vcpu->entry;
		if (vcpu->exit.known && (!vm->exit.known || vcpu->exit.value < vm->exit.value))
			vm->exit = vcpu->exit;
		if (vcpu->entry.known && (!vm->entry.known || vcpu->entry.value > vm->entry.value))
			vm->entry = vcpu->entry;
	}
	if (!all_exits)
		vm->exit = (struct bounded){};
	if (!all_entries)
		vm->entry = (struct bounded){};
	if (vm->vcpus_back == vm->vcpus)
		vm->downtime = time_between(clock, vm->exit, vm->entry);
	if (is_late)
		may_be_earlier(&vm->entry, &vm->downtime, earliest);
}

static void add_vm(struct rows *rows, const struct seen_vm *old, const struct seen_vm *new,
		   bool unsure)
{
	struct model *model = rows->model;
	struct model_vm *vm = &model->vm[model->vms++];
	const struct seen_vm *first = old ? old : new;
	const size_t first_vcpu = rows->vcpus;
	const struct bounded detached = time_of(rows, detached_in_new(model), true);

	strcpy(vm->session, *first->session || !new ? first->session : new->session);
	strcpy(vm->process, first->process);
	vm->old_tgid = old ? old->vcpu->tgid : 0;
	vm->new_tgid = new ? new->vcpu->tgid : 0;
	vm->unsure = unsure;
	join_vcpus(rows, old, new, detached);
	leave_out_unplugged(rows, first_vcpu);
	vm->vcpu = &model->vcpu[first_vcpu];
	vm->vcpus = rows->vcpus - first_vcpu;
	finish_vm(&model->clock, vm, detached);
}

/* Those that are not back first, then those with the longest downtime. */
static int compare_vms(const void *a, const void *b)
{
	const struct model_vm *x = a, *y = b;
	const bool x_is_back = x->vcpus_back >= x->vcpus_old;
	const bool y_is_back = y->vcpus_back >= y->vcpus_old;
	int order;

	if (x_is_back != y_is_back)
		return x_is_back ? 1 : -1;
	if (x->downtime.known != y->downtime.known)
		return x->downtime.known ? -1 : 1;
	if (x->downtime.known && x->downtime.value != y->downtime.value)
		return x->downtime.value > y->downtime.value ? -1 : 1;
	order = strcmp(model_vm_name(x), model_vm_name(y));
	if (order)
		return order;
	if (x->old_tgid != y->old_tgid)
		return x->old_tgid < y->old_tgid ? -1 : 1;
	return x->new_tgid < y->new_tgid ? -1 : x->new_tgid > y->new_tgid;
}

static int make_rows(struct model *model, const struct vms_frame *frame, const struct seen *old,
		     const struct seen *new)
{
	struct rows rows = { .model = model, .frame = frame };
	size_t i;

	model->vm = calloc(old->vms + new->vms + 1, sizeof(*model->vm));
	model->vcpu = calloc(old->vcpus + new->vcpus + 1, sizeof(*model->vcpu));
	if (!model->vm || !model->vcpu)
		return -ENOMEM;
	for (i = 0; i < old->vms; i++)
		add_vm(&rows, &old->vm[i], old->vm[i].pair, old->vm[i].unsure);
	for (i = 0; i < new->vms; i++)
		if (!new->vm[i].pair)
			add_vm(&rows, NULL, &new->vm[i], new->vm[i].unsure);
	if (model->vms)
		qsort(model->vm, model->vms, sizeof(*model->vm), compare_vms);
	return 0;
}

/* Whether what was not seen to run in the new kernel is known not to have run. */
static bool every_entry_was_seen(const struct seen *seen, const struct area *new)
{
	const struct luo_stats_header *header = &new->header;
	const __u64 *stamp = header->as_new_kernel.cycles;

	/* Nobody runs a guest before its memory is back. */
	return seen->watched && (stamp[LUO_STATS_B9_LUO_OPEN] || stamp[LUO_STATS_INIT_DONE]) &&
	       !header->dropped[LUO_STATS_VCPU_ENTRY] && seen->whole;
}

/* Whether every vCPU that ran in the old kernel is known. */
static bool every_exit_was_seen(const struct seen *seen, const struct area *old,
				const struct vms_frame *frame)
{
	return seen->watched && !frame->was_detached && !old->header.dropped[LUO_STATS_VCPU_EXIT] &&
	       seen->whole;
}

static void count_missing(struct model *model, bool known)
{
	size_t i;

	model->vms_missing_known = known;
	for (i = 0; i < model->vms; i++) {
		const struct model_vm *vm = &model->vm[i];

		if (!vm->old_tgid)
			continue;
		model->vms_old++;
		model->vms_missing += vm->vcpus_back < vm->vcpus_old;
		model->vms_missing_known &= !vm->unsure;
	}
}

int vms_find(struct model *model, const struct area *old, const struct area *new,
	     const struct vms_frame *frame)
{
	struct seen seen_old = {}, seen_new = {};
	int err;

	err = see(&seen_old, model, old, frame, false);
	if (!err)
		err = see(&seen_new, model, new, frame, true);
	if (err)
		goto out;
	err = match(&seen_old, &seen_new);
	if (err)
		goto out;
	err = make_rows(model, frame, &seen_old, &seen_new);
	if (err)
		goto out;
	model->vms_watched_old = seen_old.watched;
	model->vms_watched_new = seen_new.watched;
	model->vms_watched = seen_old.watched && seen_new.watched;
	count_missing(model, old && new &&every_exit_was_seen(&seen_old, old, frame) &&
				     every_entry_was_seen(&seen_new, new));
	/* They may have come back meanwhile. */
	if (model->vms_missing && detached_in_new(model) != UINT64_MAX) {
		model->vms_missing_known = false;
		if (model->vms_watched_new)
			detached_matter_to_vms(model, UINT64_MAX);
	}
out:
	forget(&seen_old);
	forget(&seen_new);
	return err;
}

/* The part of @downtime_ns that is @ns long; there is no such part if @ns is negative. */
static struct bounded part_of(const struct clock *clock, int64_t downtime_ns, int64_t ns)
{
	if (ns <= 0)
		return clock_doubt(clock, bounded_exact(0));
	return clock_bounded(clock, ns < downtime_ns ? ns : downtime_ns, 0);
}

/* The part of the downtime after @end. If the blackout may have lasted longer, it is shorter. */
static struct bounded part_after(const struct model *model, const struct model_vm *vm, int64_t end)
{
	struct bounded after = part_of(&model->clock, vm->downtime.value, vm->entry.value - end);

	if (bounded_is_lower_bound(model->blackout))
		return bounded_at_most(after, model->blackout.why);
	if (after.low != BOUNDED_NO_LOW && vm->entry.low != BOUNDED_NO_LOW) {
		after.low -= vm->entry.value - vm->entry.low;
		after.low = after.low < 0 ? 0 : after.low;
	}
	return after;
}

void vms_relate(struct model *model)
{
	const struct model_boundary *begin = &model->boundary[LUO_STATS_B0_UPDATE_BEGIN];
	const bool has_begin = begin->source != MODEL_SOURCE_NONE && begin->start.known;
	size_t i;

	for (i = 0; i < model->vms; i++) {
		struct model_vm *vm = &model->vm[i];

		if (!vm->downtime.known)
			continue;
		if (has_begin)
			vm->before = part_of(&model->clock, vm->downtime.value,
					     begin->start.value - vm->exit.value);
		if (model->has_end)
			vm->after =
				part_after(model, vm, begin->start.value + model->blackout.value);
	}
}
