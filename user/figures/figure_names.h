/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The names of figures: which there are, and how they are written.
 *
 * A name is words joined by points: "blackout", "phase.jump", "device.0000:81:00.0.freeze",
 * "device.freeze.max". figure_patterns lists them all. A session, device or mark is written by its
 * name, in which every byte but letters, digits and "-_:.@/+" becomes \xNN: the session "vm 1" is
 * "session.vm\x201.downtime". Points in it do no harm, because all words that may follow it are
 * known.
 */
#ifndef LUOSCOPE_FIGURE_NAMES_H
#define LUOSCOPE_FIGURE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bounded.h"
#include "base/error.h"

/* Enough for every name of a figure: a name of 64 bytes, each escaped, and the words around it. */
#define FIGURE_NAME_BYTES 320

/* The words of figures that say how long something gave no service, and when it was back. */
#define FIGURE_DOWNTIME	  "downtime"
#define FIGURE_IN_SERVICE "in_service"

/* The forms that figures have, in the order of figure_patterns. */
enum figure_form {
	FIGURE_BLACKOUT,
	FIGURE_BLACKOUT_ERROR,
	FIGURE_BLACKOUT_WITHOUT,
	FIGURE_PHASE,
	FIGURE_LUOSCOPE_INIT,
	FIGURE_BOOT_MOMENT,
	FIGURE_INITCALL_MAX,
	FIGURE_INITCALL,
	FIGURE_DEVICES_AWAITED,
	FIGURE_DEVICES_MISSING,
	FIGURE_DEVICES_KEPT,
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
	FIGURE_VMS_AWAITED,
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
 * @text:    words in capitals are placeholders: DEVICE, SESSION and NAME for any name, TOKEN and
 *           INSTANCE for a number, STAT for min, max, mean or median, and one more for @word
 * @unit:    of all of them
 * @word:    returns the words that may replace that other placeholder, by number from 0 on, NULL
 *           after the last; @word is NULL if there is no such placeholder. Several phases that
 *           follow one another, joined by "+", also count as one word
 * @meaning: one line for people
 * @is_about_capture: it says how good the capture is: lost spans do not make it doubtful
 * @words_after_thing: of figures of one thing, how many words follow that thing's name
 * @is_mark: of marks: only lost marks, and no other lost spans, make them doubtful
 * @is_statistic: over several things
 */
struct figure_pattern {
	const char *text;
	enum unit unit;
	const char *(*word)(unsigned int number);
	const char *meaning;
	bool is_about_capture;
	unsigned int words_after_thing;
	bool is_mark;
	bool is_statistic;
};

/* All patterns, by enum figure_form; the last one has no text. */
extern const struct figure_pattern figure_patterns[];

/* Whether @pattern is that of @form. */
static inline bool figure_pattern_is(const struct figure_pattern *pattern, enum figure_form form)
{
	return pattern == &figure_patterns[form];
}

/* Whether these are moments that may lie before reboot(2): negative numbers. */
static inline bool figure_pattern_may_be_negative(const struct figure_pattern *pattern)
{
	return figure_pattern_is(pattern, FIGURE_MARK_END) ||
	       figure_pattern_is(pattern, FIGURE_MARK_0_END);
}

/**
 * figure_name_thing - what a figure of one thing is about, by its @name: "0000:81:00.0", "vm-web.1"
 *
 * Returns where in @name that begins, and sets @length.
 */
const char *figure_name_thing(const char *name, const struct figure_pattern *pattern,
			      size_t *length);

/* The words of @name after that thing: "freeze", "downtime"; "" if there are none. */
const char *figure_name_word(const char *name, const struct figure_pattern *pattern);

/**
 * figure_name_escape - write a foreign @name in the form that it has in the name of a figure
 *
 * Returns @buffer of FIGURE_NAME_BYTES.
 */
const char *figure_name_escape(char *buffer, const char *name);

/**
 * figure_name_parse - convert the @length bytes at @text to the canonical name of a figure
 *
 * Sets @name, from malloc(): bytes are escaped as by figure_name_escape(), a mark without an
 * instance gets instance 0, and a device without a domain, as lspci writes it, the domain 0000.
 * Sets @pattern, and @at to the number of bytes of @text before a mistake. Returns 0; -EINVAL: a
 * backslash without "x" and two hexadecimal digits; -ENOENT: there is no such figure, and @error
 * names the most similar; -ENOMEM.
 */
int figure_name_parse(char **name, const struct figure_pattern **pattern, const char *text,
		      size_t length, size_t *at, struct error *error);

#endif /* LUOSCOPE_FIGURE_NAMES_H */
