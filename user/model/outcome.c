// SPDX-License-Identifier: GPL-2.0
#include "outcome.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "belongs.h"
#include "clock.h"
#include "model.h"

static const char *const topic_name[OUTCOME_TOPICS] = {
	[OUTCOME_UPDATE] = "update", [OUTCOME_VMS] = "vms",	  [OUTCOME_DEVICES] = "devices",
	[OUTCOME_FILES] = "files",   [OUTCOME_RESETS] = "resets", [OUTCOME_DROPPED] = "dropped",
	[OUTCOME_CLOCK] = "clock",
};

static const char *const answer_name[] = {
	[OUTCOME_NO] = "no",
	[OUTCOME_YES] = "yes",
	[OUTCOME_UNKNOWN] = "unknown",
};

const char *outcome_topic_name(enum outcome_topic topic)
{
	return topic_name[topic];
}

const char *outcome_answer_name(enum outcome_answer answer)
{
	return answer_name[answer];
}

__attribute__((format(printf, 3, 4))) static void
answer(struct outcome_question *question, enum outcome_answer is, const char *format, ...)
{
	va_list args;

	question->answer = is;
	va_start(args, format);
	vsnprintf(question->text, sizeof(question->text), format, args);
	va_end(args);
}

/* Names that follow in the sentence; what has no room is counted. */
#define NAMES 3

struct names {
	struct outcome_question *question;
	size_t count;
	size_t all;
};

__attribute__((format(printf, 2, 3))) static void append(struct outcome_question *question,
							 const char *format, ...)
{
	const size_t length = strlen(question->text);
	va_list args;

	va_start(args, format);
	vsnprintf(question->text + length, sizeof(question->text) - length, format, args);
	va_end(args);
}

static bool next_name(struct names *names)
{
	if (names->count++ == NAMES)
		append(names->question, " and %zu more", names->all - NAMES);
	if (names->count > NAMES)
		return false;
	append(names->question, "%s", names->count == 1 ? ": " : ", ");
	return true;
}

