// SPDX-License-Identifier: GPL-2.0
#include "figure_names.h"

#include <luoscope/stats_area.h>
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bounded.h"
#include "base/edit_distance.h"
#include "base/error.h"
#include "capture/area_names.h"
#include "capture/boot_log.h"
#include "model/model_names.h"
#include "model/steps.h"

/* The words of a pattern */

#define WORDS(name, ...)                                                  \
	static const char *name(unsigned int number)                      \
	{                                                                 \
		static const char *const words[] = { __VA_ARGS__ };       \
                                                                          \
		return number < ARRAY_SIZE(words) ? words[number] : NULL; \
	}

WORDS(statistic_word, "max", "min", "mean", "median")
WORDS(loss_word, "subjects_dropped", "attempts_dropped", "spans_recycled", "invalid_spans",
      "invalid_subjects", "reserved_spans", "unfinished")

/* The steps of a subject, then @more, ended by NULL. */
static const char *step_word(uint32_t subject_kind, const char *const *more, unsigned int number)
{
	enum model_step step;

	for_each_step (step, subject_kind)
		if (!number--)
			return step_name(step);
	while (number-- && *more)
		more++;
	return *more;
}

static const char *device_word(unsigned int number)
{
	static const char *const more[] = { FIGURE_IN_SERVICE, FIGURE_DOWNTIME, NULL };

	return step_word(LUO_STATS_SUBJECT_DEVICE, more, number);
}

static const char *file_word(unsigned int number)
{
	static const char *const more[] = { FIGURE_DOWNTIME, NULL };

	return step_word(LUO_STATS_SUBJECT_FILE, more, number);
}

static const char *session_word(unsigned int number)
{
	static const char *const more[] = { FIGURE_DOWNTIME, NULL };

	return step_word(LUO_STATS_SUBJECT_SESSION, more, number);
}

static const char *phase_word(unsigned int number)
{
	return number < LUO_STATS_B11_IN_SERVICE ? name_phase(number + 1) : NULL;
}

static const char *moment_word(unsigned int number)
{
	return number < BOOT_MOMENTS ? boot_moment_name(number) : NULL;
}

static const char *outcome_word(unsigned int number)
{
	if (number == LUO_STATS_RESET_OUTCOMES)
		return RESET_NONE_SEEN;
	return number < LUO_STATS_RESET_OUTCOMES ? name_reset_outcome(number) : NULL;
}

static const char *kind_word(unsigned int number)
{
	char buffer[NAME_BYTES];

	if (!number)
		return "other";
	return number <= LUO_STATS_VCPU_ENTRY ? name_kind(number, buffer) : NULL;
}

/*
 * The first match counts: the last word of a mark is an end, a statistic or an instance if it can
 * be.
 */
