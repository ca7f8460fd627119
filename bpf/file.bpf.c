// SPDX-License-Identifier: GPL-2.0
/*
 * Files and sessions of the Live Update Orchestrator: preserve and freeze in the old kernel,
 * retrieve and finish in the new one. Only functions of LUO itself are watched, so every type of
 * file is seen, whatever its handler.
 *
 * LUO freezes and finishes a session's files in a loop whose body is inlined. The functions that it
 * calls for each file show where one file ends and the next begins:
 * kho_block_set_it_reserve_entry() before each freeze, for an entry of the session's own block set,
 * and luo_flb_file_finish() after each finish.
 */
#include "span.bpf.h"

/*
 * A retrieve that comes this long after the previous one no longer belongs to the update, and does
 * not lengthen the blackout.
 */
#define RETRIEVE_GAP_NS (60ULL * 1000 * 1000 * 1000)

/*
 * How many files of a session are searched for a token, at most: the search lengthens the blackout.
 * For a file further back the handler is not known before its retrieve is over, nor its device if
 * only the file leads to it, and handing it out again is mistaken for a retrieve.
 */
#define MAX_FILES 1024

/*
 * What a thread is doing in LUO, and to what. Operations nest: a handler may preserve or retrieve
 * other files in its own preserve or retrieve. LUO never does the same to the same once more within
 * it, because it holds a lock meanwhile. So the return of a function has the key of its entry,
 * whatever lies between, and one whose return was not seen is not taken for another.
 */
struct operation_key {
	__u64 object; /* the file set of a session, a session's name, or an FLB */
	__u64 token;
	__u32 kind;
	__u32 pid;
};

struct operation {
	struct span span; /* the session's, or the only one; kind 0: the operation is not followed */
	struct span file; /* the current file of a loop over a session's files */
	struct luo_file_set *file_set;
	struct list_head *at; /* freeze, retrieve: that file's place in the list */
	/*
	 * freeze: when the failed file ended; finish: when the previous file ended; FLB, and device
	 * of the file: begin
	 */
	struct moment edge;
	__u64 left; /* files of the loop whose end has not been seen */
	bool in_file;
	/* freeze: what sees one file's end and the next one's begin has run, so it is attached */
	bool sees_files;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct operation_key);
	__type(value, struct operation);
} operations SEC(".maps");

/* An operation is too large for the stack. */
static const struct operation no_operation;

/* When each thread last opened /dev/liveupdate. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct moment);
} opens SEC(".maps");

static __u64 last_retrieve_ns;

/* The thread is added by the functions below, which take the rest by value: see span.bpf.h. */
static __always_inline struct operation_key operation_of(__u32 kind, const void *object,
							 __u64 token)
{
	return (struct operation_key){ .object = (__u64)object, .token = token, .kind = kind };
}

static __always_inline struct operation_key operation_key(__u64 object, __u64 token, __u32 kind)
{
	return (struct operation_key){ .object = object,
				       .token = token,
				       .kind = kind,
				       .pid = (__u32)bpf_get_current_pid_tgid() };
}

static __noinline struct operation *operation_add(__u64 object, __u64 token, __u32 kind)
{
	const struct operation_key key = operation_key(object, token, kind);

	if (bpf_map_update_elem(&operations, &key, (const void *)&no_operation, BPF_ANY))
		return NULL;
	return bpf_map_lookup_elem(&operations, &key);
}

static __noinline struct operation *operation_look_up(__u64 object, __u64 token, __u32 kind)
{
	const struct operation_key key = operation_key(object, token, kind);

	return bpf_map_lookup_elem(&operations, &key);
}

static __noinline void operation_delete(__u64 object, __u64 token, __u32 kind)
{
	const struct operation_key key = operation_key(object, token, kind);

	bpf_map_delete_elem(&operations, &key);
}

/*
 * NULL if it cannot be followed: then operation_return() counts it. Until its span begins, it is
 * not followed, and its return does not count.
 */
static __always_inline struct operation *operation_begin(const struct operation_key *key)
{
	return operation_add(key->object, key->token, key->kind);
}

/* Also one that is not followed. */
static __always_inline struct operation *operation_any(const struct operation_key *key)
{
	return operation_look_up(key->object, key->token, key->kind);
}

