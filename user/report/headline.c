// SPDX-License-Identifier: GPL-2.0
#include "headline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bounded.h"
#include "base/bounded_text.h"
#include "base/array.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "capture/area_names.h"
#include "model/clock.h"
#include "model/long_poles.h"
#include "model/longest_vm.h"
#include "model/model.h"
#include "model/model_names.h"
#include "model/outcome.h"
#include "model/phases.h"

#define NS_PER_S 1000000000LL

static const char *show_name(char *buffer, const char *name, bool utf8)
{
	return *name ? escape_text(buffer, name, utf8) : "?";
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static size_t write_missing(char *buffer, size_t size, const char *before, size_t missing,
			    size_t all, const char *what)
{
	return missing ? (size_t)snprintf(buffer, size, "%s%zu of %zu %s%s", before, missing, all,
					  what, plural(all)) :
			 0;
}

/* Why it may have lasted longer: what is not back, else the reason the model gives. */
static void write_missing_ones(char *buffer, size_t size, const struct model *model,
			       const char *why)
{
	size_t length = 0;

	if (model->files_missing_known)
		length = write_missing(buffer, size, "", model->files_missing, model->files_frozen,
				       "file");
	if (!model->end_is_mark && model->devices_missing_known)
		length += write_missing(buffer + length, size - length, length ? " and " : "",
					model->devices_missing, model->devices_awaited, "device");
	snprintf(buffer + length, size - length, "%s", length ? " not back" : why);
}

/* Whether the last file was retrieved when all devices were in service already. */
static bool ends_with_retrieve(const struct model *model)
{
	const struct model_boundary *retrieved = &model->boundary[LUO_STATS_B10_RETRIEVED];
	const struct model_boundary *end = &model->boundary[LUO_STATS_B11_IN_SERVICE];

	return retrieved->source != MODEL_SOURCE_NONE && end->cycles == retrieved->cycles;
}

/* What the blackout is measured from and to. */
static const char *measured_of(const struct model *model)
{
	if (model->end_slot != LUO_STATS_B11_IN_SERVICE)
		return "from reboot(2) to the last retrieve; not including stopping"
		       " services before it and resuming guests after it";
	if (ends_with_retrieve(model))
		return "from reboot(2) to the last retrieve, which came after the devices were"
		       " in service; not including stopping services before it and resuming"
		       " guests after it";
	if (model->end_is_mark)
		return "from reboot(2) to the last mark 'resume'; not including stopping"
		       " services before it";
	return "from reboot(2) to the last device in service; not including stopping"
	       " services before it and resuming guests after it";
}

static void write_blackout(struct head *head, const struct model *model)
{
	const struct bounded blackout = model->blackout;
	char duration[DURATION_BYTES], error[DURATION_BYTES], own[BOUNDED_TEXT_BYTES], why[128];

	if (!blackout.known) {
		snprintf(head->blackout, sizeof(head->blackout), "blackout %s: %s",
			 model->clock.verdict == CLOCK_CONTRADICTED ? "withheld" : "not observed",
			 blackout.why);
		return;
	}
	if (bounded_is_lower_bound(blackout)) {
		write_missing_ones(why, sizeof(why), model, blackout.why);
		snprintf(head->blackout, sizeof(head->blackout), "blackout at least %s (%s)",
			 format_duration(duration, blackout.value, 0), why);
	} else {
		snprintf(head->blackout, sizeof(head->blackout), "blackout %s (+- %s)",
			 format_duration(duration, blackout.value, bounded_error(blackout)),
			 format_error(error, bounded_error(blackout)));
	}
	if (model->luoscope_init.known)
		snprintf(head->own, sizeof(head->own), "of which luoscope init took %s",
			 format_bounded(own, model->luoscope_init, UNIT_NS));
	head->measured = measured_of(model);
}

const char *head_moment(char *buffer, struct bounded realtime_ns)
{
	/* Before 1970 too, the fraction counts forward. */
	const int64_t fraction = (realtime_ns.value % NS_PER_S + NS_PER_S) % NS_PER_S;
	const time_t seconds = (realtime_ns.value - fraction) / NS_PER_S;
	char text[32] = "?";
	struct tm tm;

	*buffer = '\0';
	if (!realtime_ns.known)
		return buffer;
	if (gmtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(buffer, HEAD_MOMENT_BYTES, "%s.%03d UTC", text, (int)(fraction / 1000000));
	return buffer;
}

#define CLOCK_ERROR_BYTES 48

/* " (+- 1.1 ppm)", rounded up; a rate that is not known has no error. */
static const char *write_rate_error(char *buffer, const struct clock *clock)
{
	const uint64_t ppb = clock->rate_error_ppb, tenths = ppb / 100 + !!(ppb % 100);

	*buffer = '\0';
	if (clock->rate_millihertz)
		snprintf(buffer, CLOCK_ERROR_BYTES, " (+- %" PRIu64 ".%" PRIu64 " ppm)",
			 tenths / 10, tenths % 10);
	return buffer;
}

static void write_clock(struct head *head, const struct clock *clock)
{
	const uint64_t millihertz = clock->rate_millihertz;
	char rate[96] = "", error[CLOCK_ERROR_BYTES];

	if (millihertz)
		snprintf(rate, sizeof(rate), " at %" PRIu64 ".%03" PRIu64 " MHz%s",
			 millihertz / 1000000000, millihertz / 1000000 % 1000,
			 write_rate_error(error, clock));
	snprintf(head->clock, sizeof(head->clock), "%s%s, %s, %s", name_counter(clock->counter),
		 rate, name_verdict(clock->verdict),
		 clock->invariant ? "invariant" : "not promised to be invariant");
}

/* The phases whose time is known, the longest first; returns how many there are. */
static size_t sort_phases(const struct model *model, const struct model_phase **sorted)
{
	size_t count = 0, i, at;

	for (i = 0; i < model->phases; i++) {
		const struct model_phase *phase = &model->phase[i];

		if (!phase->duration.known)
			continue;
		for (at = count++; at && sorted[at - 1]->duration.value < phase->duration.value;
		     at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = phase;
	}
	return count;
}

/* Whether the time of every phase is known. */
static bool all_are_known(const struct model *model)
{
	size_t i;

	for (i = 0; i < model->phases; i++) {
		const struct bounded measured = model->phase[i].duration;

		if (!measured.known || bounded_is_lower_bound(measured))
			return false;
	}
	return true;
}

static void write_longest(struct head *head, const struct model *model)
{
	const struct model_phase *phase[MODEL_BOUNDARIES];
	const size_t known = sort_phases(model, phase), size = sizeof(head->longest);
	char time[BOUNDED_TEXT_BYTES];
	char *text = head->longest;
	size_t alike = 1, length, i;

	if (known < 2)
		return;
	length = snprintf(text, size, "%s, %s", phase[0]->name,
			  format_bounded(time, phase[0]->duration, UNIT_NS));
	head_share(time, model, phase[0]->duration);
	/* Of what is only known as a bound, the share says nothing more. */
	if (*time >= '0' && *time <= '9')
		length += snprintf(text + length, size - length, ", %s", time);
	for (i = 1; i < known && length < size; i++) {
		if (!phases_may_be_longest(model, phase[i] - model->phase))
			continue;
		alike++;
		length += snprintf(text + length, size - length, "; or %s, %s", phase[i]->name,
				   format_bounded(time, phase[i]->duration, UNIT_NS));
	}
	if (length < size)
		snprintf(text + length, size - length, "%s%s",
			 alike > 1 ? " (equal within error)" : "",
			 all_are_known(model) ? "" : ", of the phases whose time is known");
}

static void write_losses(struct head *head, const struct model_losses *losses)
{
	const uint64_t left_out = losses->spans_recycled + losses->invalid_spans +
				  losses->invalid_subjects + losses->reserved_spans +
				  losses->unfinished;
	const struct {
		uint64_t count;
		const char *what;
	} dropped[] = {
		{ losses->dropped_total, "span" },
		{ losses->subjects_dropped, "subject" },
		{ losses->attempts_dropped, "attempt" },
	};
	uint64_t all = 0;
	char *to = head->losses;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dropped); i++) {
		if (!dropped[i].count)
			continue;
		to += sprintf(to, "%s%" PRIu64 " %s%s", all ? ", " : "", dropped[i].count,
			      dropped[i].what, plural(dropped[i].count));
		all += dropped[i].count;
	}
	if (all)
		to += sprintf(to, " %s dropped: there was no room, or a start was not seen",
			      all == 1 ? "was" : "were");
	if (losses->wanted_kib)
		to += sprintf(to, "; load luo_stats with area_kib=%u", losses->wanted_kib);
	if (left_out)
		sprintf(to, "%s%" PRIu64 " %s left out; 'luoscope report --losses' shows why",
			all ? "; " : "", left_out, left_out == 1 ? "entry is" : "entries are");
}

/* Half of the last of @digits digits more or less, so that a bound is one after it is rounded. */
static double widen_share(double percent, int digits, bool is_least, bool is_most)
{
	const double half = digits ? 0.05 : 0.5;

	if (is_least)
		return percent > half ? percent - half : 0;
	return is_most ? percent + half : percent;
}

const char *head_share(char *buffer, const struct model *model, struct bounded time)
{
	const struct bounded blackout = model->blackout;
	const bool is_least = bounded_is_lower_bound(time);
	const bool is_most = bounded_is_lower_bound(blackout);
	double percent;
	int digits;

	if (!time.known || !model->has_end || blackout.value <= 0 || (is_least && is_most))
		return strcpy(buffer, "-");
	percent = 100.0 / blackout.value;
	digits = bounded_error(time) * percent < 0.5 ? 1 : 0;
	snprintf(buffer, SHARE_BYTES, "%s%.*f %%",
		 is_least ? ">= " :
		 is_most  ? "<= " :
			    "",
		 digits, widen_share(time.value * percent, digits, is_least, is_most));
	return buffer;
}

void head_make(struct head *head, const struct model *model, bool utf8)
{
	char from[ESCAPED_BYTES], to[ESCAPED_BYTES];

	*head = (struct head){};
	write_clock(head, &model->clock);
	write_longest(head, model);
	write_losses(head, &model->losses);
	if (!model->has_update) {
		snprintf(head->title, sizeof(head->title),
			 "This kernel was not started by a live update.");
		return;
	}
	/* KHO counts also what luo_stats did not see. */
	snprintf(head->title, sizeof(head->title), "Live update #%u  %s -> %s",
		 model->generation ? model->generation : model->kexec_count,
		 show_name(from, model->from_release, utf8),
		 show_name(to, model->to_release, utf8));
	write_blackout(head, model);
	head_moment(head->started, model->begin_realtime_ns);
}

/**
 * struct lines - where the lines of a head go
 */
struct lines {
	const struct model *model;
	bool utf8;
	void (*say)(void *context, const char *label, const char *text);
	void *context;
};

/* @text may have names in it. */
static void line(const struct lines *lines, const char *label, const char *text)
{
	char *escaped = escape_text_whole(text, lines->utf8);

	if (escaped)
		lines->say(lines->context, label, escaped);
	free(escaped);
}

/* What went wrong, the most important first; say_refused() says what was refused. */
static void say_trouble(const struct lines *lines, const struct outcome *outcome)
{
	size_t i;

	for (i = OUTCOME_VMS; i < OUTCOME_TOPICS; i++)
		if (outcome->question[i].answer == OUTCOME_NO)
			line(lines,
			     i == OUTCOME_RESETS || outcome->question[i].effect != OUTCOME_NO ?
				     HEAD_WARNING :
				     HEAD_TROUBLE,
			     outcome->question[i].text);
}

const char *head_cause(char *buffer, const struct model_attempt *attempt, bool utf8)
{
	char text[MODEL_NAME_BYTES + 32] = "";

	if (attempt->cause_kind == LUO_STATS_SUBJECT_DEVICE)
		snprintf(text, sizeof(text), "device %s", attempt->cause);
	else if (attempt->cause_kind)
		snprintf(text, sizeof(text), "file %s %" PRIu64, attempt->cause,
			 attempt->cause_key);
	return escape_text(buffer, text, utf8);
}

/* The last attempt that was refused: by what, why, and what to do. */
static void say_refused(const struct lines *lines)
{
	const struct model *model = lines->model;
	const struct model_attempt *attempt;
	char cause[ESCAPED_BYTES], handler[ESCAPED_BYTES], text[3 * ESCAPED_BYTES];
	char moment[HEAD_MOMENT_BYTES], error[NAME_BYTES];

	if (!model->attempts)
		return;
	attempt = &model->attempt[model->attempts - 1];
	head_cause(cause, attempt, lines->utf8);
	head_moment(moment, attempt->begin_realtime_ns);
	escape_text(handler, attempt->cause_handler, lines->utf8);
	snprintf(text, sizeof(text), "%s was refused%s%s%s%s%s%s%s (%s%s%s)",
		 model->has_update ? "an earlier attempt" : "the update", *cause ? " by " : "",
		 cause, *handler ? " (" : "", handler, *handler ? ")" : "",
		 *attempt->why ? ": " : "", attempt->why, name_errno(attempt->result, error),
		 *moment ? ", " : "", moment);
	lines->say(lines->context, model->has_update ? HEAD_WARNING : HEAD_TROUBLE, text);
	/* Of an update that came after all, nothing is left to be done. */
	if (*attempt->what_to_do && !model->has_update)
		lines->say(lines->context, HEAD_TO_DO, attempt->what_to_do);
}

static void say_guests(const struct lines *lines)
{
	char text[MODEL_NAME_BYTES + BOUNDED_TEXT_BYTES + 32], time[BOUNDED_TEXT_BYTES];
	const struct model_vm *vm;
	const struct bounded longest = longest_vm_downtime(lines->model, &vm);

	if (!vm)
		return;
	snprintf(text, sizeof(text), "longest downtime of a VM: %s (%s)",
		 format_bounded(time, longest, UNIT_NS), model_vm_name(vm));
	line(lines, "Guests", text);
}

/* "2 of 2 VMs, 3 of 3 devices, 1 kept, 4 of 4 files", and what is not known. */
static void say_back(const struct lines *lines, const struct outcome *outcome)
{
	const struct model *model = lines->model;
	const struct {
		const char *what;
		size_t all, missing;
	} row[] = {
		[OUTCOME_VMS] = { "VM", model->vms_old, model->vms_missing },
		[OUTCOME_DEVICES] = { "device", model->devices_awaited, model->devices_missing },
		[OUTCOME_FILES] = { "file", model->files_frozen, model->files_missing },
	};
	char text[ARRAY_SIZE(row) * (OUTCOME_TEXT_BYTES + 2)], *to = text;
	const char *separator = "";
	size_t i;

	for (i = OUTCOME_VMS; i < ARRAY_SIZE(row); i++) {
		if (outcome->question[i].answer == OUTCOME_UNKNOWN)
			continue;
		if (row[i].all) {
			to += sprintf(to, "%s%zu of %zu %s%s", separator,
				      row[i].all - row[i].missing, row[i].all, row[i].what,
				      plural(row[i].all));
			separator = ", ";
		}
		if (i == OUTCOME_DEVICES && model->devices_kept) {
			to += sprintf(to, "%s%zu kept", separator, model->devices_kept);
			separator = ", ";
		}
	}
	for (i = OUTCOME_VMS; i < ARRAY_SIZE(row); i++) {
		if (outcome->question[i].answer != OUTCOME_UNKNOWN)
			continue;
		to += sprintf(to, "%s%s", *separator ? "; " : "", outcome->question[i].text);
		separator = "; ";
	}
	if (to > text)
		line(lines, "Back", text);
}

/* Of an update that was started, and of what was stored of one before this kernel was booted. */
static void say_lost(const struct lines *lines, const struct outcome *outcome)
{
	const struct model *model = lines->model;
	char text[128];

	if (model->has_update && outcome->question[OUTCOME_UPDATE].answer != OUTCOME_YES)
		line(lines, model->fate == MODEL_FATE_LOST ? HEAD_TROUBLE : HEAD_WARNING,
		     outcome->question[OUTCOME_UPDATE].text);
	if (!model->lost_capture)
		return;
	snprintf(
		text, sizeof(text),
		"an update was started before, and its new kernel did not come up: 'luoscope report %" PRIu64
		"' shows it",
		model->lost_capture);
	line(lines, HEAD_TROUBLE, text);
}

static void say_answers(const struct lines *lines)
{
	struct outcome outcome;

	outcome_of(&outcome, lines->model);
	say_lost(lines, &outcome);
	say_trouble(lines, &outcome);
	say_refused(lines);
	say_guests(lines);
	if (outcome.question[OUTCOME_UPDATE].answer == OUTCOME_YES)
		say_back(lines, &outcome);
}

/* "2026-11-22 20:06:04.635 UTC; clock verified (+- 1.1 ppm)", and why it is not verified. */
static void say_when(const struct lines *lines, const struct head *head)
{
	const struct clock *clock = &lines->model->clock;
	char text[HEAD_MOMENT_BYTES + 96], error[CLOCK_ERROR_BYTES];
	unsigned int i;

	snprintf(text, sizeof(text), "%s%s%s%s", head->started, head->started[0] ? "; clock " : "",
		 name_verdict(clock->verdict), write_rate_error(error, clock));
	line(lines, head->started[0] ? "Started" : "Clock", text);
	for (i = 0; i < clock->reasons; i++)
		line(lines, "", clock->reason[i]);
}

/* Whether a function's name is already among the first @count. */
static bool is_named(const struct model *model, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(model->left_out[i].function, model->left_out[count].function))
			return true;
	return false;
}

