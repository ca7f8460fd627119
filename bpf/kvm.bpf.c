// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual machines: when each vCPU last came out of KVM_RUN in the old kernel, and when it first
 * went into KVM_RUN in the new one. Neither KVM nor the VMM helps.
 *
 * Whole calls of KVM_RUN are watched, not what happens within them: a vCPU that waits there for an
 * interrupt can be reached, one outside cannot. The end of a call is observed in vcpu_put(), its
 * last step. An fexit would miss calls that began before the probes were attached, and the vCPUs of
 * an idle guest are in one call for hours. What stays in such a call up to the jump is not known.
 *
 * A call that fails before vcpu_load() has no vcpu_put(), so its vCPU would count as running up to
 * the jump. In Linux 7.2 and 7.3 only x86 has such a failure: kvm_mmu_post_init_vm(), when no
 * thread can be made. arm64's one return there is for kvm_handle_mmio_return(), which cannot fail.
 */
#include "span.bpf.h"

/*
 * The programs of this file are in place. Set by the stamp that says so, and not by the loader
 * before the load: 'luoscope init' leaves out programs also after it has attached them, and what
 * they have seen until then must not be taken for the last that there was.
 */
static bool vcpus_are_watched;

/* Set by the loader: a live update started this kernel, so vCPUs may come back. */
const volatile bool have_arrived = false;

/* Until this long after boot, a vCPU may come back even if its process has retrieved nothing. */
#define ARRIVAL_NS (600ULL * 1000 * 1000 * 1000)

struct bpf_map;

struct vcpu_key {
	__u32 tgid;
	__u32 id;
};

struct vcpu {
	struct kvm_vcpu *kvm_vcpu;
	__u64 exit_cycles; /* when it last came out of KVM_RUN */
	bool is_running;   /* it is in there */
	bool is_told;	   /* its first entry was written, or there is none to write */
	bool is_gone;	   /* KVM destroyed it */
	char process[16] __attribute__((aligned(8)));
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct vcpu_key);
	__type(value, struct vcpu);
} vcpus SEC(".maps");

/* The session that a process uses: this identifies virtual machines across the update. */
struct membership {
	char session[64] __attribute__((aligned(8)));
	bool has_retrieved; /* from it; else it preserved a file in it */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, __u32);
	__type(value, struct membership);
} memberships SEC(".maps");

/* There was no room for a vCPU. Counted once, and not at each of its KVM_RUNs. */
static bool vcpus_are_full;

static __always_inline __u32 current_tgid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

/* Sessions */

/*
 * This process preserved a file in @session, or retrieved one. The first session counts, but one
 * that it retrieved from in this kernel no longer counts once it preserves files for the next.
 */
static __noinline void session_joined(const char *session, bool has_retrieved)
{
	const __u32 tgid = current_tgid();
	struct membership membership = { .has_retrieved = has_retrieved };
	const struct membership *old;

	if (!vcpus_are_watched)
		return;
	old = bpf_map_lookup_elem(&memberships, &tgid);
	if (old && (has_retrieved || !old->has_retrieved))
		return;
	copy_name(membership.session, session, sizeof(membership.session));
	bpf_map_update_elem(&memberships, &tgid, &membership, BPF_ANY);
}

/* Both are padded with 0. */
static __always_inline bool is_session(const char *x, const char *y)
{
	const __u64 *a = (const void *)x, *b = (const void *)y;
	__u64 differs = 0;
	unsigned int i;

	for (i = 0; i < sizeof(((struct membership *)0)->session) / sizeof(*a); i++)
		differs |= a[i] ^ b[i];
	return !differs;
}

struct given_up {
	const char *session;
};

static long forget_vcpu(struct bpf_map *map, const struct vcpu_key *key, const struct vcpu *vcpu,
			struct given_up *given_up)
{
	const struct membership *membership = bpf_map_lookup_elem(&memberships, &key->tgid);

	if (vcpu->is_gone && membership && is_session(membership->session, given_up->session))
		bpf_map_delete_elem(map, key);
	return 0;
}

static long forget_membership(struct bpf_map *map, const __u32 *tgid,
			      const struct membership *membership, struct given_up *given_up)
{
	if (is_session(membership->session, given_up->session))
		bpf_map_delete_elem(map, tgid);
	return 0;
}