/* NULL if it is not under way, or not followed. */
static __always_inline struct operation *operation_find(const struct operation_key *key)
{
	struct operation *operation = operation_any(key);

	return operation && operation->span.kind ? operation : NULL;
}

/* The same when its function returns. The span counts as dropped if the entry was not seen. */
static __always_inline struct operation *operation_return(const struct operation_key *key)
{
	struct operation *operation = operation_any(key);

	if (!operation)
		missed(key->kind);
	return operation && operation->span.kind ? operation : NULL;
}

static __always_inline void operation_end(const struct operation_key *key)
{
	operation_delete(key->object, key->token, key->kind);
}

static __noinline void name_session(struct luo_stats_subject_key *subject,
				    struct luo_file_set *file_set)
{
	struct luo_session *session =
		(void *)file_set - bpf_core_field_offset(struct luo_session, file_set);

	subject->kind = LUO_STATS_SUBJECT_SESSION;
	BPF_CORE_READ_STR_INTO(&subject->name, session, name);
}

/*
 * @subject has the name of the file's session. @file may be NULL if it, and so the handler, is not
 * known.
 */
static __noinline void name_file(struct luo_stats_subject_key *subject, __u64 token,
				 struct luo_file *file)
{
	subject->kind = LUO_STATS_SUBJECT_FILE;
	subject->key = token;
	if (file) {
		struct liveupdate_file_handler *handler = KERNEL(file)->fh;

		BPF_CORE_READ_STR_INTO(&subject->detail, handler, compatible);
	}
}

/* The next file of a loop over a session's files. The first one reads the name of the session. */
static __always_inline void name_next_file(struct operation *operation, struct luo_file *file)
{
	struct luo_stats_subject_key *subject = &operation->file.subject;

	if (!subject->kind)
		name_session(subject, operation->file_set);
	__builtin_memset(subject->detail, 0, sizeof(subject->detail));
	name_file(subject, KERNEL(file)->token, file);
}

static __always_inline struct luo_file *file_of(struct list_head *entry)
{
	return (void *)entry - bpf_core_field_offset(struct luo_file, list);
}

static __always_inline struct list_head *list_of(struct luo_file_set *file_set)
{
	return (void *)file_set + bpf_core_field_offset(struct luo_file_set, files_list);
}

/* preserve */

SEC("fentry/luo_preserve_file")
int BPF_PROG(on_preserve, struct luo_file_set *file_set, __u64 token)
{
	const struct operation_key key = operation_of(LUO_STATS_PRESERVE, file_set, token);
	struct operation *operation = operation_begin(&key);

	if (!operation)
		return 0;
	name_session(&operation->span.subject, file_set);
	span_begin(&operation->span, LUO_STATS_PRESERVE, token, NULL);
	if (devices_are_known())
		operation->edge = moment_now();
	return 0;
}

SEC("fexit/luo_preserve_file")
int BPF_PROG(on_preserve_return, struct luo_file_set *file_set, __u64 token, int fd, int result)
{
	const struct moment end = moment_now();
	const struct operation_key key = operation_of(LUO_STATS_PRESERVE, file_set, token);
	struct operation *operation = operation_return(&key);
	struct luo_file *file = NULL;

	if (!operation)
		return 0;
	/*
	 * A file that LUO accepted is the last in the list. If the file was refused, its handler is
	 * not known.
	 */
	if (!result)
		file = file_of(KERNEL(file_set)->files_list.prev);
	name_file(&operation->span.subject, token, file);
	if (!result) {
		session_joined(operation->span.subject.name, false);
		device_step(LUO_STATS_PRESERVE, file, &operation->edge, end.cycles,
			    end.boottime_ns);
	}
	span_end(&operation->span, true, result, &end);
	operation_end(&key);
	return 0;
}

/* unpreserve */

struct giving_up {
	struct list_head *head;
	struct list_head *at;
};

static long giving_up_step(__u32 index, struct giving_up *giving_up)
{
	struct list_head *at = giving_up->at;
	struct luo_file *file = file_of(at);

	if (at == giving_up->head)
		return 1;
	device_given_up(file);
	giving_up->at = KERNEL(at)->next;
	return 0;
}

