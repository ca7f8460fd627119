// SPDX-License-Identifier: GPL-2.0
/*
 * The BPF programs for devices and files, called in the order in which a kernel may call them: in
 * any thread, at once, and not at all, if it skips one. And those that say what is watched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <cmocka.h>

#include "bpf_shim.h"

#include "../../bpf/span.bpf.h"

static unsigned int joined;
static bool vcpus_are_watched;

static void session_joined(char *session, bool is_retrieve)
{
	joined++;
}

static void session_given_up(char *session)
{
}

#include "../../bpf/device.bpf.c"
#include "../../bpf/file.bpf.c"
#include "../../bpf/watch.bpf.c"

/* What the programs wrote: number 1 is the first. */
static struct {
	__u32 kind;
	char name[64];
	char driver[48];
	__u32 role;
	__u64 key;
	__u64 begin, end;
	bool ended;
	int result;
	__u64 detail;
	__u32 renamed;
} spans[64];

/* The subjects that say what is watched, and how many say that vCPUs are. */
static struct luo_stats_subject_key watches[8];
static unsigned int watch_count, vcpu_watches;

/* Which boundaries were stamped, and with which counter. */
static __u64 stamped[LUO_STATS_SLOTS];

/* The next subject finds no room. */
static bool is_full;

static unsigned int count, dropped[LUO_STATS_KINDS];
static __u64 in_service;
static char subject_name[64], subject_detail[48];
static __u32 last_role;
static __u64 last_key;

void *bpf_rdonly_cast(void *pointer, __u32 type)
{
	return pointer;
}

__u64 luo_stats_cycles(void)
{
	return ++shim_ns;
}

int luo_stats_boundary(__u32 slot, __u64 cycles, __s32 result)
{
	if (slot == LUO_STATS_B11_IN_SERVICE)
		in_service = cycles;
	stamped[slot] = cycles ?: luo_stats_cycles();
	return 0;
}

__u32 luo_stats_subject(void *key, __u32 size)
{
	struct luo_stats_subject_key *subject = key;

	if (subject->kind == LUO_STATS_SUBJECT_WATCH)
		watches[watch_count++] = *subject;
	if (subject->kind == LUO_STATS_SUBJECT_VCPU && !subject->key)
		vcpu_watches++;
	memcpy(subject_name, ((struct luo_stats_subject_key *)key)->name, sizeof(subject_name));
	memcpy(subject_detail, ((struct luo_stats_subject_key *)key)->detail,
	       sizeof(subject_detail));
	last_role = ((struct luo_stats_subject_key *)key)->role;
	last_key = ((struct luo_stats_subject_key *)key)->key;
	return is_full ? 0 : 1;
}

__u64 luo_stats_span_begin(__u32 kind, __u32 subject, __u64 begin_cycles, __u64 detail)
{
	if (!subject) {
		dropped[kind]++;
		return 0;
	}
	count++;
	spans[count].kind = kind;
	spans[count].role = last_role;
	spans[count].key = last_key;
	spans[count].begin = begin_cycles ?: luo_stats_cycles();
	memcpy(spans[count].name, subject_name, sizeof(subject_name));
	memcpy(spans[count].driver, subject_detail, sizeof(subject_detail));
	return count;
}

int luo_stats_span_end(__u64 handle, __u32 subject, __s32 result, __u64 detail, __u64 end_cycles)
{
	assert_false(spans[handle].ended);
	assert_int_not_equal(handle, 0);
	spans[handle].ended = true;
	spans[handle].renamed = subject;
	spans[handle].result = result;
	spans[handle].detail = detail;
	spans[handle].end = end_cycles;
	return 0;
}

void luo_stats_missed(__u32 kind)
{
	dropped[kind]++;
}

static int set_up(void **state)
{
	while (shim_elements)
		shim_remove(&shim_elements);
	memset(spans, 0, sizeof(spans));
	memset(dropped, 0, sizeof(dropped));
	memset(watches, 0, sizeof(watches));
	memset(stamped, 0, sizeof(stamped));
	memset(attachment, 0, sizeof(attachment));
	watch_count = vcpu_watches = 0;
	watch_is_full = freezes_are_watched = vcpus_are_watched = false;
	count = joined = 0;
	in_service = 0;
	is_full = update_open = false;
	have_luo_stats = have_vfio_handler = true;
	devices_by_files = false;
	vfio_operations = other_operations = NULL;
	return 0;
}

static void assert_span(unsigned int number, __u32 kind, char *name, bool ended, int result)
{
	assert_int_equal(spans[number].kind, kind);
	assert_string_equal(spans[number].name, name);
	assert_int_equal(spans[number].ended, ended);
	assert_int_equal(spans[number].result, result);
}

static void assert_dropped(unsigned int in_all)
{
	unsigned int i, sum = 0;

	for (i = 0; i < LUO_STATS_KINDS; i++)
		sum += dropped[i];
	assert_int_equal(sum, in_all);
}

#define A 0x10000, 0x3a, 0x1f, 7
#define B 0x10000, 0x3a, 0x1f, 6

#define A_NAME "10000:3a:1f.7"
#define B_NAME "10000:3a:1f.6"

