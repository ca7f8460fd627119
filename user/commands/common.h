/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the commands share.
 */
#ifndef LUOSCOPE_COMMON_H
#define LUOSCOPE_COMMON_H

#include <argp.h>
#include <stdbool.h>

#include "base/error.h"

/* Print "luoscope: TEXT", escaped, to stderr and return 1, for a command to return. */
int command_failed(const struct error *error);

/* Whether all of @what went to standard output: 0, or 1 after having said that it did not. */
int command_written(const char *what);

/* Whether the user's locale has UTF-8. Also makes it the locale of this process. */
bool command_is_utf8(void);

/*
 * The first argp key of a command's options without a letter. A letter means the same in every
 * command, and most options have none.
 */
#define COMMAND_KEY 256

/*
 * Options that several commands have, as children of the command's argp. The command sets
 * state->child_inputs to the structs below, in the order of the names, at ARGP_KEY_INIT.
 */

/**
 * struct command_json - the option --json
 * @schema: name and version of what the command writes
 * @lines:  it writes an object a line, and not one document
 * @given:  whether the option was there
 */
struct command_json {
	const char *schema;
	bool lines;
	bool given;
};

/**
 * struct command_top - the option --top=N
 * @help:   what there are N of, a sentence without a full stop
 * @number: the default, then what was given; 0: all
 */
struct command_top {
	const char *help;
	unsigned int number;
};

extern const struct argp_child command_json_children[];
extern const struct argp_child command_top_children[];
extern const struct argp_child command_json_top_children[];

#endif /* LUOSCOPE_COMMON_H */
