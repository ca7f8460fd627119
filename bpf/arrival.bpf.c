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

/*
 * Set by the loader: which probes are left out although they are attached, as bits numbered by
 * their cookies. For example, the loader finds out only after attaching that several functions have
 * the same name.
 */
__u32 arrival_ignored[ARRIVAL_PARTS];

#define CALL(id, program) \
	case id:          \
		return program(arguments);

/*
 * What a program for a single function finds in its context: the arguments, and in a return program
 * the result after the last one. Here the verifier knows neither their number nor their types, and
 * lets nobody read them without a detour.
 */
#define AT_ONCE(section, name, part, programs)                         \
	SEC(section)                                                   \
	__attribute__((flatten)) int name(unsigned long long *context) \
	{                                                              \
		const __u64 cookie = bpf_get_attach_cookie(context);   \
		unsigned long long *arguments = KERNEL(context);       \
                                                                       \
		if (arrival_ignored[part] & 1U << cookie)              \
			return 0;                                      \
		switch (cookie) {                                      \
			programs(CALL)                                 \
		}                                                      \
		return 0;                                              \
	}

AT_ONCE("fentry.multi/arrival", arrival_entry, ARRIVAL_ENTRIES, LUOSCOPE_ARRIVAL_ENTRIES)
AT_ONCE("fexit.multi/arrival", arrival_return, ARRIVAL_RETURNS, LUOSCOPE_ARRIVAL_RETURNS)

/*
 * A program that reads an argument directly cannot be attached to a tracepoint that does not have
 * it.
 */
AT_ONCE("raw_tp/arrival", arrival_tracepoint, ARRIVAL_TRACEPOINTS, LUOSCOPE_ARRIVAL_TRACEPOINTS)
AT_ONCE("raw_tp/arrival_end", arrival_tracepoint_end, ARRIVAL_TRACEPOINT_ENDS,
	LUOSCOPE_ARRIVAL_TRACEPOINT_ENDS)