SEC("fentry/luo_file_unpreserve_files")
int BPF_PROG(on_unpreserve, struct luo_file_set *file_set)
{
	const struct operation_key key = operation_of(LUO_STATS_UNPRESERVE, file_set, 0);
	struct giving_up giving_up = {
		.head = list_of(file_set),
		.at = KERNEL(file_set)->files_list.next,
	};
	struct operation *operation = operation_begin(&key);

	if (!operation || !KERNEL(file_set)->count)
		return 0;
	name_session(&operation->span.subject, file_set);
	span_begin(&operation->span, LUO_STATS_UNPRESERVE, 0, NULL);
	if (devices_are_known())
		bpf_loop(KERNEL(file_set)->count, giving_up_step, &giving_up, 0);
	return 0;
}

SEC("fexit/luo_file_unpreserve_files")
int BPF_PROG(on_unpreserve_return, struct luo_file_set *file_set)
{
	const struct operation_key key = operation_of(LUO_STATS_UNPRESERVE, file_set, 0);
	struct operation *operation = operation_return(&key);

	devices_given_up();
	if (operation) {
		span_end(&operation->span, false, 0, NULL);
		session_given_up(operation->span.subject.name);
	}
	operation_end(&key);
	return 0;
}

/* freeze */

/* The programs that see the freezes of files are in place. Set by the stamp that says so. */
static bool freezes_are_watched;

SEC("fentry/luo_file_freeze")
int BPF_PROG(on_freeze, struct luo_file_set *file_set)
{
	const struct operation_key key = operation_of(LUO_STATS_SESSION_FREEZE, file_set, 0);
	struct operation *operation = operation_begin(&key);

	if (!operation)
		return 0;
	operation->file_set = file_set;
	operation->at = list_of(file_set);
	operation->left = KERNEL(file_set)->count;
	name_session(&operation->span.subject, file_set);
	span_begin(&operation->span, LUO_STATS_SESSION_FREEZE, 0, NULL);
	return 0;
}

static __always_inline void freeze_file_end(struct operation *operation, int result)
{
	const struct moment now = moment_now();
	const struct moment *end = operation->edge.boottime_ns ? &operation->edge : &now;

	if (!operation->in_file)
		return;
	device_freeze_end(file_of(operation->at), result, end->cycles, end->boottime_ns);
	span_end(&operation->file, false, result, end);
	operation->in_file = false;
	operation->left--;
}

/*
 * The freeze of the session whose entries @it reserves. NULL: they are of no session's files. LUO
 * reserves entries for the sessions, too, and a handler may do so in its freeze.
 */
static __always_inline struct operation *freeze_find(struct kho_block_set_it *it)
{
	const void *file_set =
		(void *)KERNEL(it)->bs - bpf_core_field_offset(struct luo_file_set, block_set);
	const struct operation_key key = operation_of(LUO_STATS_SESSION_FREEZE, file_set, 0);

	return operation_find(&key);
}

SEC("fentry/kho_block_set_it_reserve_entry")
int BPF_PROG(on_reserve_entry, struct kho_block_set_it *it)
{
	struct operation *operation = freeze_find(it);

	if (!operation)
		return 0;
	operation->sees_files = true;
	freeze_file_end(operation, 0);
	return 0;
}

SEC("fexit/kho_block_set_it_reserve_entry")
int BPF_PROG(on_reserve_entry_return, struct kho_block_set_it *it)
{
	struct operation *operation = freeze_find(it);
	struct list_head *at, *next;
	struct luo_file_set *file_set;
	struct luo_file *file;

	if (!operation)
		return 0;
	operation->sees_files = true;
	file_set = operation->file_set;
	at = operation->at;
	next = KERNEL(at)->next;
	if (next == list_of(file_set))
		return 0;
	operation->at = next;
	operation->in_file = true;
	file = file_of(next);
	name_next_file(operation, file);
	span_begin(&operation->file, LUO_STATS_FREEZE, operation->file.subject.key, NULL);
	device_freeze_begin(file);
	return 0;
}

static long missed_step(__u32 index, __u32 *kind)
{
	missed(*kind);
	return 0;
}

/* The files of @operation of which a span of @kind was not seen. */
static __always_inline void missed_files(const struct operation *operation, __u32 kind)
{
	bpf_loop(operation->left, missed_step, &kind, 0);
}