static void say_left_out(const struct lines *lines)
{
	const struct model *model = lines->model;
	char names[320] = "";
	size_t i;

	for (i = 0; i < model->left_outs; i++)
		if (!is_named(model, i))
			text_list_add(names, sizeof(names), ", ", model->left_out[i].function);
	if (*names)
		line(lines, "Unwatched", names);
}

void head_each_answer(const struct head *head, const struct model *model, bool utf8,
		      void (*say)(void *context, const char *label, const char *text),
		      void *context)
{
	const struct lines lines = { model, utf8, say, context };

	say_answers(&lines);
	say_left_out(&lines);
	say_when(&lines, head);
}

void head_each(const struct head *head, const struct model *model, bool utf8,
	       void (*say)(void *context, const char *label, const char *text), void *context)
{
	const struct lines lines = { model, utf8, say, context };
	const struct clock *clock = &model->clock;
	char text[ESCAPED_BYTES];
	size_t i;

	say_answers(&lines);
	if (head->measured)
		say(context, "Measured", head->measured);
	if (head->started[0])
		say(context, "Started", head->started);
	say(context, "Clock", head->clock);
	for (i = 0; i < clock->reasons; i++)
		say(context, "", clock->reason[i]);
	if (clock->reasons_left_out) {
		snprintf(text, sizeof(text), "and %u more", clock->reasons_left_out);
		say(context, "", text);
	}
	for (i = 0; i < model->notes; i++)
		say(context, "Note", escape_text(text, model->note[i], utf8));
	if (head->losses[0])
		say(context, "Losses", head->losses);
	if (head->longest[0])
		say(context, "Longest phase", head->longest);
}

