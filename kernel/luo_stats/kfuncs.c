// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: luo_stats kfuncs
 *
 * These can be called by tracing programs (fentry, fexit, fmod_ret, tp_btf) and by programs of type
 * syscall. None of them sleeps or waits. They must not be called from NMI. A loaded program that
 * uses one holds a reference to the module.
 *
 * Without the module, a program still loads if its calls are guarded by a condition that the
 * verifier can see is false, such as a const volatile flag that the loader sets.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/preempt.h>

#include "luo_stats.h"

__bpf_kfunc_start_defs();

/**
 * luo_stats_cycles - read the counter of all stamps
 *
 * Return: cycles (x86: TSC, arm64: CNTVCT).
 */
__bpf_kfunc u64 luo_stats_cycles(void)
{
	return luo_stats_counter();
}

/**
 * luo_stats_boundary - stamp a boundary of the blackout
 * @slot: enum luo_stats_slot
 * @cycles: from luo_stats_cycles(); 0: now
 * @result: with LUO_STATS_B1_FROZEN, what liveupdate_reboot() returned; else 0
 *
 * Return: 0, -EINVAL for an unknown slot, -ENOENT if no attempt is open, -EALREADY if the slot has
 * been stamped and keeps its stamp, -EOPNOTSUPP in NMI.
 */
__bpf_kfunc int luo_stats_boundary(u32 slot, u64 cycles, s32 result)
{
	if (in_nmi())
		return -EOPNOTSUPP;
	return luo_stats_area_boundary(slot, cycles, result);
}

/**
 * luo_stats_subject - find the number of a subject, or add it
 * @key: a struct luo_stats_subject_key; all bytes after the end of a name must be 0
 * @key__sz: its size
 *
 * Return: the number, or 0 if the area is full, if the size is wrong, or in NMI. A span that is
 * started with 0 is counted as dropped.
 */
__bpf_kfunc u32 luo_stats_subject(const void *key, u32 key__sz)
{
	if (in_nmi() || key__sz != sizeof(struct luo_stats_subject_key))
		return 0;
	return luo_stats_area_subject(key);
}

/**
 * luo_stats_span_begin - begin a span
 * @kind: enum luo_stats_kind
 * @subject: from luo_stats_subject()
 * @begin_cycles: from luo_stats_cycles(); 0: now
 * @detail: depends on the kind
 *
 * Return: a handle for luo_stats_span_end(), or 0 if the area is full (counted) or in NMI.
 */
__bpf_kfunc u64 luo_stats_span_begin(u32 kind, u32 subject, u64 begin_cycles, u64 detail)
{
	if (in_nmi())
		return 0;
	return luo_stats_area_span_begin(kind, subject, begin_cycles, detail);
}

/**
 * luo_stats_span_end - end a span
 * @handle: from luo_stats_span_begin(); 0 is ignored
 * @subject: 0, or a more complete subject that replaces the first one. LUO_STATS_NO_SUBJECT: there
 *           was no room for that one, so the span is dropped, and counted
 * @result: 0 or a negative errno
 * @detail: 0, or a detail that replaces the first one
 * @end_cycles: from luo_stats_cycles(); 0: now
 *
 * Return: 0, -EINVAL if @handle is not a handle, -ESTALE if the span has ended or was forgotten,
 * -EBUSY if the area cannot be written, -EOPNOTSUPP in NMI. The end of a span that was forgotten,
 * or that cannot be written, is counted; in NMI it is not, nor is a second end of the same span.
 */
__bpf_kfunc int luo_stats_span_end(u64 handle, u32 subject, s32 result, u64 detail, u64 end_cycles)
{
	if (in_nmi())
		return -EOPNOTSUPP;
	return luo_stats_area_span_end(handle, subject, result, detail, end_cycles);
}

/**
 * luo_stats_missed - count a span as dropped that the program saw but could not follow
 * @kind: enum luo_stats_kind
 */
__bpf_kfunc void luo_stats_missed(u32 kind)
{
	if (!in_nmi())
		luo_stats_area_missed(kind);
}

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(luo_stats_kfunc_ids)
BTF_ID_FLAGS(func, luo_stats_cycles)
BTF_ID_FLAGS(func, luo_stats_boundary)
BTF_ID_FLAGS(func, luo_stats_subject)
BTF_ID_FLAGS(func, luo_stats_span_begin)
BTF_ID_FLAGS(func, luo_stats_span_end)
BTF_ID_FLAGS(func, luo_stats_missed)
BTF_KFUNCS_END(luo_stats_kfunc_ids)

static const struct btf_kfunc_id_set luo_stats_kfunc_set = {
	.owner = THIS_MODULE,
	.set = &luo_stats_kfunc_ids,
};

/**
 * luo_stats_kfuncs_register - let programs call the kfuncs
 *
 * This can only be undone by unloading the module, which is not possible if it is built in. Once
 * programs of the first type may call the kfuncs, these have to stay, with everything that they
 * use.
 *
 * Return: 0, or the BPF core's error if no program can call them.
 */
int luo_stats_kfuncs_register(void)
{
	int err;

	err = register_btf_kfunc_id_set(BPF_PROG_TYPE_TRACING, &luo_stats_kfunc_set);
	if (err)
		return err;
	err = register_btf_kfunc_id_set(BPF_PROG_TYPE_SYSCALL, &luo_stats_kfunc_set);
	if (err)
		pr_warn("programs of type syscall cannot call the kfuncs: %pe\n", ERR_PTR(err));
	return 0;
}