static void test_step_in_other_threads(void **state)
{
	__u64 detail = LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_FAILED, LUO_STATS_RESET_FLR, 0);

	shim_pid = 1;
	on_device_freeze(A);
	shim_pid = 2;
	on_device_reset(A);
	shim_pid = 3;
	on_device_reset_end(A, -EIO, LUO_STATS_RESET_FLR, LUO_STATS_RESET_FAILED, 0);
	shim_pid = 4;
	on_device_freeze_end(A, -EIO);
	assert_span(1, LUO_STATS_FREEZE, A_NAME, true, -EIO);
	assert_span(2, LUO_STATS_RESET, A_NAME, true, -EIO);
	assert_int_equal(spans[1].detail, detail);
	assert_int_equal(spans[2].detail, detail);
	assert_dropped(0);
}

static void test_devices_at_once_in_one_thread(void **state)
{
	on_device_freeze(A);
	on_device_freeze(B);
	on_device_freeze_end(A, -1);
	on_device_freeze_end(B, -2);
	assert_span(1, LUO_STATS_FREEZE, A_NAME, true, -1);
	assert_span(2, LUO_STATS_FREEZE, B_NAME, true, -2);
	assert_dropped(0);
}

static void test_skipped_begin_is_dropped(void **state)
{
	on_device_preserve_end(A, 0);
	on_device_unpreserve_end(A, 0);
	on_device_freeze_end(A, 0);
	on_device_unfreeze_end(A, 0);
	on_device_reset_end(A, 0, 0, 0, 0);
	on_device_retrieve_end(A, 0);
	on_device_finish_end(A, 0);
	assert_int_equal(count, 0);
	assert_int_equal(dropped[LUO_STATS_PRESERVE], 1);
	assert_int_equal(dropped[LUO_STATS_RESET], 1);
	assert_dropped(7);
}

/* The second one is dropped: whose the next end is, nobody knows. The third one is a new begin. */
static void test_end_is_never_mistaken(void **state)
{
	on_device_freeze(A);
	on_device_freeze(A);
	on_device_freeze_end(A, -1);
	assert_int_equal(count, 1);
	assert_span(1, LUO_STATS_FREEZE, A_NAME, false, 0);
	assert_int_equal(dropped[LUO_STATS_FREEZE], 1);
	on_device_freeze(A);
	on_device_freeze_end(A, -3);
	assert_span(2, LUO_STATS_FREEZE, A_NAME, true, -3);
	assert_dropped(1);
}

static void test_full_map_drops_once(void **state)
{
	unsigned int i;

	for (i = 0; i < 1024; i++) {
		count = 0;
		on_device_preserve(i, 0, 0, 0);
	}
	on_device_preserve(A);
	assert_dropped(0);
	on_device_preserve_end(A, 0);
	assert_int_equal(dropped[LUO_STATS_PRESERVE], 1);
}

/* How often programs wake readers up in what follows, while as much of the bell is unread. */
static unsigned int rings(unsigned int unread)
{
	const unsigned int before = shim_records;

	shim_unread = unread;
	on_device_preserve(A);
	on_device_preserve_end(A, 0);
	boundary(LUO_STATS_B0_UPDATE_BEGIN, moment_now(), 0);
	boundary(LUO_STATS_B2_SHUTDOWN_BEGIN, moment_now(), 0);
	boundary(LUO_STATS_B6_JUMP, moment_now(), 0);
	return shim_records - before;
}

static void test_bell(void **state)
{
	assert_int_equal(rings(0), 3);
	assert_int_equal(rings(LUOSCOPE_BELL_RECORD), 3);
	/* It has rung, and nobody has gone to sleep since. */
	assert_int_equal(rings(2 * LUOSCOPE_BELL_RECORD), 0);
}

static struct pci_bus bus = { .domain_nr = 0x10000, .number = 0x3a };
static struct bus_type pci_bus_type = { .name = "pci" };
static struct device_driver driver = { .name = "some-vfio-pci" };

#define PCI_DEV(devfn_, name_)                \
	{                                     \
		.bus = &bus, .devfn = devfn_, \
		.dev = {.kobj.name = name_,   \
			.bus = &pci_bus_type, \
			.driver = &driver }   \
	}

static struct pci_dev pci_a = PCI_DEV(0xff, A_NAME), pci_b = PCI_DEV(0xfe, B_NAME);

static void test_resets_of_others(void **state)
{
	on_device_retrieve(A);
	on_device_retrieve_end(A, 0);
	on_device_retrieve(B);
	on_device_retrieve_end(B, 0);
	/* The handler resets A in a worker; B is reset in a bind of the same thread. */
	shim_pid = 1;
	on_device_reset(A);
	shim_pid = 2;
	on_reset_function(&pci_a);
	on_reset_function_return(&pci_a, 0);
	shim_pid = 1;
	on_reset_function(&pci_b);
	on_reset_function_return(&pci_b, -EIO);
	on_device_reset_end(A, 0, 0, 0, 0);
	assert_int_equal(count, 4);
	assert_span(4, LUO_STATS_PLAIN_RESET, B_NAME, true, -EIO);
	assert_dropped(0);
	on_reset_function_return(&pci_b, 0);
	assert_int_equal(dropped[LUO_STATS_PLAIN_RESET], 1);
	assert_dropped(1);
}

static void test_calls_in_two_threads(void **state)
{
	struct vfio_device device = { .dev = &pci_a.dev };
	struct vfio_device_file file = { .device = &device };

	/* Not before it has arrived. */
	on_bind(&file);
	on_bind_return(&file, NULL, 0);
	on_device_retrieve(A);
	on_device_retrieve_end(A, 0);
	shim_pid = 1;
	on_bind(&file);
	shim_pid = 2;
	on_bind(&file);
	shim_pid = 1;
	on_bind_return(&file, NULL, -1);
	shim_pid = 2;
	on_bind_return(&file, NULL, -2);
	assert_span(2, LUO_STATS_BIND, A_NAME, true, -1);
	assert_span(3, LUO_STATS_BIND, A_NAME, true, -2);
	assert_dropped(0);
	on_bind_return(&file, NULL, 0);
	assert_int_equal(dropped[LUO_STATS_BIND], 1);
}

