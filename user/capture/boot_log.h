/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel's boot, from its log: initcalls and device probes with their times (if initcall_debug is
 * on the command line), silences between two lines, and a few moments.
 *
 * Times are in microseconds of the log's own clock; the model maps them. Texts come from elsewhere:
 * they end with 0 and may hold any other bytes.
 */
#ifndef LUOSCOPE_BOOT_LOG_H
#define LUOSCOPE_BOOT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Enough to recognize a line, a device or a function; longer texts are cut. */
#define BOOT_TEXT_BYTES 65
/* Each list keeps this many rows, the longest. */
#define BOOT_ROWS 48
/* Shorter silences are ignored. */
#define BOOT_SILENCE_MIN_USEC 1000
/* Lines later than this after init was executed are ignored. */
#define BOOT_AFTER_INIT_USEC 600000000ULL

enum boot_list {
	BOOT_INITCALLS, /* before init: function */
	BOOT_MODULES,	/* of modules loaded by user space: function, module */
	BOOT_PROBES,	/* device, driver */
	BOOT_SILENCES,	/* before init, and while no initcall ran: line before, line after */
	BOOT_LISTS,
};

enum boot_moment {
	BOOT_CONSOLE,	   /* the first console accepts output */
	BOOT_CPUS,	   /* the other processors are up */
	BOOT_CLOCKSOURCE,  /* the kernel's clocks switched from ticks to a counter */
	BOOT_INITRAMFS,	   /* it is unpacked, and its memory freed */
	BOOT_VFIO,	   /* vfio is initialized */
	BOOT_VFIO_PCI,	   /* devices can be bound to vfio-pci; needs initcall_debug */
	BOOT_MEMORY_FREED, /* init memory: all initcalls and their probes are done */
	BOOT_PID1,	   /* init is executed: the last attempt counts */
	BOOT_MOMENTS,
};

/**
 * struct boot_row - something that took time
 * @begin_usec: when it began
 * @usec:       how long it took. For an initcall, the kernel's own figure; before BOOT_CLOCKSOURCE,
 *              where that counts whole ticks, the time between the two lines about it
 * @result:     of a probe: 0 or a negative errno; of an initcall also any other value
 * @what, @of:  see enum boot_list
 */
struct boot_row {
	uint64_t begin_usec;
	uint64_t usec;
	int32_t result;
	char what[BOOT_TEXT_BYTES];
	char of[BOOT_TEXT_BYTES];
};

/**
 * struct boot_rows - a list
 * @row:        the longest first
 * @rows:       how many of them
 * @count:      how many there were
 * @total_usec: their sum
 */
struct boot_rows {
	struct boot_row row[BOOT_ROWS];
	size_t rows;
	uint64_t count;
	uint64_t total_usec;
};

/* With fewer lines, the cost of a console cannot be estimated. */
#define BOOT_CONSOLE_LINES 100

/**
 * struct boot_console - how long the boot waited for consoles
 * @names: the consoles for which the kernel waits, separated by blanks; if none, the others
 * @waits: logging a line waits until it is printed ("legacy"); else a thread prints it
 * @lines: the number of lines that such a console printed before init
 * @bytes: their total length
 * @ns_per_byte: the 5th percentile, over these lines, of the time until the next line divided by
 *         the length in bytes, without lines after which the log's clock stood still. Not valid if
 *         @lines is below BOOT_CONSOLE_LINES
 */
struct boot_console {
	char names[BOOT_TEXT_BYTES];
	bool waits;
	uint64_t lines;
	uint64_t bytes;
	uint64_t ns_per_byte;
};

/**
 * struct boot_log - the boot as a whole
 * @has_boot: the log reaches back to the boot; if not, only @lost is valid
 * @lost:     records that were overwritten before they were read
 * @lost_until_usec: time of the first record after the last lost one
 * @moment_usec: valid where @moment_known is set
 */
struct boot_log {
	bool has_boot;
	uint64_t lost;
	uint64_t lost_until_usec;
	bool moment_known[BOOT_MOMENTS];
	uint64_t moment_usec[BOOT_MOMENTS];
	struct boot_rows list[BOOT_LISTS];
	struct boot_console console;
};

/* Initcalls in progress at the same time: several processes may load modules. */
#define BOOT_CALLS 16
/* At most this many console lines are measured: more than a boot has. */
#define BOOT_RATES 4096

/**
 * struct boot_reader - a log that is being read; all 0 at first
 * @log:    the result so far
 * @call:   initcalls that have not returned yet
 * @latest: the latest line so far: lines of another CPU may have earlier times
 * @quiet_level: consoles do not print lines of this level and above; 0: the default
 * @rate:   for each printed line, the ns until the next line divided by its length
 * @shown_bytes: length of the previous line if a console printed it, else 0
 */
struct boot_reader {
	struct boot_log log;
	struct boot_call {
		uint64_t usec;
		long pid;
		char symbol[2 * BOOT_TEXT_BYTES];
	} call[BOOT_CALLS];
	size_t calls;
	bool has_latest;
	uint64_t latest_usec;
	char latest[BOOT_TEXT_BYTES];
	uint64_t next_sequence;
	unsigned int quiet_level;
	uint32_t rate[BOOT_RATES];
	size_t rates;
	uint64_t shown_usec;
	size_t shown_bytes;
};

/**
 * boot_reader_add - add the next record as read from /dev/kmsg, terminated by 0
 *
 * Only the kernel's own records count, because others may write to the log as well.
 */
void boot_reader_add(struct boot_reader *reader, const char *record);

/**
 * boot_reader_end - call after the last record; @reader->log is valid afterwards
 */
void boot_reader_end(struct boot_reader *reader);

/* Name of a moment, such as "clocksource". */
const char *boot_moment_name(enum boot_moment moment);

/**
 * boot_log_write - write @log as lines of text that boot_log_parse() reads
 */
void boot_log_write(const struct boot_log *log, FILE *out);

/**
 * boot_log_parse - parse @size bytes of boot_log_write() output at @text
 *
 * Lines that are invalid, or from a later version, are skipped.
 */
void boot_log_parse(struct boot_log *log, const char *text, size_t size);

#endif /* LUOSCOPE_BOOT_LOG_H */
