/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzzers share. They are one program, which needs libFuzzer of clang:
 *
 *	fuzz list			the fuzzers, each with its share of the time, and the most bytes
 *	fuzz seed NAME CAPTURE OUT	what NAME reads, from a real capture, to begin with
 *	fuzz NAME [OPTION...] DIR...	libFuzzer, with its options; a file instead of DIR runs only that
 *
 * A fuzzer fails if a sanitizer finds something, or if fuzz_expect() does.
 */
#ifndef LUOSCOPE_FUZZ_H
#define LUOSCOPE_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "capture/capture.h"
#include "model/model.h"

/* No terminal is narrower. */
#define FUZZ_WIDTH_MIN 40

/**
 * struct fuzz_target - a fuzzer
 * @name:   its name
 * @share:  its share of the time, in percent
 * @most:   bytes that it reads: what is longer is only slower
 * @run:    read the @size bytes at @bytes and show them in every way; check what must always hold
 * @mutate: change what is to be read, within @max bytes, and repair what would be refused at first
 *          sight. Returns the new size. NULL: any bytes are as good as others
 * @seed:   write what can be read, from a real capture
 */
struct fuzz_target {
	const char *name;
	unsigned int share;
	size_t most;
	void (*run)(const uint8_t *bytes, size_t size);
	size_t (*mutate)(uint8_t *bytes, size_t size, size_t max, unsigned int seed);
	void (*seed)(const struct capture *capture, FILE *out);
};

extern const struct fuzz_target fuzz_budget, fuzz_capture, fuzz_compare, fuzz_events, fuzz_log,
	fuzz_manager, fuzz_marks, fuzz_pci_ids, fuzz_store, fuzz_host, fuzz_btf;

/**
 * fuzz_expect - end the fuzzer, which keeps the input, unless @what holds
 */
#define fuzz_expect(what, ...)                  \
	do {                                    \
		if (!(what))                    \
			fuzz_fail(__VA_ARGS__); \
	} while (0)
__attribute__((format(printf, 1, 2), noreturn)) void fuzz_fail(const char *format, ...);

/**
 * fuzz_choice - a number that depends on the input only: below @below, another one for each call
 *
 * What would be too much for one input is spread over many.
 */
unsigned int fuzz_choice(unsigned int below);

/**
 * struct fuzz_output - what a view writes
 * @out:   to here
 * @bytes: and then it is here, ended by 0
 */
struct fuzz_output {
	FILE *out;
	char *bytes;
	size_t size;
};

FILE *fuzz_output_begin(struct fuzz_output *output);

/**
 * fuzz_output_text - end @output and check that it is a text that a terminal only shows
 * @what:  which view it is, for a message
 * @err:   what the view returned, which must be 0
 * @width: no line has more columns; 0: it may
 * @utf8:  it may have more than ASCII
 */
void fuzz_output_text(struct fuzz_output *output, const char *what, int err, unsigned int width,
		      bool utf8);

/**
 * fuzz_output_json - end @output and check that it is as docs/schema/@schema.schema.json says
 * @lines: it has a document on each line
 */
void fuzz_output_json(struct fuzz_output *output, const char *schema, int err, bool lines);

/* fuzz_output_drop() - end @output, of which nothing is checked */
void fuzz_output_drop(struct fuzz_output *output, const char *what, int err);

/**
 * fuzz_file - a file with the @size bytes at @bytes, until the next call
 *
 * Returns its path.
 */
const char *fuzz_file(const void *bytes, size_t size);

/**
 * fuzz_views - show @model in every view, and check what must always hold
 */
void fuzz_views(const struct model *model);

/**
 * fuzz_model_of - build the model of a sound update with devices and virtual machines, but with the
 * @size bytes at @bytes as each of the sections @types, which ends with 0
 */
void fuzz_model_of(struct model *model, const unsigned int *types, const void *bytes, size_t size);

/**
 * fuzz_section - write a section of @capture
 */
void fuzz_section(const struct capture *capture, enum capture_section_type type, FILE *out);

/* capture_edit.c */

/**
 * capture_edit - change a capture file in a place that matters, and mostly repair its checksums,
 * sizes and counts; see struct fuzz_target
 */
size_t capture_edit(uint8_t *bytes, size_t size, size_t max, unsigned int seed);

/**
 * capture_shrink - write @capture without the unused room in its areas
 */
void capture_shrink(const struct capture *capture, FILE *out);

/**
 * capture_end - where the capture file that begins the @size bytes at @bytes ends
 */
size_t capture_end(const uint8_t *bytes, size_t size);

/* schema.c */

/**
 * schema_check - whether the JSON text @text is as docs/schema/@name.schema.json says
 *
 * Ends the fuzzer if not.
 */
void schema_check(const char *name, const char *text, size_t size);

#endif /* LUOSCOPE_FUZZ_H */
