// SPDX-License-Identifier: GPL-2.0
/*
 * What goes with a probe that is left out, and what the kernel's symbols say of a target.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "probes/kallsyms.h"
#include "probes/leave_out.h"

#define PROBE(on, of, ...)                               \
	{                                                \
		.program = on, .target = of, __VA_ARGS__ \
	}
#define ENTRY(on, of)	   PROBE(on, of, .kind = PROBE_ENTRY)
#define RETURN(on, of)	   PROBE(on, of, .kind = PROBE_RETURN)
#define VCPU(on, of)	   PROBE(on, of, .group = PROBE_GROUP_VMS)
#define TRACEPOINT(on, of) PROBE(on, of, .kind = PROBE_TRACEPOINT, .group = PROBE_GROUP_HANDLER)

static const struct probe all[] = {
	ENTRY("on_liveupdate_reboot", "liveupdate_reboot"),
	RETURN("on_liveupdate_reboot_return", "liveupdate_reboot"),
	PROBE("on_kernel_kexec", "kernel_kexec", .state = PROBE_NOT_NEEDED),
	ENTRY("on_device_shutdown", "device_shutdown"),
	ENTRY("on_pm_runtime_barrier", "pm_runtime_barrier"),
	RETURN("on_device_shutdown_return", "device_shutdown"),
	RETURN("on_async_finished", "async_run_entry_fn"),
	ENTRY("on_async_wait", "async_synchronize_cookie_domain"),
	ENTRY("on_machine_shutdown", "machine_shutdown"),
	RETURN("on_machine_shutdown_return", "machine_shutdown"),
	ENTRY("on_freeze", "luo_file_freeze"),
	RETURN("on_freeze_return", "luo_file_freeze"),
	ENTRY("on_reserve_entry", "kho_block_set_it_reserve_entry"),
	RETURN("on_reserve_entry_return", "kho_block_set_it_reserve_entry"),
	ENTRY("on_retrieve", "luo_retrieve_file"),
	RETURN("on_retrieve_return", "luo_retrieve_file"),
	ENTRY("on_finish", "luo_file_finish"),
	RETURN("on_file_finished", "luo_flb_file_finish"),
	RETURN("on_finish_return", "luo_file_finish"),
	VCPU("on_vcpu_run", "kvm_arch_vcpu_ioctl_run"),
	VCPU("on_vcpu_run_end", "vcpu_put"),
	VCPU("on_vcpu_destroy", "kvm_arch_vcpu_destroy"),
	TRACEPOINT("on_device_freeze", "vfio_pci_freeze_begin"),
	TRACEPOINT("on_device_freeze_end", "vfio_pci_freeze_end"),
};

#define COUNT (sizeof(all) / sizeof(all[0]))

static struct probe list[COUNT];

static int set_up(void **state)
{
	size_t i;

	(void)state;
	memcpy(list, all, sizeof(all));
	for (i = 0; i < COUNT; i++)
		list[i].btf_id = list[i].kind == PROBE_TRACEPOINT ? 0 : i + 1;
	return 0;
}

static struct probe *find(const char *program)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		if (!strcmp(list[i].program, program))
			return &list[i];
	fail_msg("no %s", program);
	return NULL;
}

/* How many are left out once @program is. */
static unsigned int without(const char *program)
{
	unsigned int count = 0;
	size_t i;

	set_up(NULL);
	probe_leave_out(find(program), "rejected: %s", "line");
	leave_out_settle(list, COUNT);
	assert_string_equal(find(program)->why, "rejected: line");
	assert_false(find(program)->is_useless);
	for (i = 0; i < COUNT; i++)
		count += list[i].state == PROBE_LEFT_OUT;
	return count;
}

static void assert_gone(const char *program, const char *why)
{
	assert_int_equal(find(program)->state, PROBE_LEFT_OUT);
	assert_string_equal(find(program)->why, why);
	assert_true(find(program)->is_useless);
}

static void test_both_ends_of_a_span(void **state)
{
	(void)state;
	assert_int_equal(without("on_retrieve"), 2);
	assert_gone("on_retrieve_return", "needs luo_retrieve_file");
	assert_int_equal(without("on_retrieve_return"), 2);
	assert_gone("on_retrieve", "needs luo_retrieve_file, return");
	assert_int_equal(without("on_device_freeze_end"), 2);
	assert_gone("on_device_freeze", "needs vfio_pci_freeze_end");
}

