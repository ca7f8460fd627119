// SPDX-License-Identifier: GPL-2.0
/*
 * What has to be in place before /dev/liveupdate is first opened in the new kernel, attached at
 * once: attaching one function after the other takes most of the time of 'luoscope init', which is
 * in the blackout. These two call the programs for single functions, by the cookie of each
 * function. A kernel without links of this kind gets the single ones.
 */
#include "span.bpf.h"
#include <luoscope/arrival.h>

/* More than any of the functions has. */
#define MAX_ARGUMENTS 6

static __always_inline void arguments_of(void *context, unsigned long long *arguments)
{
	__u32 i;

	for (i = 0; i < MAX_ARGUMENTS; i++)
		bpf_get_func_arg(context, i, &arguments[i]);
}

#define CALL_ENTRY(id, program, function, count) \
	case id:                                 \
		return program(arguments);

#define CALL_RETURN(id, program, function, count)             \
	case id:                                              \
		bpf_get_func_ret(context, &arguments[count]); \
		return program(arguments);

SEC("fentry.multi/arrival")
__attribute__((flatten)) int arrival_entry(void *context)
{
	unsigned long long arguments[MAX_ARGUMENTS + 1] = {};

	arguments_of(context, arguments);
	switch (bpf_get_attach_cookie(context)) {
		LUOSCOPE_ARRIVAL_ENTRIES(CALL_ENTRY)
	}
	return 0;
}

SEC("fexit.multi/arrival")
__attribute__((flatten)) int arrival_return(void *context)
{
	unsigned long long arguments[MAX_ARGUMENTS + 1] = {};

	arguments_of(context, arguments);
	switch (bpf_get_attach_cookie(context)) {
		LUOSCOPE_ARRIVAL_RETURNS(CALL_RETURN)
	}
	return 0;
}
