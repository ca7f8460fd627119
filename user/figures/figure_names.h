/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The names of figures: what there is to name, and how it is written.
 *
 * A name is words joined by points: "blackout", "phase.jump", "device.0000:81:00.0.freeze",
 * "device.freeze.max". figure_patterns lists them all. A session, device or mark is written by its
 * name, in which every byte but letters, digits and "-_:.@/+" becomes \xNN: the session "vm 1" is
 * "session.vm\x201.downtime". Points in it do no harm, for all that may follow it is known.
 */
#ifndef LUOSCOPE_FIGURE_NAMES_H
#define LUOSCOPE_FIGURE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/bounded.h"
#include "base/error.h"

/* Enough for every name of a figure: a name of 64 bytes, each escaped, and what stands around. */
#define FIGURE_NAME_BYTES 320

/* The word of a figure that is how long something gave no service. */
#define FIGURE_DOWNTIME "downtime"

/* The forms that figures have, in the order of figure_patterns. */
enum figure_form {
	FIGURE_BLACKOUT,
	FIGURE_BLACKOUT_ERROR,
	FIGURE_PHASE,
	FIGURE_LUOSCOPE_INIT,
	FIGURE_BOOT_MOMENT,
	FIGURE_INITCALL_MAX,
	FIGURE_INITCALL,
	FIGURE_DEVICE_COUNT,
	FIGURE_DEVICES_MISSING,
	FIGURE_RESETS,
	FIGURE_DEVICE_STATISTIC,
	FIGURE_DEVICE_STEP,
	FIGURE_FILE_COUNT,
	FIGURE_FILES_MISSING,
	FIGURE_FILE_STATISTIC,
	FIGURE_FILE_STEP,
	FIGURE_SESSION_COUNT,
	FIGURE_SESSION_STATISTIC,
	FIGURE_SESSION_STEP,
	FIGURE_VM_COUNT,
	FIGURE_VMS_MISSING,
	FIGURE_VM_STATISTIC,
	FIGURE_VM_DOWNTIME,
	FIGURE_SHUTDOWN_STATISTIC,
	FIGURE_SHUTDOWN,
	FIGURE_MARK_END,
	FIGURE_MARK_0_END,
	FIGURE_MARK_STATISTIC,
	FIGURE_MARK,
	FIGURE_MARK_0,
	FIGURE_MANAGER_BEFORE_UPDATE,
	FIGURE_MANAGER_FINISH,
	FIGURE_FAILED_ATTEMPTS,
	FIGURE_DROPPED,
	FIGURE_DROPPED_KIND,
	FIGURE_LOSSES,
	FIGURE_CLOCK_ERROR,
	FIGURE_FORMS,
};

/**
 * struct figure_pattern - figures of one form
 * @text:    of which words in capitals stand for others: DEVICE, SESSION, NAME for any name, TOKEN
 *           and INSTANCE for a number, STAT for min, max, mean or median, and one more for @word
 * @unit:    of all of them
 * @word:    the words that may stand for the one more, by number from 0 on, NULL after the last;
 *           itself NULL if there is none. Several phases that follow one another are one, too,
 *           joined by "+"
 * @meaning: one line for people
 * @is_about_capture: it tells how good the capture is: lost spans put no doubt on it
 */
struct figure_pattern {
	const char *text;
	enum unit unit;
	const char *(*word)(unsigned int number);
	const char *meaning;
	bool is_about_capture;
};

/* Whether these are figures of marks: of spans that were lost, only marks put doubt on them. */
static inline bool figure_pattern_is_mark(const struct figure_pattern *pattern)
{
	return !strncmp(pattern->text, "mark.", 5);
}

/* All there are, by enum figure_form, ended by one without a text. */
extern const struct figure_pattern figure_patterns[];

/**
 * figure_name_escape - write a foreign @name as it stands in the name of a figure
 *
 * Returns @buffer of FIGURE_NAME_BYTES.
 */
const char *figure_name_escape(char *buffer, const char *name);

/**
 * figure_name_parse - bring @text, which is @length bytes, to the one form that a figure's name has
 *
 * Sets @name, from malloc(), in which bytes are escaped as figure_name_escape() does, and a mark
 * without instance has its instance, 0. Sets @pattern. Returns 0; -EINVAL: a backslash without "x"
 * and two hexadecimal digits; -ENOENT: there is no such figure, and @error names the nearest;
 * -ENOMEM. Sets @at to how many bytes of @text stand before what is wrong.
 */
int figure_name_parse(char **name, const struct figure_pattern **pattern, const char *text,
		      size_t length, size_t *at, struct error *error);

#endif /* LUOSCOPE_FIGURE_NAMES_H */