/* Which bind the answer belongs to: that of its device, in its thread. */
static void test_second_reset(void **state)
{
	struct vfio_device devices[] = { { .dev = &pci_a.dev }, { .dev = &pci_b.dev } };
	struct vfio_device_file a = { .device = &devices[0] }, b = { .device = &devices[1] };

	/* Neither before it has arrived nor outside of a bind. */
	on_reset_again(A, LUO_STATS_AGAIN_ENABLED);
	on_device_retrieve(A);
	on_device_retrieve_end(A, 0);
	on_device_retrieve(B);
	on_device_retrieve_end(B, 0);
	on_reset_again(A, LUO_STATS_AGAIN_ENABLED);
	shim_pid = 1;
	on_bind(&a);
	shim_pid = 2;
	on_bind(&b);
	on_reset_again(B, LUO_STATS_AGAIN_SPARED);
	/* Another device's in this thread, or this one's in another thread, is not its own. */
	on_reset_again(A, LUO_STATS_AGAIN_ENABLED);
	shim_pid = 3;
	on_reset_again(B, LUO_STATS_AGAIN_ENABLED);
	shim_pid = 2;
	on_bind_return(&b, NULL, 0);
	shim_pid = 1;
	on_bind_return(&a, NULL, -1);
	/* The next bind begins without an answer. */
	shim_pid = 2;
	on_bind(&b);
	on_bind_return(&b, NULL, 0);
	assert_span(3, LUO_STATS_BIND, A_NAME, true, -1);
	assert_int_equal(spans[3].detail, LUO_STATS_AGAIN_UNKNOWN);
	assert_span(4, LUO_STATS_BIND, B_NAME, true, 0);
	assert_int_equal(spans[4].detail, LUO_STATS_AGAIN_SPARED);
	assert_span(5, LUO_STATS_BIND, B_NAME, true, 0);
	assert_int_equal(spans[5].detail, LUO_STATS_AGAIN_UNKNOWN);
	assert_dropped(0);
}

static void test_skipped_begin_of_irq_setup(void **state)
{
	__u32 flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	struct vfio_pci_core_device core = { .pdev = &pci_a };
	int fd = 3, none = -1;

	on_device_retrieve(A);
	on_device_retrieve_end(A, 0);
	on_set_irqs_return(&core, flags, 0, 0, 1, &none, 0);
	assert_dropped(0);
	on_set_irqs_return(&core, flags, 0, 0, 1, &fd, 0);
	assert_int_equal(dropped[LUO_STATS_IRQ_SETUP], 1);
	assert_int_not_equal(in_service, 0);
	/* In service: what comes now is not awaited. */
	on_set_irqs_return(&core, flags, 0, 0, 1, &fd, 0);
	assert_dropped(1);
}

static struct liveupdate_file_handler handler = { .compatible = "memfd" };

static void init_session(struct luo_session *session, struct luo_file *file)
{
	*session = (struct luo_session){ .name = "vm", .file_set.count = 1 };
	*file = (struct luo_file){ .fh = &handler, .token = 7 };
	session->file_set.files_list = (struct list_head){ &file->list, &file->list };
	file->list =
		(struct list_head){ &session->file_set.files_list, &session->file_set.files_list };
}

static void test_skipped_entries_of_files(void **state)
{
	struct luo_session session;
	struct luo_file file;

	init_session(&session, &file);
	on_preserve_return(&session.file_set, 7, 3, 0);
	on_unpreserve_return(&session.file_set);
	on_freeze_return(&session.file_set, NULL, 0);
	on_session_retrieve_return("vm", NULL, 0);
	on_retrieve_return(&session.file_set, 7, NULL, 0);
	on_file_finished();
	on_finish_return(&session.file_set, 0);
	assert_int_equal(dropped[LUO_STATS_PRESERVE], 1);
	assert_int_equal(dropped[LUO_STATS_FINISH], 1);
	assert_dropped(7);
	/* An operation whose return was not seen is not the next one. */
	on_preserve(&session.file_set, 7);
	on_unpreserve_return(&session.file_set);
	assert_int_equal(dropped[LUO_STATS_UNPRESERVE], 2);
	assert_false(spans[1].ended);
}

/* What is over takes no room from what is to come. */
static void assert_no_operation(void)
{
	struct shim_element *element;

	for (element = shim_elements; element; element = element->next) {
		assert_ptr_not_equal(element->map, &operations);
		assert_ptr_not_equal(element->map, &device_operations);
	}
}

static void test_ignored_calls_are_not_dropped(void **state)
{
	struct luo_session session;
	struct luo_file file;

	init_session(&session, &file);
	file.retrieve_status = 1;
	on_retrieve(&session.file_set, 7);
	on_retrieve_return(&session.file_set, 7, NULL, 0);
	session.file_set.count = 0;
	on_unpreserve(&session.file_set);
	on_unpreserve_return(&session.file_set);
	on_finish(&session.file_set);
	on_finish_return(&session.file_set, 0);
	assert_int_equal(count, 0);
	assert_dropped(0);
	assert_no_operation();
}

