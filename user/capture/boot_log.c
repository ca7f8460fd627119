// SPDX-License-Identifier: GPL-2.0
#include "boot_log.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* As far as a time can be: ten years. */
#define USEC_MAX (10ULL * 365 * 24 * 3600 * 1000000)
/* More than the kernel puts in one line. */
#define TEXT_BYTES 1024
/* A console also shows the time before the text, and the end of the line. */
#define LINE_EXTRA_BYTES 17
/* It shows lines below this level, unless the command line says otherwise. */
#define DEFAULT_QUIET_LEVEL 7

static const char *const list_names[BOOT_LISTS] = {
	[BOOT_INITCALLS] = "initcalls",
	[BOOT_MODULES] = "modules",
	[BOOT_PROBES] = "probes",
	[BOOT_SILENCES] = "silences",
};

static const char *const moment_names[BOOT_MOMENTS] = {
	[BOOT_CONSOLE] = "console",
	[BOOT_CPUS] = "cpus",
	[BOOT_CLOCKSOURCE] = "clocksource",
	[BOOT_INITRAMFS] = "initramfs",
	[BOOT_VFIO] = "vfio",
	[BOOT_VFIO_PCI] = "vfio_pci",
	[BOOT_MEMORY_FREED] = "memory_freed",
	[BOOT_PID1] = "pid1",
};

const char *boot_moment_name(enum boot_moment moment)
{
	return moment_names[moment];
}

/* Texts */

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The text up to @stop or its end, with \xNN turned back into bytes, except for a byte of 0. */
static const char *decode(char *to, size_t size, const char *from, char stop)
{
	size_t length = 0;

	while (*from && *from != stop) {
		int byte = (unsigned char)*from, skip = 1;

		if (from[0] == '\\' && from[1] == 'x' && hex_digit(from[2]) >= 0 &&
		    hex_digit(from[3]) >= 0 && (from[2] != '0' || from[3] != '0')) {
			byte = hex_digit(from[2]) * 16 + hex_digit(from[3]);
			skip = 4;
		}
		if (length + 1 < size)
			to[length++] = byte;
		from += skip;
	}
	to[length] = '\0';
	return from;
}

static void encode(FILE *out, const char *text)
{
	const unsigned char *p;

	for (p = (const unsigned char *)text; *p; p++) {
		if (*p < 0x20 || *p == 0x7f || *p == '\\')
			fprintf(out, "\\x%02x", *p);
		else
			fputc(*p, out);
	}
}

/* Move @p behind a number; false: there is none, or it is above @most. */
static bool take_number(const char **p, uint64_t most, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)**p))
		return false;
	errno = 0;
	*number = strtoull(*p, &end, 10);
	*p = end;
	return !errno && *number <= most;
}

static bool take_result(const char **p, int32_t *result)
{
	const bool negative = **p == '-';
	uint64_t number;

	*p += negative;
	if (!take_number(p, INT32_MAX, &number))
		return false;
	*result = negative ? -(int32_t)number : (int32_t)number;
	return true;
}

static bool take_text(const char **p, const char *text)
{
	const size_t length = strlen(text);

	if (strncmp(*p, text, length))
		return false;
	*p += length;
	return true;
}

/* The last occurrence of @what. */
static const char *find_last(const char *text, const char *what)
{
	const char *found = NULL, *at;

	for (at = strstr(text, what); at; at = strstr(at + 1, what))
		found = at;
	return found;
}

/* Lists */

static void add_row(struct boot_rows *list, const struct boot_row *row)
{
	size_t at = list->rows;

	list->count++;
	list->total_usec += row->usec;
	while (at && list->row[at - 1].usec < row->usec)
		at--;
	if (at == BOOT_ROWS)
		return;
	if (list->rows < BOOT_ROWS)
		list->rows++;
	memmove(&list->row[at + 1], &list->row[at], (list->rows - at - 1) * sizeof(*row));
	list->row[at] = *row;
}

static void set_moment(struct boot_log *log, enum boot_moment moment, uint64_t usec)
{
	log->moment_known[moment] = true;
	log->moment_usec[moment] = usec;
}

static void set_first(struct boot_log *log, enum boot_moment moment, uint64_t usec)
{
	if (!log->moment_known[moment])
		set_moment(log, moment, usec);
}

/* Lines of initcall_debug */