static void test_what_needs_more(void **state)
{
	(void)state;
	assert_int_equal(without("on_file_finished"), 3);
	assert_gone("on_finish_return", "needs luo_file_finish");
	assert_int_equal(without("on_finish_return"), 3);
	/* The freeze of a session is something without that of its files, but not the reverse. */
	assert_int_equal(without("on_reserve_entry_return"), 2);
	assert_int_equal(without("on_freeze_return"), 4);
	assert_gone("on_reserve_entry", "needs luo_file_freeze");
	assert_int_equal(without("on_vcpu_destroy"), 3);
}

static void test_boundaries_are_by_themselves(void **state)
{
	(void)state;
	assert_int_equal(without("on_device_shutdown_return"), 4);
	assert_gone("on_pm_runtime_barrier", "needs device_shutdown, return");
	assert_int_equal(find("on_device_shutdown")->state, PROBE_READY);
	assert_int_equal(without("on_pm_runtime_barrier"), 3);
	assert_int_equal(without("on_async_finished"), 3);
	assert_gone("on_pm_runtime_barrier", "needs async_run_entry_fn, return");
	assert_int_equal(find("on_device_shutdown_return")->state, PROBE_READY);
	/* vCPUs are written down at its end. */
	assert_int_equal(without("on_machine_shutdown"), 4);
	assert_int_equal(find("on_machine_shutdown_return")->state, PROBE_READY);
	/* One that is missing is as good as left out. */
	set_up(NULL);
	find("on_file_finished")->state = PROBE_NO_TARGET;
	leave_out_settle(list, COUNT);
	assert_gone("on_finish", "needs luo_flb_file_finish, return");
}

static void test_stand_in(void **state)
{
	(void)state;
	leave_out_settle(list, COUNT);
	assert_int_equal(find("on_kernel_kexec")->state, PROBE_NOT_NEEDED);
	assert_int_equal(without("on_liveupdate_reboot_return"), 2);
	assert_int_equal(find("on_kernel_kexec")->state, PROBE_READY);
	set_up(NULL);
	find("on_kernel_kexec")->state = PROBE_READY;
	leave_out_settle(list, COUNT);
	assert_int_equal(find("on_kernel_kexec")->state, PROBE_NOT_NEEDED);
}

static void test_too_many(void **state)
{
	(void)state;
	leave_out_all_but_boundaries(list, COUNT);
	assert_int_equal(find("on_retrieve")->state, PROBE_LEFT_OUT);
	assert_int_equal(find("on_pm_runtime_barrier")->state, PROBE_LEFT_OUT);
	assert_int_equal(find("on_machine_shutdown_return")->state, PROBE_READY);
	leave_out_settle(list, COUNT);
	assert_int_equal(find("on_liveupdate_reboot")->state, PROBE_READY);
}

/* Looks at a list in which each function is once, with the line of @target replaced by @lines. */
static void look(const char *target, const char *lines)
{
	char symbols[4096] = "";
	size_t i;
	FILE *file;

	set_up(NULL);
	for (i = 0; i < COUNT; i++)
		if (list[i].kind == PROBE_ENTRY && strcmp(list[i].target, target) != 0)
			sprintf(symbols + strlen(symbols), "ffffffff81000000 T %s\n",
				list[i].target);
	for (i = 0; i < COUNT; i++)
		if (list[i].kind == PROBE_RETURN &&
		    (!strcmp(list[i].target, "luo_flb_file_finish") ||
		     !strcmp(list[i].target, "async_run_entry_fn")))
			sprintf(symbols + strlen(symbols), "ffffffff81000000 t %s\n",
				list[i].target);
	strcat(symbols, lines);
	file = fmemopen(symbols, strlen(symbols), "r");
	kallsyms_check(list, COUNT, file);
	fclose(file);
}

static void assert_why(const char *program, const char *why)
{
	assert_int_equal(find(program)->state, PROBE_LEFT_OUT);
	assert_string_equal(find(program)->why, why);
}

