// SPDX-License-Identifier: GPL-2.0
/*
 * Files and sessions of the Live Update Orchestrator: preserve and freeze in the old kernel,
 * retrieve and finish in the new one. Only functions of LUO itself are watched, so every type of
 * file is seen, whatever its handler.
 *
 * LUO freezes and finishes a session's files in a loop whose body is inlined. The functions that it
 * calls for each file show where one file ends and the next begins:
 * kho_block_set_it_reserve_entry() before each freeze, luo_flb_file_finish() after each finish.
 */
#include "span.bpf.h"

/*
 * A retrieve that comes this long after the previous one no longer belongs to the update, and does
 * not lengthen the blackout.
 */
#define RETRIEVE_GAP_NS (60ULL * 1000 * 1000 * 1000)

/*
 * How many files of a session are searched for a token, at most: the search lengthens the blackout.
 * For a file further back the handler is not known before its retrieve is over, and handing it out
 * again is mistaken for a retrieve.
 */
#define MAX_FILES 1024

/* What a thread is doing in LUO. A thread is in one of these functions at a time. */
struct operation {
	struct span span; /* the session's, or the only one */
	struct span file; /* the current file of a loop over a session's files */
	struct luo_file_set *file_set;
	struct list_head *at; /* freeze: that file's place in the list */
	/* freeze: when the failed file ended; finish: when the previous file ended */
	struct moment edge;
	__u64 left; /* finish: files whose end has not been seen */
	bool in_file;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
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

/* NULL if it cannot be followed: then operation_return() counts it. */
static __always_inline struct operation *operation_begin(void)
{
	__u32 pid = (__u32)bpf_get_current_pid_tgid();

	if (bpf_map_update_elem(&operations, &pid, (const void *)&no_operation, BPF_ANY))
		return NULL;
	return bpf_map_lookup_elem(&operations, &pid);
}

/* The function that was entered does nothing that is followed, so its return does not count. */
static __always_inline void operation_ignore(void)
{
	operation_begin();
}

/* The operation of this thread if it is one of @kind, else NULL. */
static __always_inline struct operation *operation_find(__u32 kind)
{
	__u32 pid = (__u32)bpf_get_current_pid_tgid();
	struct operation *operation = bpf_map_lookup_elem(&operations, &pid);

	return operation && operation->span.kind == kind ? operation : NULL;
}

static __always_inline void operation_end(void)
{
	__u32 pid = (__u32)bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&operations, &pid);
}

/*
 * The same when the function of @kind returns. The span counts as dropped if there is none, or one
 * of another function whose return was not seen: the entry was not seen. Then, and if it is
 * ignored, NULL.
 */
static __always_inline struct operation *operation_return(__u32 kind)
{
	struct operation *operation = operation_find(kind);

	if (!operation && !operation_find(0))
		missed(kind);
	return operation;
}

static __always_inline void name_session(struct luo_stats_subject_key *subject,
					 struct luo_file_set *file_set)
{
	struct luo_session *session =
		(void *)file_set - bpf_core_field_offset(struct luo_session, file_set);

	subject->kind = LUO_STATS_SUBJECT_SESSION;
	BPF_CORE_READ_STR_INTO(&subject->name, session, name);
}

/* @file may be NULL if it, and so the handler, is not known. */
static __always_inline void name_file(struct luo_stats_subject_key *subject,
				      struct luo_file_set *file_set, __u64 token,
				      struct luo_file *file)
{
	name_session(subject, file_set);
	subject->kind = LUO_STATS_SUBJECT_FILE;
	subject->key = token;
	if (file)
		BPF_CORE_READ_STR_INTO(&subject->detail, file, fh, compatible);
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
	struct operation *operation = operation_begin();

	if (!operation)
		return 0;
	name_session(&operation->span.subject, file_set);
	span_begin(&operation->span, LUO_STATS_PRESERVE, token, NULL);
	return 0;
}