/**
 * struct text_head - a head being written as text
 */
struct text_head {
	FILE *out;
	unsigned int width;
};

void head_print_line(FILE *out, unsigned int width, const char *label, const char *text)
{
	char before[HEAD_INDENT + 8];

	if (!*label)
		print_wrapped(out, "             -", text, HEAD_INDENT + 2, width);
	else if (strlen(label) < HEAD_INDENT)
		print_wrapped(out, label, text, HEAD_INDENT, width);
	else {
		snprintf(before, sizeof(before), "%s: ", label);
		print_wrapped(out, before, text, strlen(before), width);
	}
}

static void print_line(void *context, const char *label, const char *text)
{
	const struct text_head *head = context;

	head_print_line(head->out, head->width, label, text);
}

/*
 * Print @clause after @before, or on a line of its own; returns the column after it. One column is
 * kept free for a comma.
 */
static unsigned int print_clause(const struct text_head *head, unsigned int column,
				 const char *before, const char *clause)
{
	if (column + strlen(before) + strlen(clause) < head->width)
		return column + fprintf(head->out, "%s%s", before, clause);
	fprintf(head->out, "%s\n%*s", *before == ',' ? "," : "", HEAD_INDENT, "");
	return wrap_words(head->out, clause, HEAD_INDENT, HEAD_INDENT, head->width - 1);
}