/* The files in @session were given up: nobody waits for its virtual machines any more. */
static __always_inline void session_given_up(const char *session)
{
	struct given_up given_up = { .session = session };

	if (!vcpus_are_watched)
		return;
	bpf_for_each_map_elem(&vcpus, forget_vcpu, &given_up, 0);
	bpf_for_each_map_elem(&memberships, forget_membership, &given_up, 0);
}

/* vCPUs */

static __always_inline struct vcpu_key key_of(struct kvm_vcpu *kvm_vcpu)
{
	return (struct vcpu_key){ .tgid = current_tgid(), .id = BPF_CORE_READ(kvm_vcpu, vcpu_id) };
}

static __always_inline void name_process(struct vcpu *vcpu)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	BPF_CORE_READ_STR_INTO(&vcpu->process, task, group_leader, comm);
}

/* Returns NULL if there is no room for it. */
static __always_inline struct vcpu *vcpu_add(const struct vcpu_key *key, struct kvm_vcpu *kvm_vcpu,
					     bool is_told)
{
	struct vcpu vcpu = { .kvm_vcpu = kvm_vcpu, .is_told = is_told };

	name_process(&vcpu);
	if (bpf_map_update_elem(&vcpus, key, &vcpu, BPF_ANY)) {
		if (!vcpus_are_full) {
			missed(LUO_STATS_VCPU_EXIT);
			if (!is_told)
				missed(LUO_STATS_VCPU_ENTRY);
		}
		vcpus_are_full = true;
		return NULL;
	}
	vcpus_are_full = false;
	return bpf_map_lookup_elem(&vcpus, key);
}

/* By value: see span.bpf.h. */
static __noinline struct vcpu *vcpu_look_up(__u32 tgid, __u32 id, struct kvm_vcpu *kvm_vcpu,
					    bool is_told)
{
	const struct vcpu_key key = { tgid, id };
	struct vcpu *vcpu = bpf_map_lookup_elem(&vcpus, &key);

	if (!vcpu)
		return vcpu_add(&key, kvm_vcpu, is_told);
	/* A later virtual machine of this process, or another process with the same number. */
	if (vcpu->kvm_vcpu != kvm_vcpu) {
		vcpu->kvm_vcpu = kvm_vcpu;
		vcpu->is_gone = false;
		name_process(vcpu);
	}
	return vcpu;
}

static __always_inline struct vcpu *vcpu_find(const struct vcpu_key *key, struct kvm_vcpu *kvm_vcpu,
					      bool is_told)
{
	return vcpu_look_up(key->tgid, key->id, kvm_vcpu, is_told);
}

/* @subject is all 0. */
static __always_inline void name_vcpu(struct luo_stats_subject_key *subject, __u32 kind,
				      const struct vcpu_key *key, const struct vcpu *vcpu,
				      const struct membership *membership)
{
	subject->kind = LUO_STATS_SUBJECT_VCPU;
	subject->role = subject_role(kind);
	subject->key = LUO_STATS_VCPU_KEY(key->tgid, key->id);
	if (membership)
		copy_name(subject->name, membership->session, sizeof(subject->name));
	copy_name(subject->detail, vcpu->process, sizeof(vcpu->process));
}

/* For months other programs start virtual machines, too: these are new, and do not come back. */
static __always_inline bool may_come_back(const struct membership *membership, __u64 boottime_ns)
{
	return (membership && membership->has_retrieved) || boottime_ns < ARRIVAL_NS;
}

static __always_inline void write_entry(const struct vcpu_key *key, const struct vcpu *vcpu)
{
	const struct membership *membership = bpf_map_lookup_elem(&memberships, &key->tgid);
	const struct moment now = moment_now();
	struct luo_stats_subject_key subject = {};

	if (!may_come_back(membership, now.boottime_ns))
		return;
	name_vcpu(&subject, LUO_STATS_VCPU_ENTRY, key, vcpu, membership);
	if (have_luo_stats) {
		const __u32 number = luo_stats_subject(&subject, sizeof(subject));

		luo_stats_span_end(luo_stats_span_begin(LUO_STATS_VCPU_ENTRY, number, now.cycles,
							0),
				   0, 0, 0, now.cycles);
	}
	emit(&(struct happening){ .type = LUOSCOPE_EVENT_INSTANT,
				  .kind = LUO_STATS_VCPU_ENTRY,
				  .boottime_ns = now.boottime_ns },
	     &subject);
}

