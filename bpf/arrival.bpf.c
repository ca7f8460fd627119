// SPDX-License-Identifier: GPL-2.0
/*
 * What has to be in place before /dev/liveupdate is first opened in the new kernel, attached at
 * once: attaching one function after the other takes most of the time of 'luoscope init', which is
 * in the blackout. These call the programs for single functions and tracepoints, by the cookie of
 * each. A kernel without links of this kind gets the single ones.
 *
 * The kernel does not run a program on a CPU on which it has interrupted that program. So what ends
 * spans is never in one program with what begins them: a begin that is lost is counted at its end.
 */
#include "span.bpf.h"
#include <luoscope/arrival.h>

/* More than any of the functions or tracepoints has. */
#define MAX_ARGUMENTS 6

/*
 * What a program for a single function finds in its context: the arguments, and in a return program
 * the result after the last one. Here the verifier knows neither their number nor their types. For
 * each argument that a helper gets, the kernel rewrites the program with ten instructions more.
 */
static __always_inline void read_arguments(void *context, unsigned long long *arguments)
{
	bpf_probe_read_kernel(arguments, (MAX_ARGUMENTS + 1) * sizeof(*arguments), context);
}

#define CALL(id, program) \
	case id:          \
		return program(arguments);

SEC("fentry.multi/arrival")
__attribute__((flatten)) int arrival_entry(void *context)
{
	unsigned long long arguments[MAX_ARGUMENTS + 1];

	read_arguments(context, arguments);
	switch (bpf_get_attach_cookie(context)) {
		LUOSCOPE_ARRIVAL_ENTRIES(CALL)
	}
	return 0;
}

SEC("fexit.multi/arrival")
__attribute__((flatten)) int arrival_return(void *context)
{
	unsigned long long arguments[MAX_ARGUMENTS + 1];

	read_arguments(context, arguments);
	switch (bpf_get_attach_cookie(context)) {
		LUOSCOPE_ARRIVAL_RETURNS(CALL)
	}
	return 0;
}

/*
 * A program that reads an argument directly cannot be attached to a tracepoint that does not have
 * it.
 */
SEC("raw_tp/arrival")
__attribute__((flatten)) int arrival_tracepoint(void *context)
{
	unsigned long long arguments[MAX_ARGUMENTS + 1];

	read_arguments(context, arguments);
	switch (bpf_get_attach_cookie(context)) {
		LUOSCOPE_ARRIVAL_TRACEPOINTS(CALL)
	}
	return 0;
}

SEC("raw_tp/arrival_end")
__attribute__((flatten)) int arrival_tracepoint_end(void *context)
{
	unsigned long long arguments[MAX_ARGUMENTS + 1];

	read_arguments(context, arguments);
	switch (bpf_get_attach_cookie(context)) {
		LUOSCOPE_ARRIVAL_TRACEPOINT_ENDS(CALL)
	}
	return 0;
}