SEC("fexit/luo_file_freeze")
int BPF_PROG(on_freeze_return, struct luo_file_set *file_set, void *serialized, int result)
{
	const struct operation_key key = operation_of(LUO_STATS_SESSION_FREEZE, file_set, 0);
	struct operation *operation = operation_return(&key);

	if (!operation)
		return 0;
	freeze_file_end(operation, result);
	span_end(&operation->span, false, result, NULL);
	/*
	 * If they are attached and not called, the compiler has inlined what they watch. Where they
	 * cannot be attached, nothing was missed: the area says so.
	 */
	if (!result && (operation->sees_files || freezes_are_watched))
		missed_files(operation, LUO_STATS_FREEZE);
	operation_end(&key);
	return 0;
}

/*
 * unfreeze: for the session whose freeze failed it runs inside the freeze. The failed file's time
 * ends here, and its error is known later.
 */

static struct span unfreeze_span;

SEC("fentry/__luo_file_unfreeze")
int BPF_PROG(on_unfreeze, struct luo_file_set *file_set)
{
	const struct operation_key key = operation_of(LUO_STATS_SESSION_FREEZE, file_set, 0);
	struct operation *operation = operation_find(&key);

	if (operation)
		operation->edge = moment_now();
	__builtin_memset(&unfreeze_span.subject, 0, sizeof(unfreeze_span.subject));
	name_session(&unfreeze_span.subject, file_set);
	span_begin(&unfreeze_span, LUO_STATS_UNFREEZE, 0, NULL);
	return 0;
}

SEC("fexit/__luo_file_unfreeze")
int BPF_PROG(on_unfreeze_return)
{
	span_end(&unfreeze_span, false, 0, NULL);
	return 0;
}

/* the new kernel: sessions */

SEC("fentry/luo_open")
int BPF_PROG(on_luo_open)
{
	__u32 pid = (__u32)bpf_get_current_pid_tgid();
	const struct moment now = moment_now();

	bpf_map_update_elem(&opens, &pid, &now, BPF_ANY);
	return 0;
}

/*
 * Only the first open of a boot brings sessions back. This distinguishes it from a later open that
 * happens to be the first one we see.
 */
SEC("fentry/luo_file_deserialize")
int BPF_PROG(on_deserialize)
{
	__u32 pid = (__u32)bpf_get_current_pid_tgid();
	const struct moment *when = bpf_map_lookup_elem(&opens, &pid);

	if (!when)
		return 0;
	boundary(LUO_STATS_B9_LUO_OPEN, *when, 0);
	bpf_map_delete_elem(&opens, &pid);
	return 0;
}

SEC("fentry/luo_session_retrieve")
int BPF_PROG(on_session_retrieve, const char *name)
{
	const struct operation_key key = operation_of(LUO_STATS_SESSION_RETRIEVE, name, 0);
	struct operation *operation = operation_begin(&key);

	if (!operation)
		return 0;
	operation->span.subject.kind = LUO_STATS_SUBJECT_SESSION;
	bpf_probe_read_kernel_str(operation->span.subject.name,
				  sizeof(operation->span.subject.name), name);
	span_begin(&operation->span, LUO_STATS_SESSION_RETRIEVE, 0, NULL);
	return 0;
}

SEC("fexit/luo_session_retrieve")
int BPF_PROG(on_session_retrieve_return, const char *name, void *file, int result)
{
	const struct operation_key key = operation_of(LUO_STATS_SESSION_RETRIEVE, name, 0);
	struct operation *operation = operation_return(&key);

	if (!operation)
		return 0;
	span_end(&operation->span, false, result, NULL);
	if (!result)
		session_joined(operation->span.subject.name, true);
	operation_end(&key);
	return 0;
}

/* retrieve */

struct token_search {
	struct list_head *head;
	struct list_head *at;
	struct luo_file *found;
	__u64 token;
};

static long token_search_step(__u32 index, struct token_search *search)
{
	struct list_head *at = search->at;
	struct luo_file *file = file_of(at);

	if (at == search->head)
		return 1;
	if (KERNEL(file)->token == search->token) {
		search->found = file;
		return 1;
	}
	search->at = KERNEL(at)->next;
	return 0;
}