static void test_symbols(void **state)
{
	size_t i;

	(void)state;
	look("", "0 t some\n0 d luo_retrieve_file\n0 t luo_retrieve_file.cold\n\nx\n0 t\n0 t luo_");
	for (i = 0; i < COUNT; i++)
		assert_int_not_equal(list[i].state, PROBE_LEFT_OUT);
	/* A module's function of that name is not the kernel's. */
	look("", "0 t luo_retrieve_file\t[other]\n");
	assert_int_equal(find("on_retrieve")->state, PROBE_READY);
	look("", "0 t luo_retrieve_file\n");
	assert_why("on_retrieve", "ambiguous name: 2 functions of this kernel have it");
	assert_why("on_retrieve_return", "ambiguous name: 2 functions of this kernel have it");
	look("luo_retrieve_file", "0 t luo_retrieve_file.llvm.7262\n");
	assert_why("on_retrieve",
		   "renamed by the compiler: this kernel has luo_retrieve_file.llvm.7262");
	look("luo_retrieve_file", "0 t luo_retrieve_file.constprop.0\n");
	assert_int_equal(find("on_retrieve")->state, PROBE_LEFT_OUT);
	look("luo_retrieve_file", "0 t luo_retrieve_files\n");
	assert_why("on_retrieve", "inlined by the compiler: this kernel has no symbol for it");
	/* Nobody may see symbols, or there are none. */
	set_up(NULL);
	kallsyms_check(list, COUNT, NULL);
	assert_int_equal(find("on_retrieve")->state, PROBE_READY);
}

static void test_symbols_of_modules(void **state)
{
	FILE *file;
	char symbols[] = "0 T machine_shutdown\n"
			 "0 d __tracepoint_vfio_pci_freeze_begin\t[vfio_pci_core]\n"
			 "0 t vcpu_put\t[kvm]\n0 t vcpu_put\t[kvm]\n"
			 "0 t kvm_arch_vcpu_destroy\t[kvm]\n0 t luo_retrieve_file\n";

	(void)state;
	find("on_device_freeze")->state = PROBE_NO_TARGET;
	find("on_device_freeze_end")->state = PROBE_NO_TARGET;
	find("on_vcpu_run_end")->module = "kvm";
	find("on_vcpu_destroy")->state = PROBE_NO_TARGET;
	find("on_vcpu_destroy")->btf_id = 0;
	find("on_retrieve")->state = PROBE_NO_TARGET;
	find("on_retrieve")->btf_id = 0;
	file = fmemopen(symbols, strlen(symbols), "r");
	kallsyms_check(list, COUNT, file);
	fclose(file);
	assert_why("on_device_freeze",
		   "no BTF in module vfio_pci_core: build it with that of its kernel");
	assert_int_equal(find("on_device_freeze_end")->state, PROBE_NO_TARGET);
	assert_why("on_vcpu_run_end", "ambiguous name: 2 functions of this kernel have it");
	assert_why("on_vcpu_destroy", "no BTF in module kvm: build it with that of its kernel");
	assert_why("on_retrieve", "no BTF: the kernel's BTF does not have it");
}

static void test_missed(void **state)
{
	(void)state;
	find("on_retrieve")->state = PROBE_NO_TARGET;
	assert_true(probe_is_missed(find("on_retrieve"), list, COUNT));
	/* A kernel without LUO has none of it. */
	find("on_liveupdate_reboot")->state = PROBE_NO_TARGET;
	assert_false(probe_is_missed(find("on_retrieve"), list, COUNT));
	/* Nor is a handler missed that is not there, but one that cannot be watched is. */
	find("on_device_freeze")->state = PROBE_NO_TARGET;
	assert_false(probe_is_missed(find("on_device_freeze"), list, COUNT));
	probe_leave_out(find("on_device_freeze"), "other prototype");
	assert_true(probe_is_missed(find("on_device_freeze"), list, COUNT));
	assert_false(probe_is_missed(find("on_freeze"), list, COUNT));
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_both_ends_of_a_span),
		TEST(test_what_needs_more),
		TEST(test_boundaries_are_by_themselves),
		TEST(test_stand_in),
		TEST(test_too_many),
		TEST(test_symbols),
		TEST(test_symbols_of_modules),
		TEST(test_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