static void test_finish_counts_its_files(void **state)
{
	struct luo_session session;
	struct luo_file file;

	init_session(&session, &file);
	session.file_set.count = 3;
	on_finish(&session.file_set);
	on_file_finished();
	on_finish_return(&session.file_set, 0);
	assert_span(2, LUO_STATS_FINISH, "vm", true, 0);
	assert_int_equal(dropped[LUO_STATS_FINISH], 2);
	/* One that was refused finished none. */
	on_finish(&session.file_set);
	on_finish_return(&session.file_set, -EBUSY);
	assert_dropped(2);
}

static void start_entry(struct kho_block_set_it *it)
{
	on_reserve_entry(it);
	on_reserve_entry_return(it);
}

/* Only entries of the session's own block set show where a file's freeze begins. */
static void test_freeze_of_any_handler(void **state)
{
	struct kho_block_set of_handler;
	struct luo_session session;
	struct kho_block_set_it own = { .bs = &session.file_set.block_set };
	struct kho_block_set_it other = { .bs = &of_handler };
	struct luo_file file;

	init_session(&session, &file);
	on_freeze(&session.file_set);
	start_entry(&own);
	start_entry(&other);
	assert_int_equal(count, 2);
	assert_span(2, LUO_STATS_FREEZE, "vm", false, 0);
	start_entry(&other);
	on_freeze_return(&session.file_set, NULL, 0);
	assert_int_equal(count, 2);
	assert_span(1, LUO_STATS_SESSION_FREEZE, "vm", true, 0);
	assert_span(2, LUO_STATS_FREEZE, "vm", true, 0);
	assert_dropped(0);
	/* Files whose freeze was not seen are counted, unless the freeze failed before them. */
	on_freeze(&session.file_set);
	on_freeze_return(&session.file_set, NULL, -EBUSY);
	assert_dropped(0);
	session.file_set.count = 2;
	on_freeze(&session.file_set);
	start_entry(&own);
	on_freeze_return(&session.file_set, NULL, 0);
	assert_int_equal(dropped[LUO_STATS_FREEZE], 1);
	assert_dropped(1);
	/* If no entry was seen, the programs for that are not attached ... */
	on_freeze(&session.file_set);
	on_freeze_return(&session.file_set, NULL, 0);
	assert_dropped(1);
	/* ... or the compiler has inlined what they watch. */
	freezes_are_watched = true;
	on_freeze(&session.file_set);
	on_freeze_return(&session.file_set, NULL, 0);
	freezes_are_watched = false;
	assert_dropped(3);
}

/* The files of a session have its name, and nothing else of one another. */
static void test_files_of_a_session(void **state)
{
	static struct liveupdate_file_handler short_one = { .compatible = "v" };
	char expected[sizeof(spans[0].driver)] = "v";
	struct luo_session session;
	struct kho_block_set_it own = { .bs = &session.file_set.block_set };
	struct luo_file files[2];

	init_session(&session, &files[0]);
	files[1] = (struct luo_file){ .fh = &short_one, .token = 8 };
	files[1].list = (struct list_head){ &session.file_set.files_list, &files[0].list };
	files[0].list.next = session.file_set.files_list.prev = &files[1].list;
	session.file_set.count = 2;
	on_freeze(&session.file_set);
	start_entry(&own);
	start_entry(&own);
	on_freeze_return(&session.file_set, NULL, 0);
	assert_span(2, LUO_STATS_FREEZE, "vm", true, 0);
	assert_int_equal(spans[2].key, 7);
	assert_string_equal(spans[2].driver, "memfd");
	assert_span(3, LUO_STATS_FREEZE, "vm", true, 0);
	assert_int_equal(spans[3].key, 8);
	assert_memory_equal(spans[3].driver, expected, sizeof(expected));
	assert_dropped(0);
}

/*
 * A session of a kernel whose handler has no tracepoints: device A, a file of another kind, and
 * device B, which is not on a PCI bus if the test says so.
 */
static struct {
	struct luo_session session;
	struct luo_file file[3];
	struct file files[3];
	struct vfio_device device[2];
	struct vfio_device_file of_vfio[2];
	struct kho_block_set_it entries;
} unknown;

static struct file_operations vfio = { .unlocked_ioctl = "vfio_device_fops_unl_ioctl [vfio]" };
static struct file_operations other = { .unlocked_ioctl = "vfio_device_fops_other" };

static void init_unknown(void)
{
	struct list_head *head = &unknown.session.file_set.files_list, *last = head;
	unsigned int i;

	have_vfio_handler = false;
	devices_by_files = true;
	memset(&unknown, 0, sizeof(unknown));
	memcpy(unknown.session.name, "vm", sizeof("vm"));
	unknown.session.file_set.count = 3;
	unknown.entries.bs = &unknown.session.file_set.block_set;
	unknown.device[0].dev = &pci_a.dev;
	unknown.device[1].dev = &pci_b.dev;
	for (i = 0; i < 3; i++) {
		unknown.file[i] =
			(struct luo_file){ .fh = &handler, .token = i, .file = &unknown.files[i] };
		unknown.files[i].f_op = i == 1 ? &other : &vfio;
		unknown.files[i].private_data = i == 1 ? NULL : (void *)&unknown.of_vfio[i / 2];
		unknown.of_vfio[i / 2].device = &unknown.device[i / 2];
		unknown.file[i].list = (struct list_head){ head, last };
		last->next = head->prev = &unknown.file[i].list;
		last = &unknown.file[i].list;
	}
}

static void preserve_last(void)
{
	on_preserve(&unknown.session.file_set, 2);
	on_preserve_return(&unknown.session.file_set, 2, 3, 0);
}