const struct figure_pattern figure_patterns[] = {
	[FIGURE_BLACKOUT] = { "blackout", UNIT_NS, NULL,
			      "from reboot(2) to the last device or file", false },
	[FIGURE_BLACKOUT_ERROR] = { "blackout.error", UNIT_NS, NULL, "how wrong that may be",
				    true },
	[FIGURE_BLACKOUT_WITHOUT] = { "blackout.without_luoscope", UNIT_NS, NULL,
				      "the blackout less 'luoscope init'", false },
	[FIGURE_PHASE] = { "phase.PHASE", UNIT_NS, phase_word, "part of the blackout", false },
	[FIGURE_LUOSCOPE_INIT] = { "luoscope_init", UNIT_NS, NULL,
				   "how long 'luoscope init' itself took", false },
	[FIGURE_BOOT_MOMENT] = { "boot.MOMENT", UNIT_NS, moment_word,
				 "when the boot reached it, after reboot(2)", false },
	[FIGURE_INITCALL_MAX] = { "initcall.max", UNIT_NS, NULL,
				  "the longest initcall of the new kernel", false },
	[FIGURE_INITCALL] = { "initcall.NAME", UNIT_NS, NULL, "one of the longest initcalls",
			      false },
	[FIGURE_DEVICES_AWAITED] = { "devices_awaited", UNIT_COUNT, NULL,
				     "devices that went down and were to return", false },
	[FIGURE_DEVICES_MISSING] = { "devices_missing", UNIT_COUNT, NULL,
				     "devices not seen in service again", false },
	[FIGURE_DEVICES_KEPT] = { "devices_kept", UNIT_COUNT, NULL,
				  "preserved devices that were kept", false },
	[FIGURE_RESETS] = { "resets.OUTCOME", UNIT_COUNT, outcome_word,
			    "devices whose reset had this outcome", false },
	[FIGURE_DEVICE_STATISTIC] = { "device.STEP.STAT", UNIT_NS, device_word,
				      "over all preserved devices", false, .is_statistic = true },
	[FIGURE_DEVICE_STEP] = { "device.DEVICE.STEP", UNIT_NS, device_word,
				 "of one preserved device", false, 1 },
	[FIGURE_FILE_COUNT] = { "file.count", UNIT_COUNT, NULL, "preserved files", false },
	[FIGURE_FILES_MISSING] = { "files_missing", UNIT_COUNT, NULL,
				   "frozen files that are not back", false },
	[FIGURE_FILE_STATISTIC] = { "file.STEP.STAT", UNIT_NS, file_word, "over all files", false,
				    .is_statistic = true },
	[FIGURE_FILE_STEP] = { "file.SESSION.TOKEN.STEP", UNIT_NS, file_word, "of one file", false,
			       1 },
	[FIGURE_SESSION_COUNT] = { "session.count", UNIT_COUNT, NULL, "sessions", false },
	[FIGURE_SESSION_STATISTIC] = { "session.STEP.STAT", UNIT_NS, session_word,
				       "over all sessions", false, .is_statistic = true },
	[FIGURE_SESSION_STEP] = { "session.SESSION.STEP", UNIT_NS, session_word, "of one session",
				  false, 1 },
	[FIGURE_VMS_AWAITED] = { "vms_awaited", UNIT_COUNT, NULL,
				 "virtual machines of the old kernel", false },
	[FIGURE_VMS_MISSING] = { "vms_missing", UNIT_COUNT, NULL,
				 "virtual machines not back with all vCPUs", false },
	[FIGURE_VM_STATISTIC] = { "vm.downtime.STAT", UNIT_NS, NULL, "over all virtual machines",
				  false, .is_statistic = true },
	[FIGURE_VM_DOWNTIME] = { "vm.NAME.downtime", UNIT_NS, NULL, "of one virtual machine", false,
				 1 },
	[FIGURE_SHUTDOWN_STATISTIC] = { "shutdown.STAT", UNIT_NS, NULL,
					"over all devices in device_shutdown", false,
					.is_statistic = true },
	[FIGURE_SHUTDOWN] = { "shutdown.DEVICE", UNIT_NS, NULL, "of one device there, on any bus",
			      false },
	[FIGURE_MARK_END] = { "mark.NAME.INSTANCE.end", UNIT_NS, NULL,
			      "when a mark ended, after reboot(2)", false, 1, .is_mark = true },
	[FIGURE_MARK_0_END] = { "mark.NAME.end", UNIT_NS, NULL, "the same for instance 0", false, 1,
				.is_mark = true },
	[FIGURE_MARK_STATISTIC] = { "mark.NAME.STAT", UNIT_NS, NULL, "over all marks of that name",
				    false, 1, .is_mark = true, .is_statistic = true },
	[FIGURE_MARK] = { "mark.NAME.INSTANCE", UNIT_NS, NULL, "how long a mark lasted", false,
			  .is_mark = true },
	[FIGURE_MARK_0] = { "mark.NAME", UNIT_NS, NULL, "the same for instance 0", false,
			    .is_mark = true },
	[FIGURE_MANAGER_BEFORE_UPDATE] = { "manager.before_update", UNIT_NS, NULL,
					   "stopping services, up to reboot(2)", false },
	[FIGURE_MANAGER_FINISH] = { "manager.finish", UNIT_NS, NULL,
				    "all services were running, after reboot(2)", false },
	[FIGURE_FAILED_ATTEMPTS] = { "failed_attempts", UNIT_COUNT, NULL,
				     "updates that were tried and failed", true },
	[FIGURE_DROPPED] = { "dropped", UNIT_COUNT, NULL, "spans for which there was no room",
			     true },
	[FIGURE_DROPPED_KIND] = { "dropped.KIND", UNIT_COUNT, kind_word,
				  "the same for one kind of span", true },
	[FIGURE_LOSSES] = { "losses.WHAT", UNIT_COUNT, loss_word,
			    "what else is missing from the capture", true },
	[FIGURE_CLOCK_ERROR] = { "clock.error", UNIT_PPB, NULL,
				 "how wrong the counter's rate may be", true },
	[FIGURE_FORMS] = {},
};