SEC("fentry/luo_retrieve_file")
int BPF_PROG(on_retrieve, struct luo_file_set *file_set, __u64 token)
{
	struct token_search search = {
		.head = list_of(file_set),
		.at = KERNEL(file_set)->files_list.next,
		.token = token,
	};
	const struct operation_key key = operation_of(LUO_STATS_RETRIEVE, file_set, token);
	struct operation *operation = operation_begin(&key);
	struct luo_file *file;

	bpf_loop(MAX_FILES, token_search_step, &search, 0);
	file = search.found;
	/*
	 * A file whose retrieve was tried before, successfully or not, is handed out again without
	 * a new retrieve.
	 */
	if (!operation || (file && KERNEL(file)->retrieve_status))
		return 0;
	name_session(&operation->span.subject, file_set);
	name_file(&operation->span.subject, token, file);
	span_begin(&operation->span, LUO_STATS_RETRIEVE, token, NULL);
	if (devices_are_known())
		operation->edge = moment_now();
	operation->at = file ? search.at : NULL;
	return 0;
}

SEC("fexit/luo_retrieve_file")
int BPF_PROG(on_retrieve_return, struct luo_file_set *file_set, __u64 token, void *file, int result)
{
	const struct moment end = moment_now();
	const struct operation_key key = operation_of(LUO_STATS_RETRIEVE, file_set, token);
	struct operation *operation = operation_any(&key);
	const bool is_again = operation && !operation->span.kind;

	if (!operation)
		missed(LUO_STATS_RETRIEVE);
	else if (!is_again) {
		if (!result && operation->at)
			device_step(LUO_STATS_RETRIEVE, file_of(operation->at), &operation->edge,
				    end.cycles, end.boottime_ns);
		span_end(&operation->span, false, result, &end);
		if (!result)
			session_joined(operation->span.subject.name, true);
	}
	operation_end(&key);
	if (result || is_again)
		return 0;
	if (!last_retrieve_ns || end.boottime_ns - last_retrieve_ns <= RETRIEVE_GAP_NS) {
		last_retrieve_ns = end.boottime_ns;
		boundary(LUO_STATS_B10_RETRIEVED, end, 0);
	}
	return 0;
}

/* finish */

/*
 * luo_flb_file_finish() does not say whose file it is: a thread finishes one session at a time, and
 * no object is in the key.
 */
static __always_inline struct operation_key finish_of_thread(void)
{
	return operation_of(LUO_STATS_SESSION_FINISH, NULL, 0);
}

SEC("fentry/luo_file_finish")
int BPF_PROG(on_finish, struct luo_file_set *file_set)
{
	const struct operation_key key = finish_of_thread();
	struct operation *operation = operation_begin(&key);

	/* Closing a session that was finished calls this once more. */
	if (!operation || !KERNEL(file_set)->count)
		return 0;
	operation->left = KERNEL(file_set)->count;
	operation->file_set = file_set;
	operation->edge = moment_now();
	name_session(&operation->span.subject, file_set);
	span_begin(&operation->span, LUO_STATS_SESSION_FINISH, 0, &operation->edge);
	return 0;
}

/*
 * LUO finishes files from the last to the first, and removes a file from the list after this call.
 * What it frees of a file after that is in the time of the next one. The time of the first one
 * includes asking all files whether they can be finished.
 */
SEC("fexit/luo_flb_file_finish")
int BPF_PROG(on_file_finished)
{
	const struct moment end = moment_now();
	const struct operation_key key = finish_of_thread();
	struct operation *operation = operation_find(&key);
	struct luo_file_set *file_set;
	struct luo_file *file;

	/* Only luo_file_finish() calls this. */
	if (!operation) {
		missed(LUO_STATS_FINISH);
		return 0;
	}
	file_set = operation->file_set;
	file = file_of(KERNEL(file_set)->files_list.prev);
	name_next_file(operation, file);
	span_begin(&operation->file, LUO_STATS_FINISH, operation->file.subject.key,
		   &operation->edge);
	device_step(LUO_STATS_FINISH, file, &operation->edge, end.cycles, end.boottime_ns);
	span_end(&operation->file, false, 0, &end);
	operation->left--;
	operation->edge = moment_now();
	return 0;
}

SEC("fexit/luo_file_finish")
int BPF_PROG(on_finish_return, struct luo_file_set *file_set, int result)
{
	const struct operation_key key = finish_of_thread();
	struct operation *operation = operation_return(&key);

	if (operation) {
		span_end(&operation->span, false, result, NULL);
		if (!result)
			missed_files(operation, LUO_STATS_FINISH);
	}
	operation_end(&key);
	return 0;
}