static void assert_within(unsigned int inner, unsigned int outer)
{
	assert_true(spans[inner].begin >= spans[outer].begin);
	assert_true(spans[inner].end <= spans[outer].end);
}

/* The steps of a file are those of its device. */
static void test_devices_of_files(void **state)
{
	const __u32 flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	struct vfio_pci_core_device core = { .pdev = &pci_b };
	int fd = 3;

	init_unknown();
	preserve_last();
	assert_int_equal(count, 2);
	assert_span(1, LUO_STATS_PRESERVE, "vm", true, 0);
	assert_span(2, LUO_STATS_PRESERVE, B_NAME, true, 0);
	assert_string_equal(spans[2].driver, "some-vfio-pci");
	assert_int_equal(spans[2].role, LUO_STATS_ROLE_OLD);
	assert_within(2, 1);
	/* Not before it has arrived. */
	on_bind(&unknown.of_vfio[1]);
	on_bind_return(&unknown.of_vfio[1], NULL, 0);
	on_retrieve(&unknown.session.file_set, 2);
	on_retrieve_return(&unknown.session.file_set, 2, NULL, 0);
	on_retrieve(&unknown.session.file_set, 1);
	on_retrieve_return(&unknown.session.file_set, 1, NULL, 0);
	on_retrieve(&unknown.session.file_set, 0);
	on_retrieve_return(&unknown.session.file_set, 0, NULL, -EIO);
	assert_int_equal(count, 6);
	assert_span(4, LUO_STATS_RETRIEVE, B_NAME, true, 0);
	assert_int_equal(spans[4].role, LUO_STATS_ROLE_NEW);
	assert_within(4, 3);
	on_bind(&unknown.of_vfio[0]);
	on_bind(&unknown.of_vfio[1]);
	on_reset_function(&pci_b);
	on_reset_function_return(&pci_b, 0);
	on_bind_return(&unknown.of_vfio[1], NULL, 0);
	on_set_irqs(&core, flags, 0, 0, 1, &fd);
	on_set_irqs_return(&core, flags, 0, 0, 1, &fd, 0);
	assert_int_equal(count, 9);
	assert_span(7, LUO_STATS_BIND, B_NAME, true, 0);
	assert_span(8, LUO_STATS_PLAIN_RESET, B_NAME, true, 0);
	assert_int_equal(spans[8].role, LUO_STATS_ROLE_NEW);
	assert_span(9, LUO_STATS_IRQ_SETUP, B_NAME, true, 0);
	/* LUO finishes from the last to the first. One that was not retrieved has no file. */
	on_finish(&unknown.session.file_set);
	on_file_finished();
	unknown.session.file_set.files_list.prev = &unknown.file[0].list;
	unknown.file[0].file = NULL;
	on_file_finished();
	assert_int_equal(count, 13);
	assert_span(12, LUO_STATS_FINISH, B_NAME, true, 0);
	assert_within(12, 11);
	assert_span(13, LUO_STATS_FINISH, "vm", true, 0);
	assert_dropped(0);
}

static void test_no_devices_of_files(void **state)
{
	/* With the handler's tracepoints there is nothing to be known from files. */
	init_unknown();
	devices_by_files = false;
	preserve_last();
	assert_int_equal(count, 1);
	/* A device of vfio that is on another bus. */
	init_unknown();
	pci_bus_type.name = "pci_express";
	preserve_last();
	pci_bus_type.name = "pci";
	assert_int_equal(count, 2);
	on_preserve(&unknown.session.file_set, 2);
	on_preserve_return(&unknown.session.file_set, 2, 3, -EIO);
	assert_int_equal(count, 3);
	assert_dropped(0);
}

/* A reset that the PCI core does in a freeze is the device's, by what it returns. */
static void test_resets_in_freezes_of_files(void **state)
{
	init_unknown();
	/* Nobody preserves this one, as far as is known. */
	on_reset_function(&pci_a);
	on_reset_function_return(&pci_a, -EIO);
	assert_span(1, LUO_STATS_PLAIN_RESET, A_NAME, true, -EIO);
	assert_int_equal(spans[1].role, LUO_STATS_ROLE_NONE);
	update_open = true;
	on_freeze(&unknown.session.file_set);
	start_entry(&unknown.entries);
	assert_span(4, LUO_STATS_FREEZE, A_NAME, false, 0);
	on_reset_function(&pci_a);
	on_reset_function_return(&pci_a, 0);
	on_reset_function(&pci_b);
	on_reset_function_return(&pci_b, 0);
	start_entry(&unknown.entries);
	start_entry(&unknown.entries);
	on_reset_function(&pci_b);
	on_reset_function_return(&pci_b, -ENOTTY);
	on_reset_function(&pci_b);
	on_reset_function_return(&pci_b, -EIO);
	on_freeze_return(&unknown.session.file_set, NULL, 0);
	assert_int_equal(count, 11);
	assert_span(4, LUO_STATS_FREEZE, A_NAME, true, 0);
	assert_within(4, 3);
	assert_span(5, LUO_STATS_RESET, A_NAME, true, 0);
	assert_int_equal(spans[5].role, LUO_STATS_ROLE_OLD);
	assert_int_equal(spans[5].detail, LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_OK, 0, 0));
	assert_int_equal(spans[4].detail, spans[5].detail);
	assert_span(6, LUO_STATS_PLAIN_RESET, B_NAME, true, 0);
	assert_span(7, LUO_STATS_FREEZE, "vm", true, 0);
	assert_span(9, LUO_STATS_FREEZE, B_NAME, true, 0);
	assert_int_equal(spans[10].detail, LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_NONE, 0, 0));
	assert_int_equal(spans[11].detail, LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_FAILED, 0, 0));
	assert_int_equal(spans[9].detail, spans[11].detail);
	assert_dropped(0);
	on_reset_function_return(&pci_b, 0);
	assert_int_equal(dropped[LUO_STATS_PLAIN_RESET], 1);
}

