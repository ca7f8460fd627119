/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The programs that watch how files and devices come back in the new kernel, by the functions and
 * the tracepoints that they watch: X(cookie, program).
 */
#ifndef LUOSCOPE_ARRIVAL_H
#define LUOSCOPE_ARRIVAL_H

#define LUOSCOPE_ARRIVAL_ENTRIES(X) \
	X(1, on_luo_open)           \
	X(2, on_deserialize)        \
	X(3, on_session_retrieve)   \
	X(4, on_retrieve)           \
	X(5, on_finish)             \
	X(6, on_bind)               \
	X(7, on_set_irqs)           \
	X(8, on_reset_function)     \
	X(10, on_vcpu_run)          \
	X(11, on_vcpu_run_end)      \
	X(12, on_flb_retrieve)      \
	X(13, on_flb_finish)        \
	X(14, on_reset_bus)

#define LUOSCOPE_ARRIVAL_RETURNS(X)      \
	X(3, on_session_retrieve_return) \
	X(4, on_retrieve_return)         \
	X(5, on_finish_return)           \
	X(6, on_bind_return)             \
	X(7, on_set_irqs_return)         \
	X(8, on_reset_function_return)   \
	X(9, on_file_finished)           \
	X(12, on_flb_retrieve_return)    \
	X(13, on_flb_finish_return)      \
	X(14, on_reset_bus_return)

#define LUOSCOPE_ARRIVAL_TRACEPOINTS(X) \
	X(1, on_device_retrieve)        \
	X(2, on_device_finish)          \
	X(3, on_reset_again)

#define LUOSCOPE_ARRIVAL_TRACEPOINT_ENDS(X) \
	X(1, on_device_retrieve_end)        \
	X(2, on_device_finish_end)

/* The lists. Each has one program, and each list of functions one link. */
enum arrival_part {
	ARRIVAL_ENTRIES,
	ARRIVAL_RETURNS,
	ARRIVAL_TRACEPOINTS, /* that begin spans, or mark an instant */
	ARRIVAL_TRACEPOINT_ENDS,
	ARRIVAL_PARTS, /* their number */
};

#endif /* LUOSCOPE_ARRIVAL_H */
