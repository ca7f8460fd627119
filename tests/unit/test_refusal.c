// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <linux/capability.h>

#include "base/privileges.h"
#include "probes/refusal.h"

/* Of root on a host. */
static const struct refusal_facts all = {
	.is_root = true,
	.capabilities = UINT64_MAX,
	.open_files = 1024,
};

static void assert_cause(struct refusal_facts facts, int err, const char *part)
{
	char text[REFUSAL_BYTES] = "";

	assert_true(refusal_cause(text, &facts, err));
	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
}

static void test_no_right(void **state)
{
	struct refusal_facts facts = all;

	(void)state;
	facts.is_root = false;
	assert_cause(facts, -EPERM, "this needs root");
	facts = all;
	facts.is_in_namespace = true;
	assert_cause(facts, -EACCES, "root in a container");
	facts = all;
	facts.capabilities = ~(PRIVILEGE(CAP_BPF) | PRIVILEGE(CAP_PERFMON));
	assert_cause(facts, -EPERM, "lacks CAP_BPF, CAP_PERFMON:");
	facts = all;
	facts.is_confidential = true;
	assert_cause(facts, -EPERM, "lockdown=integrity");
	/* Then the kernel does not know the helpers that read its memory. */
	assert_cause(facts, -EINVAL, "lockdown=integrity");
}

static void test_no_room(void **state)
{
	struct refusal_facts facts = all;

	(void)state;
	assert_cause(facts, -EMFILE, "only 1024 files");
	facts.memory_bytes = 8 << 20;
	assert_cause(facts, -ENOMEM, "only 8192 KiB of memory: raise memory.max");
	assert_cause(facts, -EROFS, "remount,rw");
	assert_cause(facts, -ENODEV, "CONFIG_BPF_SYSCALL");
}

/* Nothing is guessed. */
static void test_not_known(void **state)
{
	struct refusal_facts facts = all;
	char text[REFUSAL_BYTES];

	(void)state;
	assert_false(refusal_cause(text, &facts, -EPERM));
	assert_false(refusal_cause(text, &facts, -EINVAL));
	assert_false(refusal_cause(text, &facts, -ENOMEM));
	facts.memory_bytes = 1 << 30;
	assert_false(refusal_cause(text, &facts, -ENOMEM));
	assert_false(refusal_cause(text, &facts, -ESRCH));
}

/* Others may be accepted. */
static void test_of_one_program(void **state)
{
	struct refusal_facts facts = all;

	(void)state;
	assert_true(refusal_is_of_program(&facts, -EINVAL));
	assert_true(refusal_is_of_program(&facts, -EACCES));
	assert_true(refusal_is_of_program(&facts, -ENOSPC));
	assert_false(refusal_is_of_program(&facts, -EPERM));
	assert_false(refusal_is_of_program(&facts, -ENOMEM));
	assert_false(refusal_is_of_program(&facts, -EMFILE));
	facts.is_root = false;
	assert_false(refusal_is_of_program(&facts, -EACCES));
	facts = all;
	facts.is_confidential = true;
	assert_false(refusal_is_of_program(&facts, -EINVAL));
}

static void assert_log(const char *log, const char *wanted)
{
	char text[REFUSAL_BYTES];

	refusal_of_log(text, sizeof(text), log, -EINVAL);
	assert_string_equal(text, wanted);
}

static void test_log(void **state)
{
	(void)state;
	assert_log("0: R1=ctx()\n3: <invalid CO-RE relocation>\nfailed to resolve CO-RE relocation "
		   "<byte_off> [33] struct luo_file.token (0:3 @ offset 152)\n"
		   "processed 4 insns (limit 1000000) max_states_per_insn 0 total_states 0\n",
		   "no luo_file.token: this kernel's structure has no such field");
	assert_log(
		"7: (79) r1 = *(u64 *)(r2 +0)\nR2 invalid mem access 'scalar'\n"
		"verification time 120 usec\nstack depth 16\nprocessed 8 insns (limit 1000000)\n",
		"rejected by the verifier: R2 invalid mem access 'scalar'");
	assert_log("func 'f' doesn't have 4-th argument",
		   "rejected by the verifier: func 'f' doesn't have 4-th argument");
	assert_log("\33[31m\n", "rejected by the verifier: \\x1b[31m");
	assert_log("", "rejected: Invalid argument");
	assert_log("processed 0 insns\n", "rejected: Invalid argument");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_right),  cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_not_known), cmocka_unit_test(test_of_one_program),
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
