/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests of the model, and of what is made of it, have in common.
 */
#ifndef LUOSCOPE_FIXTURE_H
#define LUOSCOPE_FIXTURE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bounded.h"
#include "base/error.h"
#include "build_area.h"
#include "capture/capture.h"
#include "diff/compare.h"
#include "figures/figures.h"
#include "model/model.h"
#include "report/report.h"
#include "timeline/timeline.h"

/**
 * struct fixture - an update whose truth is known, and what a test makes of it
 * @capture: of @update, which it borrows
 * @text:    what was shown
 * @size:    of @text
 * @json:    what was shown as a document
 *
 * What the test does not make is all 0.
 */
struct fixture {
	struct built_update update;
	struct capture capture;
	struct model model;
	struct figures figures;
	struct timeline timeline;
	struct comparison comparison;
	struct error error;
	char *text;
	size_t size;
	json_t *json;
};

/* For cmocka: *@state becomes a fixture with its update and its capture; with two devices, too. */
int set_up(void **state);
int set_up_devices(void **state);
/* Frees all of it. */
int tear_down(void **state);

/* Makes the model of the capture as it is now. */
void build(struct fixture *f);
/* The stream of a new text; the text is there once the caller closed it. */
FILE *open_text(struct fixture *f);
/* The text is a JSON document: makes @json of it. */
void parse_text(struct fixture *f);
/* Makes the model, and of it the text, which is to be plain unless it is in UTF-8, and @json. */
void show_model(struct fixture *f, const struct view_options *options);

/* Whether a note of the model has @part in it. */
bool has_note(const struct fixture *f, const char *part);
/* The text is ASCII, and its lines but for rows of tables are at most 100 wide. */
void assert_plain(const struct fixture *f);
/* The text has @part in it. */
void assert_says(const struct fixture *f, const char *part);
/* The two are at most @error apart. */
void assert_within(int64_t a, int64_t b, int64_t error);
/* The time is known, and @ns but for the errors of true_cycles() and of the two kernels' rates. */
void assert_near(struct bounded time, int64_t ns);
void assert_estimate(struct estimate time, int64_t ns);

#endif /* LUOSCOPE_FIXTURE_H */