/* How it is written */

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-_:.@/+", c));
}

const char *figure_name_escape(char *buffer, const char *name)
{
	char *to = buffer, *end = buffer + FIGURE_NAME_BYTES;

	for (; *name && end - to > 4; name++) {
		if (is_plain(*name))
			*to++ = *name;
		else
			to += sprintf(to, "\\x%02x", (unsigned char)*name);
	}
	*to = '\0';
	return buffer;
}

/*
 * The same for a text in which bytes may already be escaped. NULL: out of memory, or a mistake at
 * @at.
 */
static char *escape_again(const char *text, size_t length, size_t *at)
{
	char *name = malloc(4 * length + 1), *to = name;
	size_t i = 0;

	*at = length;
	while (name && i < length) {
		unsigned char byte = text[i];

		if (byte == '\\') {
			char digits[3] = "";

			if (length - i >= 4 && text[i + 1] == 'x' &&
			    isxdigit((unsigned char)text[i + 2]) &&
			    isxdigit((unsigned char)text[i + 3]))
				memcpy(digits, &text[i + 2], 2);
			byte = strtoul(digits, NULL, 16);
			if (!byte) {
				*at = i;
				free(name);
				return NULL;
			}
			i += 3;
		}
		i++;
		if (is_plain(byte))
			*to++ = byte;
		else
			to += sprintf(to, "\\x%02x", byte);
	}
	if (name)
		*to = '\0';
	return name;
}

/* What there is */

/*
 * All names of a form are tried in turn: a placeholder is replaced by each of its words, and names
 * and numbers by what the wanted name has at that place.
 */
struct search {
	const char *wanted;
	const struct figure_pattern *pattern;
	const struct figure_pattern *found;
	bool is_begin_known; /* the first word is right: the mistake comes after it */
	bool is_for_nearest; /* there is no such name: which one is most like it? */
	char *nearest;
	size_t distance;
};

/* Where the last @words words of @name begin; NULL: it has fewer. */
static const char *last_words(const char *name, unsigned int words)
{
	const char *at = name + strlen(name);

	while (words) {
		if (at == name)
			return NULL;
		at--;
		if (*at == '.' || at == name)
			words--;
	}
	return *at == '.' ? at + 1 : at;
}

const char *figure_name_word(const char *name, const struct figure_pattern *pattern)
{
	return last_words(name, pattern->words_after_thing);
}

const char *figure_name_thing(const char *name, const struct figure_pattern *pattern,
			      size_t *length)
{
	const char *thing = strchr(name, '.') + 1, *word = figure_name_word(name, pattern);

	*length = word - thing - (*word != '\0');
	return thing;
}

static unsigned int count_words(const char *pattern)
{
	unsigned int words = 1;

	for (; *pattern; pattern++)
		words += *pattern == '.';
	return words;
}

static bool begins_alike(const char *a, const char *b)
{
	const size_t length = strcspn(a, ".");

	return length == strcspn(b, ".") && !strncmp(a, b, length);
}