void head_print_first(const struct head *head, FILE *out, unsigned int width)
{
	const struct text_head lines = { .out = out, .width = width };
	unsigned int column;

	if (strlen(head->title) <= width)
		column = fprintf(out, "%s", head->title);
	else
		column = wrap_words(out, head->title, 0, HEAD_INDENT, width);
	if (head->blackout[0])
		column = print_clause(&lines, column, "  ", head->blackout);
	if (head->own[0])
		print_clause(&lines, column, ", ", head->own);
	fputc('\n', out);
}

void head_print(const struct model *model, FILE *out, bool utf8, unsigned int width)
{
	struct text_head lines = { .out = out, .width = width };
	struct head head;

	head_make(&head, model, utf8);
	head_print_first(&head, out, width);
	head_each(&head, model, utf8, print_line, &lines);
}

const char *head_pole(char *buffer, const struct model *model, const struct model_long_pole *pole,
		      bool utf8)
{
	char text[ESCAPED_BYTES];
	const char *name = show_name(text, long_pole_name(model, pole), utf8);

	if (pole->kind == MODEL_POLE_INIT)
		return "luoscope init";
	if (pole->kind == MODEL_POLE_FILE)
		snprintf(buffer, ESCAPED_BYTES, "file %.*s %" PRIu64, ESCAPED_BYTES - 32, name,
			 model->file[pole->index].token);
	else
		snprintf(buffer, ESCAPED_BYTES, "%s %.*s",
			 pole->kind == MODEL_POLE_SHUTDOWN ? "shutdown of" :
			 pole->kind == MODEL_POLE_FLB	   ? "FLB" :
							     name_pole_kind(pole->kind),
			 ESCAPED_BYTES - 32, name);
	return buffer;
}
