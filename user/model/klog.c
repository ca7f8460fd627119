// SPDX-License-Identifier: GPL-2.0
#include "klog.h"

#include <string.h>

#include "clock.h"

/* More than even a very slow emulated machine loses. */
#define LOST_MAX_NS (3600 * 1000000000ULL)

struct log_line {
	uint64_t usec;
	const char *text;
	size_t length;
};

static bool parse_number(const char **p, const char *end, uint64_t *number)
{
	const char *begin = *p;
	uint64_t value = 0;

	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
		if (value > (UINT64_MAX - 9) / 10)
			return false;
		value = value * 10 + (**p - '0');
	}
	*number = value;
	return *p > begin;
}

/* The next line that has the form of a record; moves @p past it. */
static bool next_line(const char **p, const char *end, struct log_line *line)
{
	while (*p < end) {
		const char *line_end = memchr(*p, '\n', end - *p);
		const char *at = *p;

		if (!line_end)
			line_end = end;
		*p = line_end < end ? line_end + 1 : end;
		if (!parse_number(&at, line_end, &line->usec) || at == line_end || *at != ',')
			continue;
		line->text = at + 1;
		line->length = line_end - line->text;
		return true;
	}
	return false;
}

static bool starts_with(const struct log_line *line, const char *prefix)
{
	return line->length >= strlen(prefix) && !memcmp(line->text, prefix, strlen(prefix));
}

static bool ends_with(const struct log_line *line, const char *suffix)
{
	size_t length = strlen(suffix);

	return line->length >= length &&
	       !memcmp(line->text + line->length - length, suffix, length);
}

/* "<prefix>2400.123 MHz<suffix>" as kHz; 0: it is some other line. */
static uint32_t line_khz(const struct log_line *line, const char *prefix, const char *suffix)
{
	const char *end = line->text + line->length;
	uint64_t mhz, khz;
	const char *p, *fraction;

	if (!starts_with(line, prefix) || !ends_with(line, suffix))
		return 0;
	p = line->text + strlen(prefix);
	if (!parse_number(&p, end, &mhz) || p == end || *p != '.' || mhz > CLOCK_KHZ_MAX / 1000)
		return 0;
	fraction = ++p;
	if (!parse_number(&p, end, &khz) || p - fraction != 3)
		return 0;
	khz += mhz * 1000;
	return clock_khz_is_sane(khz) ? khz : 0;
}

/*
 * "sched_clock: Marking stable (..., ...)->(..., <offset>)": by how much the clock of the log
 * differs from sched_clock from here on. Returns false if it is some other line, or makes no sense.
 */
static bool line_offset(const struct log_line *line, int64_t *offset_ns)
{
	const char *end = line->text + line->length;
	const char *p = end;
	bool negative;
	uint64_t ns;

	if (!starts_with(line, "sched_clock: Marking stable (") || !ends_with(line, ")"))
		return false;
	while (p > line->text && p[-1] != ' ')
		p--;
	negative = *p == '-';
	p += negative;
	if (!parse_number(&p, end, &ns) || p + 1 != end || ns > LOST_MAX_NS)
		return false;
	*offset_ns = negative ? -(int64_t)ns : (int64_t)ns;
	return true;
}

void klog_read_rates(struct klog_rates *rates, const char *klog, size_t klog_size)
{
	const char *end = klog ? klog + klog_size : NULL;
	struct log_line line;
	bool of_counter = false;

	*rates = (struct klog_rates){};
	while (next_line(&klog, end, &line)) {
		uint32_t khz;

		/* The processor's rate counts for the TSC unless the log gives the TSC's own. */
		khz = line_khz(&line, "tsc: Detected ", " MHz processor");
		if (khz && !of_counter)
			rates->rough_khz = khz;
		khz = line_khz(&line, "tsc: Detected ", " MHz TSC");
		if (khz) {
			rates->rough_khz = khz;
			of_counter = true;
		}
		khz = line_khz(&line, "tsc: Refined TSC clocksource calibration: ", " MHz");
		if (khz && line.usec < UINT64_MAX / 1000) {
			rates->refined_khz = khz;
			rates->refined_ns = line.usec * 1000;
		}
		if (line.usec < UINT64_MAX / 1000 && line_offset(&line, &rates->offset_ns)) {
			rates->offset_known = true;
			rates->stable_ns = line.usec * 1000;
		}
	}
}

bool klog_init_usec(const char *klog, size_t klog_size, uint64_t *usec)
{
	const char *end = klog ? klog + klog_size : NULL;
	struct log_line line;
	bool found = false;

	/* The last one: the earlier ones are programs that could not be executed. */
	while (next_line(&klog, end, &line)) {
		if (starts_with(&line, "Run ") && ends_with(&line, " as init process")) {
			*usec = line.usec;
			found = true;
		}
	}
	return found;
}

/* Kernels are named in printable ASCII; anything else is not the line of a kernel. */
static bool is_release(const char *name, const char *end)
{
	for (; name != end; name++)
		if (*name <= ' ' || *name > '~')
			return false;
	return true;
}

bool klog_handover(const char *klog, size_t klog_size, char *release, size_t size, uint32_t *count)
{
	static const char prefix[] = "KHO: exec from: ", number_prefix[] = " (count ";
	const char *end = klog ? klog + klog_size : NULL;
	struct log_line line;

	while (next_line(&klog, end, &line)) {
		const char *line_end = line.text + line.length, *name, *name_end, *p;
		uint64_t number;

		if (!starts_with(&line, prefix) || !ends_with(&line, ")"))
			continue;
		name = line.text + strlen(prefix);
		name_end = memchr(name, ' ', line_end - name);
		if (!name_end || (size_t)(name_end - name) >= size || !is_release(name, name_end) ||
		    (size_t)(line_end - name_end) <= strlen(number_prefix) ||
		    memcmp(name_end, number_prefix, strlen(number_prefix)) != 0)
			continue;
		p = name_end + strlen(number_prefix);
		if (!parse_number(&p, line_end, &number) || p + 1 != line_end ||
		    number > UINT32_MAX)
			continue;
		memcpy(release, name, name_end - name);
		release[name_end - name] = '\0';
		*count = number;
		return true;
	}
	return false;
}