SEC("fexit/luo_preserve_file")
int BPF_PROG(on_preserve_return, struct luo_file_set *file_set, __u64 token, int fd, int result)
{
	struct operation *operation = operation_return(LUO_STATS_PRESERVE);
	struct luo_file *file = NULL;

	if (!operation)
		return 0;
	/*
	 * A file that LUO accepted is the last in the list. If the file was refused, its handler is
	 * not known.
	 */
	if (!result)
		file = file_of(BPF_CORE_READ(file_set, files_list.prev));
	name_file(&operation->span.subject, file_set, token, file);
	if (!result)
		session_joined(operation->span.subject.name, false);
	span_end(&operation->span, true, result, NULL);
	operation_end();
	return 0;
}

/* unpreserve */

SEC("fentry/luo_file_unpreserve_files")
int BPF_PROG(on_unpreserve, struct luo_file_set *file_set)
{
	struct operation *operation;

	if (!BPF_CORE_READ(file_set, count)) {
		operation_ignore();
		return 0;
	}
	operation = operation_begin();
	if (!operation)
		return 0;
	name_session(&operation->span.subject, file_set);
	span_begin(&operation->span, LUO_STATS_UNPRESERVE, 0, NULL);
	return 0;
}

SEC("fexit/luo_file_unpreserve_files")
int BPF_PROG(on_unpreserve_return)
{
	struct operation *operation = operation_return(LUO_STATS_UNPRESERVE);

	if (!operation)
		return 0;
	span_end(&operation->span, false, 0, NULL);
	session_given_up(operation->span.subject.name);
	operation_end();
	return 0;
}

/* freeze */

SEC("fentry/luo_file_freeze")
int BPF_PROG(on_freeze, struct luo_file_set *file_set)
{
	struct operation *operation = operation_begin();

	if (!operation)
		return 0;
	operation->file_set = file_set;
	operation->at = list_of(file_set);
	name_session(&operation->span.subject, file_set);
	span_begin(&operation->span, LUO_STATS_SESSION_FREEZE, 0, NULL);
	return 0;
}

static __always_inline void freeze_file_end(struct operation *operation, int result)
{
	if (operation->in_file)
		span_end(&operation->file, false, result,
			 operation->edge.boottime_ns ? &operation->edge : NULL);
	operation->in_file = false;
}

SEC("fentry/kho_block_set_it_reserve_entry")
int BPF_PROG(on_reserve_entry)
{
	struct operation *operation = operation_find(LUO_STATS_SESSION_FREEZE);

	if (operation)
		freeze_file_end(operation, 0);
	return 0;
}

SEC("fexit/kho_block_set_it_reserve_entry")
int BPF_PROG(on_reserve_entry_return)
{
	struct operation *operation = operation_find(LUO_STATS_SESSION_FREEZE);
	struct list_head *at, *next;
	struct luo_file_set *file_set;
	struct luo_file *file;

	if (!operation)
		return 0;
	file_set = operation->file_set;
	at = operation->at;
	next = BPF_CORE_READ(at, next);
	if (next == list_of(file_set))
		return 0;
	operation->at = next;
	operation->in_file = true;
	file = file_of(next);
	__builtin_memset(&operation->file.subject, 0, sizeof(operation->file.subject));
	name_file(&operation->file.subject, file_set, BPF_CORE_READ(file, token), file);
	span_begin(&operation->file, LUO_STATS_FREEZE, BPF_CORE_READ(file, token), NULL);
	return 0;
}

SEC("fexit/luo_file_freeze")
int BPF_PROG(on_freeze_return, struct luo_file_set *file_set, void *serialized, int result)
{
	struct operation *operation = operation_return(LUO_STATS_SESSION_FREEZE);

	if (!operation)
		return 0;
	freeze_file_end(operation, result);
	span_end(&operation->span, false, result, NULL);
	operation_end();
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
	struct operation *operation = operation_find(LUO_STATS_SESSION_FREEZE);

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
	struct operation *operation = operation_begin();

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
	struct operation *operation = operation_return(LUO_STATS_SESSION_RETRIEVE);

	if (!operation)
		return 0;
	span_end(&operation->span, false, result, NULL);
	if (!result)
		session_joined(operation->span.subject.name, true);
	operation_end();
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
	if (BPF_CORE_READ(file, token) == search->token) {
		search->found = file;
		return 1;
	}
	search->at = BPF_CORE_READ(at, next);
	return 0;
}