/* "(VM vm-database)" or "(session vm-database)", if it is known whose it is. */
static void append_owner(struct outcome_question *question, const struct model_vm *vm,
			 const struct model_file *file)
{
	if (vm)
		append(question, " (VM %s)", model_vm_name(vm));
	else if (file)
		append(question, " (session %s)", file->session);
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/*
 * How many of @all are back. Returns whether the names of those that are not should follow.
 * @known: @missing is certain
 */
static bool count_back(struct outcome_question *question, size_t missing, size_t all, bool known,
		       const char *what, const char *back)
{
	if (!known) {
		answer(question, OUTCOME_UNKNOWN, "it is not known whether every %s is %s", what,
		       back);
		return false;
	}
	if (missing) {
		answer(question, OUTCOME_NO, "%zu of %zu %ss %s not %s", missing, all, what,
		       missing == 1 ? "is" : "are", back);
		return true;
	}
	if (all)
		answer(question, OUTCOME_YES, "%zu of %zu %s%s %s %s", all, all, what, plural(all),
		       all == 1 ? "is" : "are", back);
	else
		answer(question, OUTCOME_YES, "no %s took part", what);
	return false;
}

static void ask_update(struct outcome_question *question, const struct model *model)
{
	const struct model_attempt *attempt;

	if (model->has_update) {
		answer(question, OUTCOME_YES, "the kernel was updated");
		return;
	}
	if (!model->attempts) {
		answer(question, OUTCOME_UNKNOWN, "there was no live update");
		return;
	}
	attempt = &model->attempt[model->attempts - 1];
	answer(question, OUTCOME_NO, "the update was refused");
	if (attempt->cause_kind == LUO_STATS_SUBJECT_DEVICE)
		append(question, " by device %s", attempt->cause);
	else if (attempt->cause_kind)
		append(question, " by file %s %" PRIu64, attempt->cause, attempt->cause_key);
}

static void ask_vms(struct outcome_question *question, const struct model *model)
{
	struct names names = { .question = question, .all = model->vms_missing };
	size_t i;

	if (!model->vms_watched) {
		answer(question, OUTCOME_UNKNOWN, "virtual machines were not watched in %s kernel",
		       model->vms_watched_old ? "the new" :
		       model->vms_watched_new ? "the old" :
						"either");
		return;
	}
	if (!count_back(question, model->vms_missing, model->vms_old, model->vms_missing_known,
			"VM", "running again"))
		return;
	for (i = 0; i < model->vms; i++)
		if (model_vm_is_missing(model, &model->vm[i]) && next_name(&names))
			append(question, "%s", model_vm_name(&model->vm[i]));
}

static void ask_devices(struct outcome_question *question, const struct model *model)
{
	struct names names = { .question = question, .all = model->devices_missing };
	size_t i;

	if (!model->devices_take_part && model->freezes_known && model->files_missing_known) {
		answer(question, OUTCOME_YES, "no devices took part");
		return;
	}
	if (!count_back(question, model->devices_missing, model->devices_awaited,
			model->devices_missing_known, "device", "in service again"))
		return;
	for (i = 0; i < model->devices; i++) {
		const struct model_device *device = &model->device[i];

		if (!device->not_back || !next_name(&names))
			continue;
		append(question, "%s", device->name);
		append_owner(question, device_vm(model, device), device_file(model, device));
	}
}

static void ask_files(struct outcome_question *question, const struct model *model)
{
	struct names names = { .question = question, .all = model->files_missing };
	size_t i;

	if (!count_back(question, model->files_missing, model->files_frozen,
			model->files_missing_known, "file", "back"))
		return;
	for (i = 0; i < model->files; i++) {
		const struct model_file *file = &model->file[i];
		const struct model_vm *vm = file_vm(model, file);

		if (!file->not_back || !next_name(&names))
			continue;
		append(question, "token %" PRIu64 " of session %s", file->token, file->session);
		if (vm && strcmp(model_vm_name(vm), file->session))
			append_owner(question, vm, file);
	}
}

static bool reset_is_bad(const struct model_reset *reset)
{
	return reset->known &&
	       (reset->outcome == LUO_STATS_RESET_FAILED || reset->outcome == LUO_STATS_RESET_BUSY);
}

static void ask_resets(struct outcome_question *question, const struct model *model)
{
	const size_t bad =
		model->resets[LUO_STATS_RESET_FAILED] + model->resets[LUO_STATS_RESET_BUSY];
	struct names names = { .question = question, .all = bad };
	size_t all = 0, i;

	for (i = 0; i < LUO_STATS_RESET_OUTCOMES; i++)
		all += model->resets[i];
	if (!bad && (!model->freezes_known || model->losses.dropped[LUO_STATS_RESET])) {
		answer(question, OUTCOME_UNKNOWN, "it is not known whether every reset went well");
		return;
	}
	if (!bad && model->resets[0]) {
		answer(question, OUTCOME_UNKNOWN, "the outcome of %zu of %zu resets is not known",
		       model->resets[0], all);
		return;
	}
	if (!bad) {
		answer(question, OUTCOME_YES, "no reset failed");
		return;
	}
	answer(question, OUTCOME_NO, "%zu of %zu resets did not succeed", bad, all);
	for (i = 0; i < model->devices; i++) {
		const struct model_device *device = &model->device[i];

		if (!reset_is_bad(&device->reset) || !next_name(&names))
			continue;
		append(question, "%s", device->name);
		append_owner(question, device_vm(model, device), device_file(model, device));
	}
}

static void ask_dropped(struct outcome_question *question, const struct model *model)
{
	const uint64_t dropped = model->losses.dropped_total,
		       subjects = model->losses.subjects_dropped;

	if (dropped || subjects)
		answer(question, OUTCOME_NO,
		       "%" PRIu64 " %s%s dropped: there was no room, or a begin was not seen",
		       dropped ? dropped : subjects, dropped ? "span" : "subject",
		       (dropped ? dropped : subjects) == 1 ? " was" : "s were");
	else if (!model->has_old_kernel || !model->has_new_kernel)
		answer(question, OUTCOME_UNKNOWN, "the spans of one kernel are not known");
	else
		answer(question, OUTCOME_YES, "no span was dropped");
}

static void ask_clock(struct outcome_question *question, const struct model *model)
{
	static const struct {
		enum outcome_answer answer;
		const char *text;
	} clock[] = {
		[CLOCK_VERIFIED] = { OUTCOME_YES, "the clock is verified" },
		[CLOCK_UNVERIFIED] = { OUTCOME_YES, "nothing contradicts the clock" },
		[CLOCK_CONTRADICTED] = { OUTCOME_NO, "the clock is contradicted" },
	};
	const unsigned int verdict = model->clock.verdict;

	answer(question, clock[verdict].answer, "%s", clock[verdict].text);
}

static void (*const ask[OUTCOME_TOPICS])(struct outcome_question *question,
					 const struct model *model) = {
	[OUTCOME_UPDATE] = ask_update,	 [OUTCOME_VMS] = ask_vms,
	[OUTCOME_DEVICES] = ask_devices, [OUTCOME_FILES] = ask_files,
	[OUTCOME_RESETS] = ask_resets,	 [OUTCOME_DROPPED] = ask_dropped,
	[OUTCOME_CLOCK] = ask_clock,
};

void outcome_of(struct outcome *outcome, const struct model *model)
{
	size_t i;

	*outcome = (struct outcome){ .answer = OUTCOME_YES };
	for (i = 0; i < OUTCOME_TOPICS; i++) {
		ask[i](&outcome->question[i], model);
		if (outcome->question[i].answer == OUTCOME_NO)
			outcome->answer = OUTCOME_NO;
		else if (outcome->question[i].answer == OUTCOME_UNKNOWN &&
			 outcome->answer == OUTCOME_YES)
			outcome->answer = OUTCOME_UNKNOWN;
		/* Nothing else can be asked of an update that there was not. */
		if (i == OUTCOME_UPDATE && outcome->answer != OUTCOME_YES)
			break;
	}
	for (i++; i < OUTCOME_TOPICS; i++)
		answer(&outcome->question[i], OUTCOME_UNKNOWN, "there was no update");
}