/* "calling  SYMBOL @ PID" */
static void read_calling(struct boot_reader *reader, uint64_t usec, const char *text)
{
	const char *at = find_last(text, " @ "), *number;
	struct boot_call *call;
	uint64_t pid;

	if (!take_text(&text, "calling  ") || !at || at < text)
		return;
	number = at + strlen(" @ ");
	if (!take_number(&number, INT32_MAX, &pid) || *number)
		return;
	/* Drop a call that never returned because its line was lost. */
	if (reader->calls == BOOT_CALLS)
		memmove(&reader->call[0], &reader->call[1],
			--reader->calls * sizeof(reader->call[0]));
	call = &reader->call[reader->calls++];
	call->usec = usec;
	call->pid = (long)pid;
	text_copy(call->symbol, sizeof(call->symbol), text, at - text);
}

/* "RETURNED returned RESULT after USECS usecs", of which RETURNED is @length bytes. */
static bool read_returned(const char *text, size_t *length, struct boot_row *row)
{
	const char *at = find_last(text, " returned ");

	if (!at)
		return false;
	*length = at - text;
	at += strlen(" returned ");
	return take_result(&at, &row->result) && take_text(&at, " after ") &&
	       take_number(&at, USEC_MAX, &row->usec) && take_text(&at, " usecs") && !*at;
}

/* Remove the call of @symbol; returns whether there was one. */
static bool end_call(struct boot_reader *reader, const char *symbol, uint64_t *begin_usec)
{
	size_t i = reader->calls;

	while (i--) {
		if (strcmp(reader->call[i].symbol, symbol))
			continue;
		*begin_usec = reader->call[i].usec;
		reader->calls--;
		memmove(&reader->call[i], &reader->call[i + 1],
			(reader->calls - i) * sizeof(reader->call[0]));
		return true;
	}
	return false;
}

/* "initcall SYMBOL returned ...", SYMBOL being "NAME+0x../0x.." and for a module " [MODULE]". */
static void read_initcall(struct boot_reader *reader, uint64_t usec, const char *text)
{
	struct boot_log *log = &reader->log;
	char symbol[2 * BOOT_TEXT_BYTES];
	struct boot_row row = {};
	const char *module;
	uint64_t begin;
	size_t length;

	if (!take_text(&text, "initcall ") || !read_returned(text, &length, &row))
		return;
	text_copy(symbol, sizeof(symbol), text, length);
	row.begin_usec = usec > row.usec ? usec - row.usec : 0;
	if (end_call(reader, symbol, &begin) && begin <= usec) {
		row.begin_usec = begin;
		if (!log->moment_known[BOOT_CLOCKSOURCE])
			row.usec = usec - begin;
	}
	text_copy(row.what, sizeof(row.what), symbol, strcspn(symbol, "+ "));
	module = strstr(symbol, " [");
	if (module)
		text_copy(row.of, sizeof(row.of), module + 2, strcspn(module + 2, "]"));
	add_row(&log->list[log->moment_known[BOOT_PID1] ? BOOT_MODULES : BOOT_INITCALLS], &row);
	if (!strcmp(row.what, "vfio_pci_init") && !row.result)
		set_first(log, BOOT_VFIO_PCI, usec);
}

/* The kernel logs the error of a probe as a positive number. */
static int32_t probe_result(int32_t logged)
{
	return logged > 0 ? -logged : logged;
}

/* "probe of DEVICE with driver DRIVER returned ..." */
static void read_probe(struct boot_reader *reader, uint64_t usec, const char *text)
{
	struct boot_row row = {};
	const char *driver;
	size_t length;

	if (!take_text(&text, "probe of ") || !read_returned(text, &length, &row))
		return;
	driver = strstr(text, " with driver ");
	if (!driver || driver + strlen(" with driver ") > text + length)
		return;
	row.begin_usec = usec > row.usec ? usec - row.usec : 0;
	row.result = probe_result(row.result);
	text_copy(row.what, sizeof(row.what), text, driver - text);
	driver += strlen(" with driver ");
	text_copy(row.of, sizeof(row.of), driver, text + length - driver);
	add_row(&reader->log.list[BOOT_PROBES], &row);
}

/* Other lines */