SEC("fentry/luo_retrieve_file")
int BPF_PROG(on_retrieve, struct luo_file_set *file_set, __u64 token)
{
	struct token_search search = {
		.head = list_of(file_set),
		.at = BPF_CORE_READ(file_set, files_list.next),
		.token = token,
	};
	struct operation *operation;
	struct luo_file *file;

	bpf_loop(MAX_FILES, token_search_step, &search, 0);
	file = search.found;
	/*
	 * A file whose retrieve was tried before, successfully or not, is handed out again without
	 * a new retrieve.
	 */
	if (file && BPF_CORE_READ(file, retrieve_status)) {
		operation_ignore();
		return 0;
	}
	operation = operation_begin();
	if (!operation)
		return 0;
	name_file(&operation->span.subject, file_set, token, file);
	span_begin(&operation->span, LUO_STATS_RETRIEVE, token, NULL);
	return 0;
}

SEC("fexit/luo_retrieve_file")
int BPF_PROG(on_retrieve_return, struct luo_file_set *file_set, __u64 token, void *file, int result)
{
	const struct moment end = moment_now();
	const bool is_ignored = operation_find(0);
	struct operation *operation = operation_return(LUO_STATS_RETRIEVE);

	if (operation) {
		span_end(&operation->span, false, result, &end);
		if (!result)
			session_joined(operation->span.subject.name, true);
	}
	operation_end();
	if (result || is_ignored)
		return 0;
	if (!last_retrieve_ns || end.boottime_ns - last_retrieve_ns <= RETRIEVE_GAP_NS) {
		last_retrieve_ns = end.boottime_ns;
		boundary(LUO_STATS_B10_RETRIEVED, end, 0);
	}
	return 0;
}

/* finish */

SEC("fentry/luo_file_finish")
int BPF_PROG(on_finish, struct luo_file_set *file_set)
{
	struct operation *operation;

	/* Closing a session that was finished calls this once more. */
	if (!BPF_CORE_READ(file_set, count)) {
		operation_ignore();
		return 0;
	}
	operation = operation_begin();
	if (!operation)
		return 0;
	operation->left = BPF_CORE_READ(file_set, count);
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
	struct operation *operation = operation_find(LUO_STATS_SESSION_FINISH);
	const struct moment end = moment_now();
	struct luo_file_set *file_set;
	struct luo_file *file;

	/* Only luo_file_finish() calls this. */
	if (!operation) {
		missed(LUO_STATS_FINISH);
		return 0;
	}
	file_set = operation->file_set;
	file = file_of(BPF_CORE_READ(file_set, files_list.prev));
	__builtin_memset(&operation->file.subject, 0, sizeof(operation->file.subject));
	name_file(&operation->file.subject, file_set, BPF_CORE_READ(file, token), file);
	span_begin(&operation->file, LUO_STATS_FINISH, BPF_CORE_READ(file, token),
		   &operation->edge);
	span_end(&operation->file, false, 0, &end);
	operation->left--;
	operation->edge = moment_now();
	return 0;
}

static long missed_finish(__u32 index, void *context)
{
	missed(LUO_STATS_FINISH);
	return 0;
}

SEC("fexit/luo_file_finish")
int BPF_PROG(on_finish_return, struct luo_file_set *file_set, int result)
{
	struct operation *operation = operation_return(LUO_STATS_SESSION_FINISH);

	if (!operation)
		return 0;
	span_end(&operation->span, false, result, NULL);
	if (!result)
		bpf_loop(operation->left, missed_finish, NULL, 0);
	operation_end();
	return 0;
}