/* A freeze that fails ends when the others are undone, also that of its device. */
static void test_failed_freeze_of_file(void **state)
{
	init_unknown();
	update_open = true;
	on_freeze(&unknown.session.file_set);
	start_entry(&unknown.entries);
	on_unfreeze(&unknown.session.file_set);
	shim_ns += 1000;
	on_unfreeze_return();
	on_freeze_return(&unknown.session.file_set, NULL, -EBUSY);
	assert_span(2, LUO_STATS_FREEZE, "vm", true, -EBUSY);
	assert_span(3, LUO_STATS_FREEZE, A_NAME, true, -EBUSY);
	assert_true(spans[3].end - spans[3].begin < 1000);
	assert_within(3, 2);
}

/* A hot reset is one of all devices on the bus. */
static void test_hot_resets(void **state)
{
	struct list_head *head = &bus.devices;

	*head = (struct list_head){ &pci_a.bus_list, &pci_b.bus_list };
	pci_a.bus_list = (struct list_head){ &pci_b.bus_list, head };
	pci_b.bus_list = (struct list_head){ head, &pci_a.bus_list };
	init_unknown();
	on_reset_bus(&pci_a);
	on_reset_bus_return(&pci_a, 0);
	assert_int_equal(count, 0);
	on_retrieve(&unknown.session.file_set, 2);
	on_retrieve_return(&unknown.session.file_set, 2, NULL, 0);
	update_open = true;
	on_freeze(&unknown.session.file_set);
	start_entry(&unknown.entries);
	on_reset_bus(&pci_a);
	on_reset_bus_return(&pci_a, 0);
	assert_int_equal(count, 7);
	assert_span(6, LUO_STATS_RESET, A_NAME, true, 0);
	assert_int_equal(spans[6].detail,
			 LUO_STATS_RESET_DETAIL(LUO_STATS_RESET_OK, LUO_STATS_RESET_HOT, 0));
	assert_span(7, LUO_STATS_PLAIN_RESET, B_NAME, true, 0);
	assert_dropped(0);
	on_reset_bus_return(&pci_b, 0);
	assert_dropped(2);
	/* The handler says itself what it resets. */
	devices_by_files = false;
	on_reset_bus(&pci_a);
	on_reset_bus_return(&pci_a, 0);
	assert_int_equal(count, 7);
}

/* A session gives up its devices with its files. */
static void test_devices_are_given_up(void **state)
{
	init_unknown();
	on_unpreserve(&unknown.session.file_set);
	/* Another thread's session. */
	shim_pid++;
	on_unpreserve_return(&unknown.session.file_set);
	shim_pid--;
	assert_span(1, LUO_STATS_UNPRESERVE, "vm", false, 0);
	assert_span(2, LUO_STATS_UNPRESERVE, A_NAME, false, 0);
	assert_span(3, LUO_STATS_UNPRESERVE, B_NAME, false, 0);
	on_unpreserve_return(&unknown.session.file_set);
	assert_int_equal(count, 3);
	assert_span(1, LUO_STATS_UNPRESERVE, "vm", true, 0);
	assert_span(2, LUO_STATS_UNPRESERVE, A_NAME, true, 0);
	assert_span(3, LUO_STATS_UNPRESERVE, B_NAME, true, 0);
	assert_no_operation();
}

static void test_nested_retrieves(void **state)
{
	struct luo_session session, inner;
	struct luo_file files[2], inner_file;

	init_session(&session, &files[0]);
	init_session(&inner, &inner_file);
	files[1] = (struct luo_file){ .fh = &handler, .token = 8 };
	files[1].list = (struct list_head){ &session.file_set.files_list, &files[0].list };
	files[0].list.next = session.file_set.files_list.prev = &files[1].list;
	memcpy(inner.name, "inner", sizeof("inner"));
	on_retrieve(&session.file_set, 7);
	on_retrieve(&session.file_set, 8);
	on_retrieve(&inner.file_set, 7);
	on_retrieve_return(&inner.file_set, 7, NULL, -EIO);
	on_retrieve_return(&session.file_set, 8, NULL, -ENOENT);
	/* One that was retrieved before is handed out meanwhile. */
	files[1].retrieve_status = 1;
	on_retrieve(&session.file_set, 8);
	on_retrieve_return(&session.file_set, 8, NULL, 0);
	/* Another thread's is not this one. */
	shim_pid++;
	on_retrieve(&inner.file_set, 7);
	shim_pid--;
	on_retrieve_return(&session.file_set, 7, NULL, 0);
	assert_int_equal(count, 4);
	assert_span(1, LUO_STATS_RETRIEVE, "vm", true, 0);
	assert_span(2, LUO_STATS_RETRIEVE, "vm", true, -ENOENT);
	assert_span(3, LUO_STATS_RETRIEVE, "inner", true, -EIO);
	assert_span(4, LUO_STATS_RETRIEVE, "inner", false, 0);
	assert_dropped(0);
}

/*
 * An FLB is preserved with the first of two files, retrieved when it is first asked for, and
 * finished when it is let go for the last time.
 */