static void try_name(struct search *search, const char *name)
{
	size_t distance;

	if (!strcmp(name, search->wanted)) {
		search->found = search->pattern;
		return;
	}
	if (!search->is_for_nearest ||
	    (search->is_begin_known && !begins_alike(search->wanted, name)))
		return;
	distance = edit_distance(search->wanted, name);
	if (distance >= search->distance || !edit_distance_is_small(search->wanted, name, distance))
		return;
	search->distance = distance;
	free(search->nearest);
	search->nearest = strdup(name);
}

static void fill(struct search *search, const char *pattern, char *name, size_t length);

static void fill_with(struct search *search, const char *rest, char *name, size_t length,
		      const char *word, size_t word_length)
{
	if (length + word_length + 2 > FIGURE_NAME_BYTES)
		return;
	memcpy(name + length, word, word_length);
	length += word_length;
	if (*rest)
		name[length++] = '.';
	name[length] = '\0';
	if (*rest)
		fill(search, rest + 1, name, length);
	else
		try_name(search, name);
}

static void fill_phases(struct search *search, const char *rest, char *name, size_t length)
{
	char joined[FIGURE_NAME_BYTES];
	unsigned int first, next;

	for (first = 0; phase_word(first); first++) {
		size_t joined_length = 0;

		for (next = first; phase_word(next); next++) {
			joined_length += snprintf(joined + joined_length,
						  sizeof(joined) - joined_length, "%s%s",
						  next > first ? "+" : "", phase_word(next));
			fill_with(search, rest, name, length, joined, joined_length);
		}
	}
}

/* @pattern is what remains to be filled in after the @length bytes of @name. */
static void fill(struct search *search, const char *pattern, char *name, size_t length)
{
	const size_t word_length = strcspn(pattern, ".");
	const char *rest = pattern + word_length;
	const unsigned int after = *rest ? count_words(rest + 1) : 0;
	const char *(*word)(unsigned int) = search->pattern->word;
	unsigned int i;

	if (*pattern < 'A' || *pattern > 'Z') {
		fill_with(search, rest, name, length, pattern, word_length);
		return;
	}
	if (!strncmp(pattern, "PHASE", word_length)) {
		fill_phases(search, rest, name, length);
		return;
	}
	if (!strncmp(pattern, "STAT", word_length))
		word = statistic_word;
	if (!strncmp(pattern, "TOKEN", word_length) || !strncmp(pattern, "INSTANCE", word_length)) {
		const char *from = last_words(search->wanted, after + 1);
		size_t digits = from ? strspn(from, "0123456789") : 0;

		if (digits && digits <= 20 && (from[digits] == '.' || !from[digits]))
			fill_with(search, rest, name, length, from, digits);
		return;
	}
	if (!strncmp(pattern, "DEVICE", word_length) || !strncmp(pattern, "SESSION", word_length) ||
	    !strncmp(pattern, "NAME", word_length)) {
		const char *from = strchr(search->wanted, '.');
		const char *to = last_words(search->wanted, after);
		const ptrdiff_t between = from && to ? to - from - 1 - (after > 0) : 0;

		if (between > 0)
			fill_with(search, rest, name, length, from + 1, between);
		return;
	}
	for (i = 0; word && word(i); i++)
		fill_with(search, rest, name, length, word(i), strlen(word(i)));
}

static bool ends_in(const char *text, const char *end)
{
	const size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && !strcmp(text + length - end_length, end);
}

/* "mark.pause" is "mark.pause.0", and "mark.pause.end" is "mark.pause.0.end". */
static int add_instance(char **name, const char *pattern)
{
	const char *end = ends_in(pattern, ".end") ? ".end" : "";
	char *with;

	if (strcmp(pattern, "mark.NAME") != 0 && strcmp(pattern, "mark.NAME.end") != 0)
		return 0;
	if (asprintf(&with, "%.*s.0%s", (int)(strlen(*name) - strlen(end)), *name, end) < 0)
		return -ENOMEM;
	free(*name);
	*name = with;
	return 0;
}

