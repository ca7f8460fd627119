// SPDX-License-Identifier: GPL-2.0
#include "outcome.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "belongs.h"
#include "clock.h"
#include "model.h"

/* In JSON and metrics, and one of them in a sentence. */
static const struct {
	const char *name;
	const char *what;
} topics[OUTCOME_TOPICS] = {
	[OUTCOME_UPDATE] = { "update", "update" },   [OUTCOME_VMS] = { "vms", "VM" },
	[OUTCOME_DEVICES] = { "devices", "device" }, [OUTCOME_FILES] = { "files", "file" },
	[OUTCOME_RESETS] = { "resets", "reset" },    [OUTCOME_DROPPED] = { "dropped", "span" },
	[OUTCOME_CLOCK] = { "clock", "clock" },
};

static const char *const answer_name[] = {
	[OUTCOME_NO] = "no",
	[OUTCOME_YES] = "yes",
	[OUTCOME_UNKNOWN] = "unknown",
};

const char *outcome_topic_name(enum outcome_topic topic)
{
	return topics[topic].name;
}

const char *outcome_answer_name(enum outcome_answer answer)
{
	return answer_name[answer];
}

__attribute__((format(printf, 3, 4))) static void
answer(struct outcome_question *question, enum outcome_answer is, const char *format, ...)
{
	va_list args;

	question->answer = question->effect = is;
	va_start(args, format);
	vsnprintf(question->text, sizeof(question->text), format, args);
	va_end(args);
}

#define append(question, ...) text_append((question)->text, sizeof((question)->text), __VA_ARGS__)

/* Whether the @count'th name, from 1, of a list at the end of the sentence is to follow. */
static bool next_name(struct outcome_question *question, size_t count)
{
	if (count > OUTCOME_NAMES)
		return false;
	append(question, "%s", count == 1 ? ": " : ", ");
	return true;
}

/* Of @count names those that were not to follow are counted. */
static void end_names(struct outcome_question *question, size_t count)
{
	if (count > OUTCOME_NAMES)
		append(question, " and %zu more", count - OUTCOME_NAMES);
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

static void append_device(struct outcome_question *question, const struct model *model,
			  const struct model_device *device)
{
	append(question, "%s", device->name);
	append_owner(question, device_vm(model, device), device_file(model, device));
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
		       const char *back)
{
	const char *what = question->what;

	question->count = missing;
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

	if (model->fate != MODEL_FATE_NONE) {
		answer(question, model->fate == MODEL_FATE_LOST ? OUTCOME_NO : OUTCOME_UNKNOWN,
		       "%s", model->fate == MODEL_FATE_LOST ? WHY_LOST : WHY_OPEN);
		return;
	}
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
	size_t named = 0, i;

	if (!model->vms_watched) {
		answer(question, OUTCOME_UNKNOWN, "virtual machines were not watched in %s kernel",
		       model->vms_watched_old ? "the new" :
		       model->vms_watched_new ? "the old" :
						"either");
		if (!model->vms_watched_old && !model->vms_watched_new && !model->vms)
			question->effect = OUTCOME_YES;
		return;
	}
	if (!count_back(question, model->vms_missing, model->vms_old, model->vms_missing_known,
			"running again"))
		return;
	for (i = 0; i < model->vms; i++)
		if (model_vm_is_missing(model, &model->vm[i]) && next_name(question, ++named))
			append(question, "%s", model_vm_name(&model->vm[i]));
	end_names(question, named);
}

static void ask_devices(struct outcome_question *question, const struct model *model)
{
	size_t named = 0, i;

	if (!model->devices_take_part && model->devices_missing_known) {
		answer(question, OUTCOME_YES, "no devices took part");
		return;
	}
	if (!model->devices_awaited && model->devices_kept && model->devices_missing_known) {
		answer(question, OUTCOME_YES, "%zu device%s kept", model->devices_kept,
		       model->devices_kept == 1 ? " was" : "s were");
		return;
	}
	if (!count_back(question, model->devices_missing, model->devices_awaited,
			model->devices_missing_known, "in service again")) {
		if (model->devices_kept && question->answer == OUTCOME_YES)
			append(question, ", and %zu %s kept", model->devices_kept,
			       model->devices_kept == 1 ? "was" : "were");
		return;
	}
	for (i = 0; i < model->devices; i++) {
		const struct model_device *device = &model->device[i];

		if (device->not_back && next_name(question, ++named))
			append_device(question, model, device);
	}
	end_names(question, named);
}

static void ask_files(struct outcome_question *question, const struct model *model)
{
	size_t named = 0, i;

	if (!count_back(question, model->files_missing, model->files_frozen,
			model->files_missing_known, "back"))
		return;
	for (i = 0; i < model->files; i++) {
		const struct model_file *file = &model->file[i];
		const struct model_vm *vm = file_vm(model, file);

		if (!file->not_back || !next_name(question, ++named))
			continue;
		append(question, "token %" PRIu64 " of session %s%s", file->token, file->session,
		       file->discarded ? ", discarded" : "");
		if (vm && strcmp(model_vm_name(vm), file->session))
			append_owner(question, vm, file);
	}
	end_names(question, named);
}

static void ask_resets(struct outcome_question *question, const struct model *model)
{
	const size_t bad =
		model->resets[LUO_STATS_RESET_FAILED] + model->resets[LUO_STATS_RESET_BUSY];
	size_t all = 0, named = 0, i;

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
		if (model->resets_none_seen)
			append(question, "; of %zu device%s none was seen", model->resets_none_seen,
			       plural(model->resets_none_seen));
		return;
	}
	question->count = bad;
	answer(question, OUTCOME_NO, "%zu of %zu resets did not succeed", bad, all);
	for (i = 0; i < model->devices; i++) {
		const struct model_device *device = &model->device[i];

		/* Only those that were frozen are counted. */
		if (model_reset_is_bad(&device->reset) &&
		    model_span_succeeded(&device->step[STEP_FREEZE]) &&
		    next_name(question, ++named))
			append_device(question, model, device);
	}
	end_names(question, named);
}