static void test_flbs(void **state)
{
	struct liveupdate_flb flb = { .compatible = "shared" };
	struct luo_flb_link link = { .flb = &flb }, second = {};
	struct liveupdate_file_handler shares = {};
	struct list_head *head = &shares.flb_list;

	/* A handler without one. */
	*head = (struct list_head){ head, head };
	on_flb_preserve(&shares);
	on_flb_preserve_return(&shares, 0);
	*head = (struct list_head){ &link.list, &link.list };
	link.list = (struct list_head){ head, head };
	on_flb_preserve(&shares);
	flb.private.outgoing.count.refs.counter = 1;
	on_flb_preserve_return(&shares, 0);
	on_flb_preserve(&shares);
	on_flb_preserve_return(&shares, 0);
	assert_int_equal(count, 1);
	assert_span(1, LUO_STATS_PRESERVE, "shared", true, 0);
	on_flb_unpreserve(&flb);
	on_flb_unpreserve_return(&flb);
	assert_int_equal(count, 1);
	on_flb_unpreserve(&flb);
	flb.private.outgoing.count.refs.counter = 0;
	on_flb_unpreserve_return(&flb);
	assert_span(2, LUO_STATS_UNPRESERVE, "shared", true, 0);
	/* One that fails, and one whose time nobody knows. */
	on_flb_preserve(&shares);
	on_flb_preserve_return(&shares, -EIO);
	assert_span(3, LUO_STATS_PRESERVE, "shared", true, -EIO);
	link.list.next = head->prev = &second.list;
	second.list = (struct list_head){ head, &link.list };
	on_flb_preserve(&shares);
	on_flb_preserve_return(&shares, 0);
	assert_int_equal(count, 3);

	/* Nothing came in. */
	on_flb_retrieve(&flb);
	on_flb_retrieve_return(&flb, -ENODATA);
	assert_int_equal(count, 3);
	/* It is finished by whoever lets it go last, and retrieved within that if nobody asked. */
	on_flb_finish(&flb);
	on_flb_finish_return(&flb);
	on_flb_finish(&flb);
	on_flb_retrieve(&flb);
	flb.private.incoming.retrieve_status = 1;
	on_flb_retrieve_return(&flb, 0);
	on_flb_retrieve(&flb);
	on_flb_retrieve_return(&flb, 0);
	flb.private.incoming.finished = true;
	on_flb_finish_return(&flb);
	assert_int_equal(count, 5);
	assert_span(4, LUO_STATS_RETRIEVE, "shared", true, 0);
	assert_span(5, LUO_STATS_FINISH, "shared", true, 0);
	assert_int_equal(spans[5].role, LUO_STATS_ROLE_NEW);
	assert_dropped(0);
	assert_no_operation();
	on_flb_retrieve_return(&flb, 0);
	assert_int_equal(dropped[LUO_STATS_RETRIEVE], 1);
}

/* What finds no room is counted by the module, once, whether at the start or at the end. */
static void test_no_room_for_a_subject(void **state)
{
	struct luo_session session;
	struct luo_file file;

	init_session(&session, &file);
	is_full = true;
	on_preserve(&session.file_set, 7);
	is_full = false;
	on_preserve_return(&session.file_set, 7, 3, 0);
	assert_int_equal(count, 0);
	assert_dropped(1);
	on_preserve(&session.file_set, 7);
	is_full = true;
	on_preserve_return(&session.file_set, 7, 3, 0);
	assert_int_equal(spans[1].renamed, LUO_STATS_NO_SUBJECT);
	assert_dropped(1);
}

/* A file that comes in is not the one of that name that goes out. */
static void test_roles(void **state)
{
	struct luo_session session;
	struct luo_file file;

	init_session(&session, &file);
	on_preserve(&session.file_set, 7);
	on_preserve_return(&session.file_set, 7, 3, 0);
	assert_int_equal(spans[1].role, LUO_STATS_ROLE_OLD);
	assert_int_equal(last_role, LUO_STATS_ROLE_OLD);
	on_retrieve(&session.file_set, 7);
	on_retrieve_return(&session.file_set, 7, NULL, 0);
	assert_int_equal(spans[2].role, LUO_STATS_ROLE_NEW);
	/* The handler's resets: at a freeze, and when a device is released in the new kernel. */
	update_open = true;
	on_device_reset(A);
	assert_int_equal(spans[3].role, LUO_STATS_ROLE_OLD);
	update_open = false;
	on_device_reset(B);
	assert_int_equal(spans[4].role, LUO_STATS_ROLE_NEW);
	assert_int_equal(subject_role(LUO_STATS_PLAIN_RESET), LUO_STATS_ROLE_NEW);
}

#define ARRIVALS (LUO_STATS_WATCH_RETRIEVE | LUO_STATS_WATCH_BIND)
#define ALL	 (ARRIVALS | LUO_STATS_WATCH_FREEZE)

static void stamp_ready(char *name, __u64 what, bool with_vcpus)
{
	struct luoscope_stamp context = { .slot = LUO_STATS_PROBES_READY,
					  .watches = what,
					  .vcpus_are_watched = with_vcpus };

	strcpy(context.name, name);
	stamp(&context);
}

static void stamp_left_out(char *function, char *why)
{
	struct luoscope_stamp context = { .slot = LUO_STATS_PROBES_READY,
					  .watches = LUOSCOPE_WATCH_LEFT_OUT };

	strcpy(context.name, function);
	strcpy(context.why, why);
	stamp(&context);
}

static void assert_watch(unsigned int number, char *name, char *group, __u64 key)
{
	assert_true(number < watch_count);
	assert_string_equal(watches[number].name, name);
	assert_string_equal(watches[number].group, group);
	assert_int_equal(watches[number].key, key);
}