/* A short address of PCI, as lspci writes it: "01:00.0". */
static bool is_short_bdf(const char *name)
{
	static const char form[] = "xx:xx.7";
	size_t i;

	for (i = 0; form[i]; i++)
		if (form[i] == 'x' ? !isxdigit((unsigned char)name[i]) :
		    form[i] == '7' ? name[i] < '0' || name[i] > '7' :
				     name[i] != form[i])
			return false;
	return !name[i] || name[i] == '.';
}

/* "device.01:00.0.freeze" is "device.0000:01:00.0.freeze". */
static int add_domain(char **name, const char *pattern)
{
	const char *device = strstr(pattern, "DEVICE");
	const size_t before = device ? device - pattern : 0;
	char *with;

	if (!device || !is_short_bdf(*name + before))
		return 0;
	if (asprintf(&with, "%.*s0000:%s", (int)before, *name, *name + before) < 0)
		return -ENOMEM;
	free(*name);
	*name = with;
	return 0;
}

static void look_for(struct search *search)
{
	char buffer[FIGURE_NAME_BYTES];
	size_t i;

	for (i = 0; figure_patterns[i].text; i++)
		search->is_begin_known |= begins_alike(search->wanted, figure_patterns[i].text);
	for (search->pattern = figure_patterns; search->pattern->text && !search->found;
	     search->pattern++)
		fill(search, search->pattern->text, buffer, 0);
}

/* Parts of names that figures had in earlier versions, and what they are called now. */
static const struct {
	const char *was;
	const char *is;
} renamed[] = {
	{ "device.missing", "devices_missing" },
	{ "file.missing", "files_missing" },
	{ "vm.missing", "vms_missing" },
	{ "device.count", "devices_awaited" },
	{ "vm.count", "vms_awaited" },
	{ "device.reset.", "resets." },
	{ "attempts.failed", "failed_attempts" },
	{ "lost.", "losses." },
	{ "init_cost", "luoscope_init" },
	{ "manager.before", "manager.before_update" },
	{ ".dark", ".downtime" },
};

/* If the wanted name is one of an earlier version, make today's name the nearest. */
static bool look_for_new_name(struct search *search)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(renamed); i++) {
		const char *was = strstr(search->wanted, renamed[i].was);
		struct search today = { .distance = SIZE_MAX };
		char *name;

		if (!was || asprintf(&name, "%.*s%s%s", (int)(was - search->wanted), search->wanted,
				     renamed[i].is, was + strlen(renamed[i].was)) < 0)
			continue;
		today.wanted = name;
		look_for(&today);
		free(today.nearest);
		if (today.found) {
			free(search->nearest);
			search->nearest = name;
			return true;
		}
		free(name);
	}
	return false;
}

/* There is no such figure: say which one is most like it. */
static int refuse(struct search *search, struct error *error)
{
	search->is_for_nearest = true;
	look_for(search);
	if (look_for_new_name(search) || search->nearest)
		return error_set(error, -ENOENT, "there is no figure '%s'; did you mean '%s'?",
				 search->wanted, search->nearest);
	return error_set(error, -ENOENT,
			 "there is no figure '%s'; 'luoscope check --list' lists all",
			 search->wanted);
}

int figure_name_parse(char **name, const struct figure_pattern **pattern, const char *text,
		      size_t length, size_t *at, struct error *error)
{
	struct search search = { .distance = SIZE_MAX };
	int err = 0;

	*name = escape_again(text, length, at);
	if (!*name)
		return *at == length ?
			       error_set(error, -ENOMEM, "out of memory") :
			       error_set(error, -EINVAL,
					 "a backslash is followed by x and two hexadecimal digits"
					 " of a byte that is not 0");
	*at = 0;
	search.wanted = *name;
	look_for(&search);
	*pattern = search.found;
	if (search.found) {
		err = add_instance(name, search.found->text);
		if (!err)
			err = add_domain(name, search.found->text);
		if (err)
			error_set(error, err, "out of memory");
	} else {
		err = refuse(&search, error);
	}
	free(search.nearest);
	if (err) {
		free(*name);
		*name = NULL;
	}
	return err;
}
