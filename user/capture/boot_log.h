/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a kernel's log tells of its boot: initcalls and device probes with their time (with
 * initcall_debug on its command line), silences between two lines, and when a few things were
 * there.
 *
 * Times are in microseconds of the log's own clock; the model maps them. Texts are foreign: ended
 * by 0, otherwise any bytes.
 */
#ifndef LUOSCOPE_BOOT_LOG_H
#define LUOSCOPE_BOOT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Enough for what says which line, device or function it is; longer ones are cut. */
#define BOOT_TEXT_BYTES 65
/* How many of each list are kept, the longest. */
#define BOOT_ROWS 48
/* A silence that is shorter is none. */
#define BOOT_SILENCE_MIN_USEC 1000
/* What is logged longer than this after init was executed is not looked at. */
#define BOOT_AFTER_INIT_USEC 600000000ULL

enum boot_list {
	BOOT_INITCALLS, /* before init: function */
	BOOT_MODULES,	/* those of modules that user space loaded: function, module */
	BOOT_PROBES,	/* device, driver */
	BOOT_SILENCES,	/* before init, and while no initcall ran: line before, line after */
	BOOT_LISTS,
};

enum boot_moment {
	BOOT_CONSOLE,	   /* the first console took lines */
	BOOT_CPUS,	   /* the other processors were up */
	BOOT_CLOCKSOURCE,  /* the kernel's clocks run on a counter, and on ticks no more */
	BOOT_INITRAMFS,	   /* it was unpacked, and its memory freed */
	BOOT_VFIO,	   /* vfio came up */
	BOOT_VFIO_PCI,	   /* vfio-pci can be bound; needs initcall_debug */
	BOOT_MEMORY_FREED, /* of what only a boot needs: all initcalls and their probes are over */
	BOOT_PID1,	   /* init was executed: the last try counts */
	BOOT_MOMENTS,
};

/**
 * struct boot_row - something that took time
 * @begin_usec: when it began
 * @usec:       how long it took. Of an initcall the kernel's own figure; before BOOT_CLOCKSOURCE,
 *              where that is in whole ticks, the distance of the two lines about it
 * @result:     of initcall or probe; 0 or a negative errno, or what else it returned
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

/* Fewer lines than this do not tell what a console costs. */
#define BOOT_CONSOLE_LINES 100

/**
 * struct boot_console - what the consoles made the boot wait for
 * @names: of those for which the kernel waits, parted by blanks; else of the others
 * @waits: who logs a line waits until it is written ("legacy"); else a thread of its own writes it
 * @lines: that such a console showed, from when it was there to init, ...
 * @bytes: ... and how long they are
 * @ns_per_byte: all but one in 20 of these lines were followed by a longer time, for each of their
 *         bytes, until anything else was logged, those apart after which the log's clock stood
 *         still; of no value if @lines is below BOOT_CONSOLE_LINES
 */
struct boot_console {
	char names[BOOT_TEXT_BYTES];
	bool waits;
	uint64_t lines;
	uint64_t bytes;
	uint64_t ns_per_byte;
};

/**
 * struct boot_log - all of it
 * @has_boot: the log reaches from the boot on: otherwise all but @lost is empty
 * @lost:     records that were overwritten before they were read
 * @lost_until_usec: time of the first record behind the last of them
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

/* Calls that may be under way at the same time: by processes that load modules. */
#define BOOT_CALLS 16
/* As many lines of the console are looked at: more than a boot has. */
#define BOOT_RATES 4096

/**
 * struct boot_reader - a log that is being read; all 0 at first
 * @log:    what was found so far
 * @call:   initcalls that began and have not returned
 * @latest: the latest line so far: lines of another CPU may have earlier times
 * @quiet_level: lines of this level and above are not shown by a console; 0: by default
 * @rate:   of lines that were shown, ns until the next one for each byte
 * @shown_bytes: of the line before, if a console showed it; else 0
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
 * boot_reader_add - take the next record of /dev/kmsg, as it was read from there, ended by 0
 *
 * Only what the kernel itself said counts: others may write to the log as well.
 */
void boot_reader_add(struct boot_reader *reader, const char *record);

/**
 * boot_reader_end - the log is over: @reader->log is valid from here on
 */
void boot_reader_end(struct boot_reader *reader);

/* What a moment is called, such as "clocksource". */
const char *boot_moment_name(enum boot_moment moment);

/**
 * boot_log_write - write @log as text, a line each; what boot_log_parse() reads
 */
void boot_log_write(const struct boot_log *log, FILE *out);

/**
 * boot_log_parse - read the @size bytes of boot_log_write() at @text
 *
 * Lines that make no sense, or that a later version writes, are left out.
 */
void boot_log_parse(struct boot_log *log, const char *text, size_t size);

#endif /* LUOSCOPE_BOOT_LOG_H */