/*
 * Globals that files share (FLBs). Each time that one is needed or no longer needed, LUO calls a
 * function; what it counts shows whether that has done anything. Their steps lie within those of
 * files, or of whoever else asks.
 */

static __always_inline void flb_begin(__u32 kind, struct liveupdate_flb *flb, bool is_done)
{
	const struct operation_key key = operation_of(kind, flb, 0);
	struct operation *operation = operation_begin(&key);

	if (!operation || is_done)
		return;
	operation->span.kind = kind;
	operation->edge = moment_now();
}

static __always_inline void flb_end(__u32 kind, struct liveupdate_flb *flb, bool is_done,
				    int result)
{
	const struct moment end = moment_now();
	const struct operation_key key = operation_of(kind, flb, 0);
	struct operation *operation = operation_return(&key);

	if (operation && (is_done || result)) {
		operation->span.subject.kind = LUO_STATS_SUBJECT_FLB;
		BPF_CORE_READ_STR_INTO(&operation->span.subject.name, flb, compatible);
		span_begin(&operation->span, kind, 0, &operation->edge);
		span_end(&operation->span, false, result, &end);
	}
	operation_end(&key);
}

/*
 * The only FLB of @handler; NULL if it has none or several. LUO preserves all of them in one
 * function, and nobody knows which of them took how long.
 */
static __always_inline struct liveupdate_flb *only_flb(struct liveupdate_file_handler *handler)
{
	void *head =
		(void *)handler + bpf_core_field_offset(struct liveupdate_file_handler, flb_list);
	struct list_head *first = KERNEL(handler)->flb_list.next;
	struct luo_flb_link *link =
		(void *)first - bpf_core_field_offset(struct luo_flb_link, list);

	if (first == head || KERNEL(first)->next != head)
		return NULL;
	return KERNEL(link)->flb;
}

SEC("fentry/luo_flb_file_preserve")
int BPF_PROG(on_flb_preserve, struct liveupdate_file_handler *handler)
{
	struct liveupdate_flb *flb = only_flb(handler);

	if (flb)
		flb_begin(LUO_STATS_PRESERVE, flb,
			  KERNEL(flb)->private.outgoing.count.refs.counter);
	return 0;
}

SEC("fexit/luo_flb_file_preserve")
int BPF_PROG(on_flb_preserve_return, struct liveupdate_file_handler *handler, int result)
{
	struct liveupdate_flb *flb = only_flb(handler);

	if (flb)
		flb_end(LUO_STATS_PRESERVE, flb, KERNEL(flb)->private.outgoing.count.refs.counter,
			result);
	return 0;
}

SEC("fentry/liveupdate_flb_put_outgoing")
int BPF_PROG(on_flb_unpreserve, struct liveupdate_flb *flb)
{
	flb_begin(LUO_STATS_UNPRESERVE, flb, false);
	return 0;
}

SEC("fexit/liveupdate_flb_put_outgoing")
int BPF_PROG(on_flb_unpreserve_return, struct liveupdate_flb *flb)
{
	flb_end(LUO_STATS_UNPRESERVE, flb, !KERNEL(flb)->private.outgoing.count.refs.counter, 0);
	return 0;
}

SEC("fentry/luo_flb_retrieve_one")
int BPF_PROG(on_flb_retrieve, struct liveupdate_flb *flb)
{
	flb_begin(LUO_STATS_RETRIEVE, flb, KERNEL(flb)->private.incoming.retrieve_status);
	return 0;
}

SEC("fexit/luo_flb_retrieve_one")
int BPF_PROG(on_flb_retrieve_return, struct liveupdate_flb *flb, int result)
{
	const bool is_done = KERNEL(flb)->private.incoming.retrieve_status;

	/* Without a status it was not tried: nothing came in. */
	flb_end(LUO_STATS_RETRIEVE, flb, is_done, is_done ? result : 0);
	return 0;
}

SEC("fentry/liveupdate_flb_put_incoming")
int BPF_PROG(on_flb_finish, struct liveupdate_flb *flb)
{
	flb_begin(LUO_STATS_FINISH, flb, KERNEL(flb)->private.incoming.finished);
	return 0;
}

SEC("fexit/liveupdate_flb_put_incoming")
int BPF_PROG(on_flb_finish_return, struct liveupdate_flb *flb)
{
	flb_end(LUO_STATS_FINISH, flb, KERNEL(flb)->private.incoming.finished, 0);
	return 0;
}