/* A VMM may call KVM_RUN just to complete an access of the guest: then nothing runs. */
static __always_inline bool is_real_run(struct kvm_vcpu *kvm_vcpu)
{
	return BPF_CORE_READ(kvm_vcpu, wants_to_run);
}

SEC("fentry/kvm_arch_vcpu_ioctl_run")
int BPF_PROG(on_vcpu_run, struct kvm_vcpu *kvm_vcpu)
{
	const struct vcpu_key key = key_of(kvm_vcpu);
	struct vcpu *vcpu;

	if (!is_real_run(kvm_vcpu))
		return 0;
	vcpu = vcpu_find(&key, kvm_vcpu, !have_arrived);
	if (!vcpu)
		return 0;
	vcpu->is_running = true;
	if (!vcpu->is_told) {
		vcpu->is_told = true;
		write_entry(&key, vcpu);
	}
	return 0;
}

SEC("fentry/vcpu_put")
int BPF_PROG(on_vcpu_run_end, struct kvm_vcpu *kvm_vcpu)
{
	const struct vcpu_key key = key_of(kvm_vcpu);
	struct vcpu *vcpu;

	/* Other ioctls on a vCPU end here, too. */
	if (!is_real_run(kvm_vcpu))
		return 0;
	/* If it is not known yet, its first entry was not seen. */
	vcpu = vcpu_find(&key, kvm_vcpu, true);
	if (!vcpu)
		return 0;
	vcpu->exit_cycles = cycles_now();
	vcpu->is_running = false;
	return 0;
}

/*
 * A VMM may exit long before the update, while somebody else holds the session with its guest's
 * memory. That guest is already down, so its vCPU is kept.
 */
static __always_inline void vcpu_destroyed(void *map, const struct vcpu_key *key, struct vcpu *vcpu)
{
	const struct membership *membership = bpf_map_lookup_elem(&memberships, &key->tgid);

	if (membership && !membership->has_retrieved)
		vcpu->is_gone = true;
	else
		bpf_map_delete_elem(map, key);
}

struct destroyed {
	struct kvm_vcpu *kvm_vcpu;
};

static long find_destroyed(struct bpf_map *map, const struct vcpu_key *key, struct vcpu *vcpu,
			   struct destroyed *destroyed)
{
	if (vcpu->kvm_vcpu != destroyed->kvm_vcpu)
		return 0;
	vcpu_destroyed(map, key, vcpu);
	return 1;
}

SEC("fentry/kvm_arch_vcpu_destroy")
int BPF_PROG(on_vcpu_destroy, struct kvm_vcpu *kvm_vcpu)
{
	const struct vcpu_key key = key_of(kvm_vcpu);
	struct vcpu *vcpu = bpf_map_lookup_elem(&vcpus, &key);
	struct destroyed destroyed = { .kvm_vcpu = kvm_vcpu };

	if (vcpu && vcpu->kvm_vcpu == kvm_vcpu)
		vcpu_destroyed(&vcpus, &key, vcpu);
	else
		/* Another process held its last descriptor. */
		bpf_for_each_map_elem(&vcpus, find_destroyed, &destroyed, 0);
	return 0;
}

/* Written when the other CPUs are stopped, so there is only one writer. */
static struct luo_stats_subject_key exit_subject;

static long write_exit(struct bpf_map *map, const struct vcpu_key *key, const struct vcpu *vcpu,
		       const struct moment *stopped)
{
	const struct membership *membership = bpf_map_lookup_elem(&memberships, &key->tgid);
	const __u64 cycles = vcpu->is_running ? stopped->cycles : vcpu->exit_cycles;
	__u64 handle;

	if (!have_luo_stats)
		return 0;
	__builtin_memset(&exit_subject, 0, sizeof(exit_subject));
	name_vcpu(&exit_subject, LUO_STATS_VCPU_EXIT, key, vcpu, membership);
	handle = luo_stats_span_begin(LUO_STATS_VCPU_EXIT,
				      luo_stats_subject(&exit_subject, sizeof(exit_subject)),
				      cycles, 0);
	if (!vcpu->is_running)
		luo_stats_span_end(handle, 0, 0, 0, cycles);
	return 0;
}

/* @stopped: a moment by which the vCPUs that are still in KVM_RUN have stopped. */
static __always_inline void vcpus_write_exits(struct moment stopped)
{
	if (vcpus_are_watched)
		bpf_for_each_map_elem(&vcpus, write_exit, &stopped, 0);
}