static void ask_dropped(struct outcome_question *question, const struct model *model)
{
	const struct model_losses *losses = &model->losses;

	question->count = model_losses_dropped(losses, &question->what);
	if (model_losses_but_marks(losses) || losses->subjects_dropped) {
		answer(question, OUTCOME_NO,
		       "%zu %s%s dropped: there was no room, or a start was not seen",
		       question->count, question->what, question->count == 1 ? " was" : "s were");
		question->effect = OUTCOME_UNKNOWN;
	} else if (!model->has_old_kernel || !model->has_new_kernel) {
		answer(question, OUTCOME_UNKNOWN, "the spans of one kernel are not known");
	} else {
		answer(question, OUTCOME_YES, "no span%s was dropped",
		       losses->dropped_total ? " but marks" : "");
	}
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
	if (question->answer == OUTCOME_NO)
		question->effect = OUTCOME_UNKNOWN;
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
	static const enum outcome_answer worse[][3] = {
		[OUTCOME_NO] = { OUTCOME_NO, OUTCOME_NO, OUTCOME_NO },
		[OUTCOME_YES] = { OUTCOME_NO, OUTCOME_YES, OUTCOME_UNKNOWN },
		[OUTCOME_UNKNOWN] = { OUTCOME_NO, OUTCOME_UNKNOWN, OUTCOME_UNKNOWN },
	};
	size_t i;

	*outcome = (struct outcome){ .answer = OUTCOME_YES };
	for (i = 0; i < OUTCOME_TOPICS; i++) {
		struct outcome_question *question = &outcome->question[i];

		question->what = topics[i].what;
		/* Nothing else can be asked of an update that there was not. */
		if (i > OUTCOME_UPDATE && outcome->question[OUTCOME_UPDATE].answer != OUTCOME_YES) {
			answer(question, OUTCOME_UNKNOWN, "%s",
			       model->has_update ? "the new kernel was not seen" :
						   "there was no update");
			continue;
		}
		ask[i](question, model);
		outcome->answer = worse[outcome->answer][question->effect];
	}
}

enum outcome_answer outcome_standing(const struct outcome_question *question)
{
	if (question->effect == OUTCOME_NO)
		return OUTCOME_NO;
	return question->answer == OUTCOME_YES ? OUTCOME_YES : OUTCOME_UNKNOWN;
}

const char *outcome_sentence(const struct outcome *outcome)
{
	static const char *const sentences[] = {
		[OUTCOME_NO] = "the update did not go well",
		[OUTCOME_YES] = "the update went well",
		[OUTCOME_UNKNOWN] = "it is not known whether the update went well",
	};
	size_t i;

	for (i = 0; outcome->answer == OUTCOME_YES && i < OUTCOME_TOPICS; i++)
		if (outcome->question[i].answer == OUTCOME_UNKNOWN)
			return "the update went well, as far as it was watched";
	return sentences[outcome->answer];
}