static bool is_like(const char *text, const char *begin, const char *end)
{
	const size_t length = strlen(text), begins = strlen(begin), ends = strlen(end);

	return length >= begins + ends && !memcmp(text, begin, begins) &&
	       !memcmp(text + length - ends, end, ends);
}

static void read_moment(struct boot_log *log, uint64_t usec, const char *text)
{
	static const struct {
		enum boot_moment moment;
		const char *begin;
		const char *end;
	} lines[] = {
		{ BOOT_CONSOLE, "printk: console [", "] enabled" },
		{ BOOT_CONSOLE, "printk: legacy console [", "] enabled" },
		{ BOOT_CPUS, "smp: Brought up ", "" },
		{ BOOT_CLOCKSOURCE, "clocksource: Switched to clocksource ", "" },
		{ BOOT_INITRAMFS, "Freeing initrd memory: ", "" },
		{ BOOT_VFIO, "VFIO - User Level meta-driver", "" },
		/* Of x86, and of the others. */
		{ BOOT_MEMORY_FREED, "Freeing unused kernel image (initmem) memory: ", "" },
		{ BOOT_MEMORY_FREED, "Freeing unused kernel memory: ", "" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		if (is_like(text, lines[i].begin, lines[i].end))
			set_first(log, lines[i].moment, usec);
	/* The last such line: the programs named before it could not be executed. */
	if (is_like(text, "Run ", " as init process"))
		set_moment(log, BOOT_PID1, usec);
}

/* Whether the boot itself is in an initcall; modules loaded by others run beside it. */
static bool in_initcall(const struct boot_reader *reader)
{
	size_t i;

	for (i = 0; i < reader->calls; i++)
		if (reader->call[i].pid <= 1)
			return true;
	return false;
}

static void read_silence(struct boot_reader *reader, uint64_t usec, const char *text)
{
	struct boot_row row = { .begin_usec = reader->latest_usec };

	if (reader->has_latest && usec < reader->latest_usec)
		return;
	row.usec = usec - reader->latest_usec;
	if (reader->has_latest && row.usec >= BOOT_SILENCE_MIN_USEC && !in_initcall(reader)) {
		text_copy(row.what, sizeof(row.what), reader->latest, strlen(reader->latest));
		text_copy(row.of, sizeof(row.of), text, strlen(text));
		add_row(&reader->log.list[BOOT_SILENCES], &row);
	}
	reader->has_latest = true;
	reader->latest_usec = usec;
	text_copy(reader->latest, sizeof(reader->latest), text, strlen(text));
}

/* Consoles */

/* "quiet", "debug", "loglevel=N", "ignore_loglevel": the last one counts. */
static void read_command_line(struct boot_reader *reader, const char *text)
{
	uint64_t level;

	if (!take_text(&text, "Kernel command line: "))
		return;
	while (*text) {
		const size_t length = strcspn(text, " ");
		const char *value = text;

		if (length == strlen("quiet") && !strncmp(text, "quiet", length))
			reader->quiet_level = 4;
		else if (length == strlen("debug") && !strncmp(text, "debug", length))
			reader->quiet_level = 10;
		else if (!strncmp(text, "ignore_loglevel", length) &&
			 length == strlen("ignore_loglevel"))
			reader->quiet_level = 10;
		else if (take_text(&value, "loglevel=") && take_number(&value, 100, &level) &&
			 level)
			reader->quiet_level = level;
		text += length;
		text += strspn(text, " ");
	}
}

/* "printk: [legacy ](boot)console [NAME] enabled": logging waits for the legacy ones. */
static void read_console(struct boot_console *console, const char *text)
{
	bool waits;
	size_t used;

	if (!take_text(&text, "printk: "))
		return;
	waits = take_text(&text, "legacy ");
	if ((!take_text(&text, "console [") && !take_text(&text, "bootconsole [")) ||
	    !is_like(text, "", "] enabled") || (console->waits && !waits))
		return;
	if (waits && !console->waits)
		console->names[0] = '\0';
	console->waits = waits;
	used = strlen(console->names);
	snprintf(console->names + used, sizeof(console->names) - used, "%s%.*s", used ? " " : "",
		 (int)strcspn(text, "]"), text);
}

/* How long nothing else was logged after a line that a console showed. */
static void read_shown(struct boot_reader *reader, unsigned int level, uint64_t usec,
		       const char *text)
{
	struct boot_console *console = &reader->log.console;
	const unsigned int quiet_level = reader->quiet_level ? reader->quiet_level :
							       DEFAULT_QUIET_LEVEL;

	/* Early in the boot the clock may stand still until the next tick: no measure of anything. */
	if (reader->shown_bytes && usec > reader->shown_usec && reader->rates < BOOT_RATES) {
		const uint64_t rate = (usec - reader->shown_usec) * 1000 / reader->shown_bytes;

		reader->rate[reader->rates++] = rate < UINT32_MAX ? rate : UINT32_MAX;
	}
	reader->shown_bytes = 0;
	if (!console->waits || level >= quiet_level)
		return;
	reader->shown_bytes = strlen(text) + LINE_EXTRA_BYTES;
	reader->shown_usec = usec;
	console->lines++;
	console->bytes += reader->shown_bytes;
}

static int compare_rates(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

void boot_reader_add(struct boot_reader *reader, const char *record)
{
	struct boot_log *log = &reader->log;
	uint64_t priority, sequence, usec;
	char text[TEXT_BYTES];
	const char *p = record;

	/* "PRIORITY,SEQUENCE,USEC,FLAGS[,...];TEXT\n", then lines of a dictionary. */
	if (!take_number(&p, UINT32_MAX, &priority) || !take_text(&p, ",") ||
	    !take_number(&p, UINT64_MAX - 1, &sequence) || !take_text(&p, ",") ||
	    !take_number(&p, USEC_MAX, &usec))
		return;
	p = strchr(p, ';');
	if (!p)
		return;
	if (sequence > reader->next_sequence) {
		log->lost += sequence - reader->next_sequence;
		log->lost_until_usec = usec;
		reader->has_latest = false;
		reader->calls = 0;
		reader->shown_bytes = 0;
	}
	reader->next_sequence = sequence + 1;
	if (priority >> 3)
		return;
	decode(text, sizeof(text), p + 1, '\n');
	if (!log->moment_known[BOOT_PID1]) {
		read_silence(reader, usec, text);
		read_shown(reader, priority, usec, text);
		read_command_line(reader, text);
		read_console(&log->console, text);
	} else if (usec > log->moment_usec[BOOT_PID1] + BOOT_AFTER_INIT_USEC) {
		return;
	}
	read_moment(log, usec, text);
	read_calling(reader, usec, text);
	read_initcall(reader, usec, text);
	read_probe(reader, usec, text);
}

void boot_reader_end(struct boot_reader *reader)
{
	struct boot_log *log = &reader->log;

	if (!log->moment_known[BOOT_PID1]) {
		*log = (struct boot_log){ .lost = log->lost,
					  .lost_until_usec = log->lost_until_usec };
		return;
	}
	log->has_boot = true;
	if (!reader->rates)
		return;
	qsort(reader->rate, reader->rates, sizeof(reader->rate[0]), compare_rates);
	log->console.ns_per_byte = reader->rate[reader->rates / 20];
}

/* The section of a capture */

void boot_log_write(const struct boot_log *log, FILE *out)
{
	unsigned int i;
	size_t row;

	fprintf(out, "boot %d\n", log->has_boot);
	fprintf(out, "lost %" PRIu64 " %" PRIu64 "\n", log->lost, log->lost_until_usec);
	for (i = 0; i < BOOT_MOMENTS; i++)
		if (log->moment_known[i])
			fprintf(out, "moment %s %" PRIu64 "\n", moment_names[i],
				log->moment_usec[i]);
	if (log->console.names[0]) {
		fprintf(out, "console %d %" PRIu64 " %" PRIu64 " %" PRIu64 "\t", log->console.waits,
			log->console.lines, log->console.bytes, log->console.ns_per_byte);
		encode(out, log->console.names);
		fputc('\n', out);
	}
	for (i = 0; i < BOOT_LISTS; i++) {
		const struct boot_rows *list = &log->list[i];

		fprintf(out, "list %s %" PRIu64 " %" PRIu64 "\n", list_names[i], list->count,
			list->total_usec);
		for (row = 0; row < list->rows; row++) {
			fprintf(out, "row %s %" PRIu64 " %" PRIu64 " %" PRId32 "\t", list_names[i],
				list->row[row].begin_usec, list->row[row].usec,
				list->row[row].result);
			encode(out, list->row[row].what);
			fputc('\t', out);
			encode(out, list->row[row].of);
			fputc('\n', out);
		}
	}
}

/* Moves @p behind one of @names and the blank after it; returns its number, or @count. */
static unsigned int take_name(const char **p, const char *const *names, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		const char *at = *p;

		if (take_text(&at, names[i]) && take_text(&at, " ")) {
			*p = at;
			return i;
		}
	}
	return count;
}

static void parse_row(struct boot_log *log, const char *p)
{
	const unsigned int list = take_name(&p, list_names, BOOT_LISTS);
	struct boot_row row = {};

	if (list == BOOT_LISTS || log->list[list].rows == BOOT_ROWS ||
	    !take_number(&p, USEC_MAX, &row.begin_usec) || !take_text(&p, " ") ||
	    !take_number(&p, USEC_MAX, &row.usec) || !take_text(&p, " ") ||
	    !take_result(&p, &row.result) || !take_text(&p, "\t"))
		return;
	p = decode(row.what, sizeof(row.what), p, '\t');
	if (!take_text(&p, "\t"))
		return;
	decode(row.of, sizeof(row.of), p, '\0');
	/* Earlier versions stored what was logged. */
	if (list == BOOT_PROBES)
		row.result = probe_result(row.result);
	add_row(&log->list[list], &row);
}

static void parse_console(struct boot_console *console, const char *p)
{
	struct boot_console found = {};
	uint64_t waits;

	if (!take_number(&p, 1, &waits) || !take_text(&p, " ") ||
	    !take_number(&p, UINT32_MAX, &found.lines) || !take_text(&p, " ") ||
	    !take_number(&p, UINT32_MAX, &found.bytes) || !take_text(&p, " ") ||
	    !take_number(&p, UINT32_MAX / 4, &found.ns_per_byte) || !take_text(&p, "\t"))
		return;
	found.waits = waits;
	decode(found.names, sizeof(found.names), p, '\0');
	*console = found;
}

static void parse_line(struct boot_log *log, const char *p)
{
	uint64_t number, usec;
	unsigned int i;

	if (take_text(&p, "boot ")) {
		log->has_boot = take_number(&p, 1, &number) && number;
	} else if (take_text(&p, "lost ")) {
		if (take_number(&p, UINT64_MAX, &number) && take_text(&p, " ") &&
		    take_number(&p, USEC_MAX, &usec)) {
			log->lost = number;
			log->lost_until_usec = usec;
		}
	} else if (take_text(&p, "moment ")) {
		i = take_name(&p, moment_names, BOOT_MOMENTS);
		if (i < BOOT_MOMENTS && take_number(&p, USEC_MAX, &usec))
			set_moment(log, i, usec);
	} else if (take_text(&p, "console ")) {
		parse_console(&log->console, p);
	} else if (take_text(&p, "row ")) {
		parse_row(log, p);
	}
}

/* add_row() counted only the rows that were kept; the line of the list counts all. */
static void parse_totals(struct boot_log *log, const char *p)
{
	uint64_t count, usec;
	unsigned int i;

	if (!take_text(&p, "list "))
		return;
	i = take_name(&p, list_names, BOOT_LISTS);
	if (i < BOOT_LISTS && take_number(&p, UINT64_MAX, &count) && take_text(&p, " ") &&
	    take_number(&p, UINT64_MAX, &usec) && count >= log->list[i].rows &&
	    usec >= log->list[i].total_usec) {
		log->list[i].count = count;
		log->list[i].total_usec = usec;
	}
}

static void parse_lines(struct boot_log *log, const char *text, size_t size,
			void (*parse)(struct boot_log *log, const char *line))
{
	/* A row's two texts, each byte escaped, and its numbers. */
	char line[2 * 4 * BOOT_TEXT_BYTES + 128];

	while (size) {
		const char *end = memchr(text, '\n', size);
		const size_t length = end ? (size_t)(end - text) : size;

		if (length < sizeof(line)) {
			text_copy(line, sizeof(line), text, length);
			parse(log, line);
		}
		text += length;
		size -= length;
		if (size) {
			text++;
			size--;
		}
	}
}

void boot_log_parse(struct boot_log *log, const char *text, size_t size)
{
	*log = (struct boot_log){};
	parse_lines(log, text, size, parse_line);
	parse_lines(log, text, size, parse_totals);
}