static __u64 since(unsigned int number)
{
	return strtoull(watches[number].detail, NULL, 10);
}

/* The parts that are attached together, and their end, have the first one's beginning in common. */
static void test_stamps_of_an_attachment(void **state)
{
	char *group = watches[0].detail;

	stamp_ready(LUOSCOPE_WATCH_ARRIVAL, ARRIVALS, false);
	assert_int_not_equal(stamped[LUO_STATS_PROBES_READY], 0);
	assert_false(freezes_are_watched);
	assert_false(vcpus_are_watched);
	assert_int_equal(vcpu_watches, 0);
	stamp_ready("", ALL, true);
	assert_true(freezes_are_watched);
	assert_true(vcpus_are_watched);
	assert_int_equal(vcpu_watches, 1);
	detaching(NULL);
	assert_int_equal(watch_count, 3);
	assert_watch(0, LUOSCOPE_WATCH_ARRIVAL, group, ARRIVALS);
	assert_watch(1, "", group, ALL);
	assert_watch(2, LUOSCOPE_WATCH_DETACHED, group, 0);
	assert_true(since(0) && since(0) < since(1) && since(1) < since(2));
}

/* What the kernel's types show is watched wherever there is no other way to know devices. */
static void test_stamp_of_device_files(void **state)
{
	devices_by_files = true;
	stamp_ready("", ALL, false);
	assert_watch(0, "", watches[0].detail, ALL | LUO_STATS_WATCH_DEVICE_FILES);
}

/* What is left out comes first, is no attachment, and has no part in what is watched. */
static void test_stamps_of_what_is_left_out(void **state)
{
	stamp_left_out("vcpu_put", "no such function");
	assert_watch(0, "vcpu_put", "no such function", LUOSCOPE_WATCH_LEFT_OUT);
	assert_int_not_equal(since(0), 0);
	assert_int_equal(vcpu_watches, 0);
	/* No probes were attached yet: their end says nothing. */
	detaching(NULL);
	assert_int_equal(watch_count, 1);
	stamp_ready("", ALL, false);
	assert_watch(1, "", watches[1].detail, ALL);
	/* It does not take back that freezes are watched. */
	stamp_left_out("luo_open", "no such function");
	assert_true(freezes_are_watched);
	detaching(NULL);
	assert_watch(3, LUOSCOPE_WATCH_DETACHED, watches[1].detail, 0);
}

/* It goes on saying that the probes before were detached, and what is seen counts all the same. */
static void test_stamps_without_room(void **state)
{
	watch_is_full = true;
	stamp_left_out("luo_open", "no such function");
	stamp_ready("", ALL, true);
	detaching(NULL);
	assert_int_equal(watch_count, 1);
	assert_watch(0, "luo_open", "no such function", LUOSCOPE_WATCH_LEFT_OUT);
	assert_int_not_equal(stamped[LUO_STATS_PROBES_READY], 0);
	assert_true(freezes_are_watched);
	assert_true(vcpus_are_watched);
	assert_int_equal(vcpu_watches, 1);
}

/* The other two stamps are of 'luoscope init', which read the counter itself. */
static void test_stamps_of_init(void **state)
{
	struct luoscope_stamp context = { .watches = ALL, .cycles = 77 };
	unsigned int slot;

	for (slot = 0; slot < LUO_STATS_SLOTS; slot++) {
		context.slot = slot;
		if (slot != LUO_STATS_PROBES_READY)
			stamp(&context);
	}
	for (slot = 0; slot < LUO_STATS_SLOTS; slot++)
		assert_int_equal(stamped[slot],
				 slot == LUO_STATS_B8_INIT || slot == LUO_STATS_INIT_DONE ? 77 : 0);
	assert_int_equal(watch_count, 0);
	/* Without the module there is nothing to write to. */
	have_luo_stats = false;
	stamp_ready("", ALL, true);
	detaching(NULL);
	assert_int_equal(stamped[LUO_STATS_PROBES_READY], 0);
	assert_int_equal(watch_count + vcpu_watches, 0);
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	struct CMUnitTest tests[] = {
		TEST(test_step_in_other_threads),
		TEST(test_devices_at_once_in_one_thread),
		TEST(test_skipped_begin_is_dropped),
		TEST(test_end_is_never_mistaken),
		TEST(test_full_map_drops_once),
		TEST(test_bell),
		TEST(test_resets_of_others),
		TEST(test_calls_in_two_threads),
		TEST(test_skipped_begin_of_irq_setup),
		TEST(test_skipped_entries_of_files),
		TEST(test_ignored_calls_are_not_dropped),
		TEST(test_finish_counts_its_files),
		TEST(test_freeze_of_any_handler),
		TEST(test_files_of_a_session),
		TEST(test_devices_of_files),
		TEST(test_no_devices_of_files),
		TEST(test_resets_in_freezes_of_files),
		TEST(test_failed_freeze_of_file),
		TEST(test_hot_resets),
		TEST(test_devices_are_given_up),
		TEST(test_nested_retrieves),
		TEST(test_flbs),
		TEST(test_no_room_for_a_subject),
		TEST(test_roles),
		TEST(test_second_reset),
		TEST(test_stamps_of_an_attachment),
		TEST(test_stamp_of_device_files),
		TEST(test_stamps_of_what_is_left_out),
		TEST(test_stamps_without_room),
		TEST(test_stamps_of_init),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	set_up(NULL);
	return failed;
}
